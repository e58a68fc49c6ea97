/** Positions of the queued jobs in a list: read again some time after the queue has changed. */
import type { Job } from 'trainyard';
import { client } from './service.js';

const PAGE = 100;
/** Maximum number of queued jobs that are read. The positions of jobs behind them are not kept current. */
const MAX_JOBS = 1_000;
/** Pause before the queue is read, in milliseconds: changes that come together become one read. */
const READ_MS = 300;

export type QueueRead = Readonly<{
  /** The first jobs of the queue, as one moment had them. */
  jobs: readonly Job[];
  /** Wanted jobs that are not among them. */
  missed: ReadonlySet<string>;
  /** When the read began (`performance.now()`). */
  begunAt: number;
}>;

/**
 * Returns a function that reads the queue soon, as far as the last of the `wanted()` jobs, and passes it to `put`. While the queue is read,
 * further calls become one more read. Aborted reads pass on nothing.
 */
export function createQueueReader(
  wanted: () => readonly string[],
  put: (read: QueueRead) => void,
  abort: () => AbortSignal,
) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isReading = false;
  let isStale = false;

  async function read(mine: AbortSignal): Promise<void> {
    const begunAt = performance.now();
    const missed = new Set(wanted());
    const jobs: Job[] = [];
    if (missed.size === 0) return;
    for await (const job of client.jobs.list({ status: 'queued', sort: 'position', limit: PAGE, signal: mine })) {
      jobs.push(job);
      missed.delete(job.id);
      if (missed.size === 0 || jobs.length >= MAX_JOBS) break;
    }
    if (!mine.aborted) put({ jobs, missed, begunAt });
  }

  async function readSoon(): Promise<void> {
    timer = undefined;
    isReading = true;
    isStale = false;
    // A failure shows in the list itself; the next change reads again.
    await read(abort()).catch(() => undefined);
    isReading = false;
    if (isStale) later();
  }

  function later(): void {
    isStale = true;
    if (!isReading) timer ??= setTimeout(() => void readSoon(), READ_MS);
  }

  return { later, stop: (): void => clearTimeout(timer) };
}
