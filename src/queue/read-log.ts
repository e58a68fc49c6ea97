/** Reads the last output of trainers that failed or died. */
import type { TrainerLog } from '../contracts/jobs/trainer-log.js';
import { TrainyardError } from '../errors/errors.js';
import { keys, onRedis, type Redis } from '../events/index.js';

/** Returns the log of the job's last trainer that failed or died. Throws `job_not_found` and `log_not_found`. */
export async function readLog(
  id: string,
  { redis, requireAll }: Readonly<{ redis: Redis; requireAll: (ids: readonly string[]) => Promise<void> }>,
): Promise<TrainerLog> {
  const text = await onRedis(() => redis.get(keys.log(id)));
  if (text !== null) return JSON.parse(text) as TrainerLog;
  await requireAll([id]);
  throw new TrainyardError('log_not_found', `No trainer of job ${id} has failed and left any output.`);
}
