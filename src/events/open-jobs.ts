/** Which jobs a follower of all jobs follows. */
import { OPEN_STATUSES } from '../contracts/jobs/job.js';
import { keys } from './keys.js';
import { execute, onRedis, type Redis } from './redis.js';

/** `newest`: the number of the newest job, by the order of submission; 0 where there is none. */
export type OpenJobs = Readonly<{ ids: readonly string[]; newest: number }>;

/** The jobs that have not ended, and all that were submitted after the `newest` known one. */
export async function findOpenJobs(redis: Redis, newest: number): Promise<OpenJobs> {
  const above = Number.isFinite(newest) ? `(${newest}` : '+inf';
  const read = redis.multi().zrevrange(keys.jobs, 0, 0, 'WITHSCORES').zrangebyscore(keys.jobs, above, '+inf');
  for (const status of OPEN_STATUSES) read.zrange(keys.jobsIn(status), '0', '-1');
  const [last, ...lists] = (await execute(read)) as string[][];
  return { ids: [...new Set(lists.flat())], newest: Number(last?.[1] ?? 0) };
}

/** The number of the job among these that was submitted last; infinite where none is known. */
export async function newestOf(redis: Redis, ids: readonly string[]): Promise<number> {
  const [first, ...others] = ids;
  if (first === undefined) return Number.POSITIVE_INFINITY;
  const numbers = await onRedis(() => redis.zmscore(keys.jobs, first, ...others));
  const known = numbers.filter((number) => number !== null).map(Number);
  return known.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...known);
}
