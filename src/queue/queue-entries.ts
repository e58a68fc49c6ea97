/**
 * Queue entries in BullMQ: jobs and evaluations in one order. An entry holds only an id and a position; the rest is in the record, so a
 * lost entry loses no job.
 */
import { Queue } from 'bullmq';
import { startDeadline } from '../concurrency/deadline.js';
import { TrainyardError } from '../errors/errors.js';
import { describeRedisFault, onRedis, PREFIX, type Redis } from '../events/index.js';
import type { Logger } from '../logging/logger.js';

/** Name of the queue in BullMQ, whose keys are `trainyard:turns:…`. */
export const QUEUE_NAME = 'turns';
export const QUEUE_PREFIX = PREFIX.slice(0, -1);

/** Time limit of a command, in milliseconds. BullMQ itself waits for a connection without limit. */
const DEADLINE_MS = 2_000;
/** Entries that are restored in one round trip. */
const CHUNK = 500;

/** `jobId` is the id of the job, or of the evaluation if `kind` says so. */
export type QueueEntry = Readonly<{ jobId: string; kind?: 'evaluation' }>;

/**
 * Position in the queue: by priority (−100 to 100, higher first), then by place. The place is the submission number until the job is moved,
 * and then a whole number below 2³¹, also a negative one.
 */
export type QueuePosition = QueueEntry & Readonly<{ priority: number; place: number }>;

/** BullMQ's priority, from 1 (first). Every entry has one, because entries without priority come before all others. */
const bullPriority = (priority: number): number => 101 - priority;

/**
 * Moves an entry to its position among the waiting entries. BullMQ orders entries of one priority by a counter of when they were added.
 * This script uses the place instead, so that moved, restored and returned entries have their position. It keeps the counter above every
 * place, so that an entry without a position yet comes last.
 * KEYS: entry, waiting entries, counter. ARGV: BullMQ's priority, place, id. Returns 0 if there is no such entry.
 */
const MOVE = `
local priority, place, id = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'priority', priority)
redis.call('ZADD', KEYS[2], 'XX', priority * 2 ^ 32 + place, id)
if tonumber(redis.call('GET', KEYS[3]) or '0') < place then redis.call('SET', KEYS[3], place) end
return 1
`;

type Scripts = Redis & { trainyardMoveEntry(...args: (string | number)[]): Promise<number> };
export type QueueEntries = ReturnType<typeof openQueueEntries>;

/** `redis` must fail fast. The caller closes it. */
export function openQueueEntries(redis: Redis, logger: Logger) {
  const queue = new Queue<QueueEntry>(QUEUE_NAME, {
    connection: redis,
    prefix: QUEUE_PREFIX,
    defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
  });
  queue.on('error', (err) => logger.debug({ reason: describeRedisFault(err) }, 'queue error'));
  redis.defineCommand('trainyardMoveEntry', { numberOfKeys: 3, lua: MOVE });
  const scripts = redis as Scripts;

  /** Returns false if the job has no entry. */
  async function move({ jobId, priority, place }: QueuePosition): Promise<boolean> {
    const names = [jobId, 'prioritized', 'pc'].map((name) => queue.toKey(name));
    return (await onRedis(() => scripts.trainyardMoveEntry(...names, bullPriority(priority), place, jobId))) === 1;
  }

  /** Adds the entry of a job. A job that has an entry keeps it. */
  async function add(position: QueuePosition): Promise<void> {
    const { jobId, priority, kind } = position;
    const entry = { jobId, ...(kind && { kind }) };
    await withDeadline(queue.add(kind ?? 'train', entry, { jobId, priority: bullPriority(priority) }));
    await move(position);
  }

  return {
    add,

    /** Removes the entry of a job, unless a worker owns it. */
    async remove(jobId: string): Promise<void> {
      await withDeadline(queue.remove(jobId));
    },

    /** Adds the missing entries of these jobs and moves all of them to their positions. Returns how many were missing. */
    async restore(positions: readonly QueuePosition[]): Promise<number> {
      let restored = 0;
      for (let start = 0; start < positions.length; start += CHUNK) {
        const chunk = positions.slice(start, start + CHUNK);
        const exists = await Promise.all(chunk.map(move));
        for (const position of chunk.filter((_, index) => exists[index] === false)) {
          await add(position);
          restored += 1;
        }
      }
      return restored;
    },

    async close(): Promise<void> {
      await withDeadline(queue.close()).catch(() => undefined);
    },
  };
}

/** Throws `redis_unavailable` if the command takes longer than `DEADLINE_MS`. */
async function withDeadline<T>(command: Promise<T>): Promise<T> {
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
}
