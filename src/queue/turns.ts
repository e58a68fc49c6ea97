/** A job's turn to be trained: all that BullMQ holds. The job itself is a record of ours, so losing a turn never loses a job. */
import { Queue } from 'bullmq';
import { TrainyardError } from '../errors.js';
import { onRedis, PREFIX, type Redis } from '../events/index.js';
import type { Logger } from '../logger.js';

export const QUEUE_NAME = 'turns';
/** BullMQ's keys are `trainyard:turns:…`. */
export const QUEUE_PREFIX = PREFIX.slice(0, -1);

/** BullMQ waits for a connection without limit; a caller of ours does not. */
const DEADLINE_MS = 2_000;
/** Jobs looked at in one round trip when turns are restored. */
const CHUNK = 500;

export type Turn = Readonly<{ jobId: string }>;
export type Turns = ReturnType<typeof openTurns>;

/** `redis` is a connection that fails fast; it stays the caller's to close. */
export function openTurns(redis: Redis, logger: Logger) {
  const queue = new Queue<Turn>(QUEUE_NAME, {
    connection: redis,
    prefix: QUEUE_PREFIX,
    defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
  });
  queue.on('error', (err) => logger.debug({ err }, 'turns queue error'));

  const soon = async <T>(command: Promise<T>): Promise<T> => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const error = new TrainyardError(
        'redis_unavailable',
        `Redis did not answer within ${DEADLINE_MS} ms; try again in a moment.`,
      );
      timer = setTimeout(reject, DEADLINE_MS, error);
    });
    try {
      return await onRedis(() => Promise.race([command, late]));
    } finally {
      clearTimeout(timer);
      command.catch(() => undefined);
    }
  };

  async function add(jobId: string): Promise<void> {
    await soon(queue.add('train', { jobId }, { jobId }));
  }

  return {
    /** Queues the job's turn. A job that has one keeps it. */
    add,

    /** Takes the turn out of the queue, unless a worker already has it. */
    async remove(jobId: string): Promise<void> {
      await soon(queue.remove(jobId));
    },

    /** Gives a turn to each of these jobs that has none; answers how many had none. */
    async restore(jobIds: readonly string[]): Promise<number> {
      let restored = 0;
      for (let start = 0; start < jobIds.length; start += CHUNK) {
        const chunk = jobIds.slice(start, start + CHUNK);
        const known = await onRedis(() => Promise.all(chunk.map((id) => redis.exists(queue.toKey(id)))));
        for (const id of chunk.filter((_, index) => known[index] === 0)) {
          await add(id);
          restored += 1;
        }
      }
      return restored;
    },

    async close(): Promise<void> {
      await soon(queue.close()).catch(() => undefined);
    },
  };
}
