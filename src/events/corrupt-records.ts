/** Corrupt records: values in Redis that this service cannot have written. They are skipped, and logged once each. */
import { LRUCache } from 'lru-cache';
import { isPart, partFault } from '../contracts/references/path-part.js';
import { TrainyardError } from '../errors/errors.js';
import type { Logger } from '../logging/logger.js';
import { onRedis } from './redis.js';

export type ReportCorruptRecord = (what: string, error: unknown) => void;

/** Records that the log remembers. */
const MAX_LOGGED = 1_000;

/** Returns a function that logs each corrupt record once, because every read finds the same ones again. */
export function createCorruptRecordLog(logger: Logger): ReportCorruptRecord {
  const logged = new LRUCache<string, true>({ max: MAX_LOGGED });
  return (what, error) => {
    if (logged.has(what)) return;
    logged.set(what, true);
    const reason = error instanceof Error ? error.message : String(error);
    logger.error({ record: what.slice(0, 200), reason: reason.slice(0, 500) }, 'corrupt record in Redis skipped');
  };
}

export const corruptRecord = (what: string, fault: string, cause?: unknown): TrainyardError =>
  new TrainyardError('record_corrupt', `${what.slice(0, 100)} in Redis is corrupt: ${fault.slice(0, 200)}.`, { cause });

export const isCorrupt = (error: unknown): error is TrainyardError =>
  error instanceof TrainyardError && error.code === 'record_corrupt';

/** Runs `read`. Turns its errors, such as invalid JSON, into `record_corrupt`, except those that are TrainyardErrors already. */
export function readRecord<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof TrainyardError) throw error;
    throw corruptRecord(what, error instanceof Error ? error.message : String(error), error);
  }
}

/** Runs a command on one of our keys. Throws `record_corrupt` if the key has another type. */
export async function onRecord<T>(what: string, command: () => Promise<T>): Promise<T> {
  try {
    return await onRedis(command);
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('WRONGTYPE'))
      throw corruptRecord(what, 'its key has another type');
    throw error;
  }
}

/** Returns the value if it fits the schema, and throws otherwise. For use within `readRecord` and `readOrReport`. */
export function requireValid<T>(schema: Readonly<{ Check(value: unknown): value is T }>, value: unknown): T {
  if (schema.Check(value)) return value;
  throw new Error('it does not fit its schema');
}

/** Throws `record_corrupt` if the value cannot be a job id. */
export function requireJobId(id: unknown): asserts id is string {
  if (typeof id !== 'string' || !isPart('jobId', id)) throw corruptRecord('A job', partFault('jobId', id));
}

/** Returns the result of `read`. If the record is corrupt, reports it and returns undefined. */
export function readOrReport<T>(what: string, read: () => T, report: ReportCorruptRecord | undefined): T | undefined {
  try {
    return readRecord(what, read);
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    report?.(what, error);
    return undefined;
  }
}
