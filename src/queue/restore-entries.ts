/** Restores queue entries from the records of their jobs. */
import { isPart } from '../contracts/references/path-part.js';
import { keys, onRedis, type Redis, type ReportCorruptRecord } from '../events/index.js';
import type { Logger } from '../logging/logger.js';
import type { QueueEntries, QueuePosition } from './queue-entries.js';

/** Records that are read in one round trip. */
const CHUNK = 500;

export function createEntryRestorer(
  deps: Readonly<{ redis: Redis; entries: QueueEntries; report: ReportCorruptRecord; logger: Logger }>,
) {
  const { redis, entries, report, logger } = deps;

  /** Reads priority, submission number and place of a job. All are empty if its key is not a record. */
  const fieldsOf = (id: string): Promise<(string | null)[]> =>
    redis.hmget(keys.job(id), 'priority', 'order', 'place').catch((error: Error) => {
      if (error.message.includes('WRONGTYPE')) return ['', '', ''];
      throw error;
    });

  async function positionsOf(ids: readonly string[]): Promise<QueuePosition[]> {
    const found = await onRedis(() => Promise.all(ids.map(fieldsOf)));
    return found.flatMap(([priority, order, place], index) => {
      const position = { jobId: ids[index] ?? '', priority: Number(priority ?? 0), place: Number(place ?? order) };
      if (isValid(position)) return [position];
      report(`The place of job ${position.jobId}`, new Error('its id, priority or place is not valid'));
      return [];
    });
  }

  /** Adds missing entries and moves every entry to its position. Returns how many entries were missing. */
  async function restore(ids: readonly string[]): Promise<number> {
    const positions: QueuePosition[] = [];
    for (let start = 0; start < ids.length; start += CHUNK)
      positions.push(...(await positionsOf(ids.slice(start, start + CHUNK))));
    return entries.restore(positions);
  }

  return {
    restore,

    /** Restores the entries of all queued and running jobs, after a crash or a loss of BullMQ's keys. */
    async restoreAll(): Promise<number> {
      const queued = await onRedis(() => redis.zrange(keys.jobsIn('queued'), '0', '-1'));
      const running = await onRedis(() => redis.zrange(keys.jobsIn('running'), '0', '-1'));
      const restored = await restore([...queued, ...running]);
      if (restored > 0) logger.info({ restored }, 'queue entries restored');
      return restored;
    },
  };
}

/** Returns whether BullMQ accepts this entry. It rejects ids and numbers that our own jobs never have. */
const isValid = ({ jobId, priority, place }: QueuePosition): boolean =>
  isPart('jobId', jobId) && Math.abs(priority) <= 100 && Number.isSafeInteger(place);
