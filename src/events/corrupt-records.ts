/** Records that are not as this service writes them: told apart from failures of Redis, logged once each and skipped. */
import { isPart, partFault } from '../contracts/references/path-part.js';
import { TrainyardError } from '../errors/errors.js';
import type { Logger } from '../logging/logger.js';
import { onRedis } from './redis.js';

/** Reports a corrupt record. */
export type ReportCorruptRecord = (what: string, error: unknown) => void;

/** Records remembered as logged. */
const MOST_LOGGED = 1_000;

/** Logs each corrupt record once: the same one is met again at every look. */
export function createCorruptRecordLog(logger: Logger): ReportCorruptRecord {
  const logged = new Set<string>();
  return (what, error) => {
    if (logged.has(what)) return;
    const [oldest] = logged;
    if (logged.size >= MOST_LOGGED && oldest !== undefined) logged.delete(oldest);
    logged.add(what);
    const reason = error instanceof Error ? error.message : String(error);
    logger.error({ record: what.slice(0, 200), reason: reason.slice(0, 500) }, 'corrupt record in Redis left out');
  };
}

export const corruptRecord = (what: string, fault: string, cause?: unknown): TrainyardError =>
  new TrainyardError('record_corrupt', `${what.slice(0, 100)} in Redis cannot be used: ${fault.slice(0, 200)}.`, {
    cause,
  });

export const isCorrupt = (error: unknown): error is TrainyardError =>
  error instanceof TrainyardError && error.code === 'record_corrupt';

/** Runs `read`. Whatever it throws but errors of ours (no JSON, no such field) means that the record is corrupt. */
export function readRecord<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof TrainyardError) throw error;
    throw corruptRecord(what, error instanceof Error ? error.message : String(error), error);
  }
}

/** Runs a command on a key of ours. A key of another type than ours is a corrupt record. */
export async function onRecord<T>(what: string, command: () => Promise<T>): Promise<T> {
  try {
    return await onRedis(command);
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('WRONGTYPE'))
      throw corruptRecord(what, 'its key has another type');
    throw error;
  }
}

/** Returns the value if it fits; `readRecord` and `readOrReport` make a corrupt record of what it throws. */
export function requireValid<T>(schema: Readonly<{ Check(value: unknown): value is T }>, value: unknown): T {
  if (schema.Check(value)) return value;
  throw new Error('it does not fit its schema');
}

/** Throws `record_corrupt` if a value cannot be the id of a job. */
export function requireJobId(id: unknown): asserts id is string {
  if (typeof id !== 'string' || !isPart('jobId', id)) throw corruptRecord('A job', partFault('jobId', id));
}

/** Returns the value that `read` makes, or reports that the record is corrupt and returns undefined. */
export function readOrReport<T>(what: string, read: () => T, report: ReportCorruptRecord | undefined): T | undefined {
  try {
    return readRecord(what, read);
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    report?.(what, error);
    return undefined;
  }
}
