/** A job's turn to be trained: all that BullMQ holds. The job itself is a record of ours, so losing a turn never loses a job. */
import { Queue } from 'bullmq';
import { startDeadline } from '../concurrency/deadline.js';
import { TrainyardError } from '../errors/errors.js';
import { describeRedisFault, onRedis, PREFIX, type Redis } from '../events/index.js';
import type { Logger } from '../logging/logger.js';

export const QUEUE_NAME = 'turns';
/** BullMQ's keys are `trainyard:turns:…`. */
export const QUEUE_PREFIX = PREFIX.slice(0, -1);

/** BullMQ waits for a connection without limit; a caller of ours does not. */
const DEADLINE_MS = 2_000;
/** Jobs looked at in one round trip when turns are restored. */
const CHUNK = 500;

export type QueueEntry = Readonly<{ jobId: string }>;

/** Where a turn stands: a higher priority (−100 to 100) goes first, then the order of submission. */
export type QueuePosition = Readonly<{ jobId: string; priority: number; order: number }>;

/** BullMQ's priorities: 1 is first, and jobs without one go before all that have one, so each has one. */
const bullPriority = (priority: number): number => 101 - priority;

/**
 * Puts a turn at its place among those that wait. BullMQ has them by priority and a counter of its own, of the moment when a
 * turn came; the order of submission in the counter's stead holds for turns that are restored or come back, too. The
 * counter is kept above every order, so that a turn not placed yet stands behind.
 * KEYS: the turn, the waiting turns, the counter. ARGV: BullMQ's priority, order, id. Returns 0 where there is no such turn.
 */
const PLACE = `
local priority, order, id = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'priority', priority)
redis.call('ZADD', KEYS[2], 'XX', priority * 2 ^ 32 + order % 2 ^ 32, id)
if tonumber(redis.call('GET', KEYS[3]) or '0') < order then redis.call('SET', KEYS[3], order) end
return 1
`;

type Scripts = Redis & { trainyardPlace(...args: (string | number)[]): Promise<number> };
export type QueueEntries = ReturnType<typeof openQueueEntries>;

/** `redis` is a connection that fails fast; it stays the caller's to close. */
export function openQueueEntries(redis: Redis, logger: Logger) {
  const queue = new Queue<QueueEntry>(QUEUE_NAME, {
    connection: redis,
    prefix: QUEUE_PREFIX,
    defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
  });
  queue.on('error', (err) => logger.debug({ reason: describeRedisFault(err) }, 'turns queue error'));
  redis.defineCommand('trainyardPlace', { numberOfKeys: 3, lua: PLACE });
  const scripts = redis as Scripts;

  const soon = async <T>(command: Promise<T>): Promise<T> => {
    let stop: () => void = () => undefined;
    const late = new Promise<never>((_, reject) => {
      const error = new TrainyardError('redis_unavailable', `Redis did not answer within ${DEADLINE_MS} ms.`);
      stop = startDeadline(DEADLINE_MS, () => reject(error));
    });
    try {
      return await onRedis(() => Promise.race([command, late]));
    } finally {
      stop();
      command.catch(() => undefined);
    }
  };

  /** False where the job has no turn. */
  async function place({ jobId, priority, order }: QueuePosition): Promise<boolean> {
    const names = [jobId, 'prioritized', 'pc'].map((name) => queue.toKey(name));
    return (await onRedis(() => scripts.trainyardPlace(...names, bullPriority(priority), order, jobId))) === 1;
  }

  async function add(at: QueuePosition): Promise<void> {
    const { jobId, priority } = at;
    await soon(queue.add('train', { jobId }, { jobId, priority: bullPriority(priority) }));
    await place(at);
  }

  return {
    /** Queues the job's turn. A job that has one keeps it. */
    add,

    /** Takes the turn out of the queue, unless a worker already has it. */
    async remove(jobId: string): Promise<void> {
      await soon(queue.remove(jobId));
    },

    /** Gives a turn to each of these jobs that has none, and puts all in their places; answers how many had none. */
    async restore(places: readonly QueuePosition[]): Promise<number> {
      let restored = 0;
      for (let start = 0; start < places.length; start += CHUNK) {
        const chunk = places.slice(start, start + CHUNK);
        const known = await Promise.all(chunk.map(place));
        for (const at of chunk.filter((_, index) => known[index] === false)) {
          await add(at);
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
