/** Positions of the queued jobs in a list: read again some time after the queue has changed. */
import type { Job } from 'trainyard';
import { client } from './service.js';

const PAGE = 100;
/** Most queued jobs whose positions are kept current. */
const MAX_JOBS = 1_000;
/** Pause before the queue is read, in milliseconds: changes that come together become one read. */
const READ_MS = 300;

/**
 * Returns a function that reads the first `count()` queued jobs soon and passes them to `put`, with the time at which the read
 * began (`performance.now()`). While the queue is read, further calls become one more read. Aborted reads pass on nothing.
 */
export function createQueueReader(
  count: () => number,
  put: (jobs: readonly Job[], begunAt: number) => void,
  abort: () => AbortSignal,
) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isReading = false;
  let isStale = false;

  async function read(mine: AbortSignal): Promise<void> {
    const most = Math.min(count(), MAX_JOBS);
    const begunAt = performance.now();
    const jobs: Job[] = [];
    if (most === 0) return;
    for await (const job of client.jobs.list({ status: 'queued', sort: 'position', limit: PAGE, signal: mine }))
      if (jobs.push(job) >= most) break;
    if (!mine.aborted) put(jobs, begunAt);
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
