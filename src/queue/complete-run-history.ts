/** Completes the stream of a job from the run history on disk, before the job ends or another worker takes it. */

import type { RunHistoryEvent } from '../contracts/jobs/frame.js';
import type { Job } from '../contracts/jobs/job.js';
import type { Outbox } from './outbox.js';
import { createBestScores, isPublished, type JobRecord } from './record.js';

/**
 * Reads the run history of a job from disk. `isNews` says whether the events contain any that the stream lacks. A file without such
 * events need not be verified.
 */
export type ReadRunHistory = (
  job: Job,
  isNews: (events: readonly RunHistoryEvent[]) => boolean,
) => Promise<readonly RunHistoryEvent[]>;

/** Number of events between two flushes. The outbox holds a limited number. */
const EVENTS_PER_FLUSH = 1_000;

/** Appends every event that the stream of a job lacks, in order. The caller must own the job, and nobody else may write to it meanwhile. */
export async function completeRunHistory(
  { job }: JobRecord,
  readRunHistory: ReadRunHistory,
  outbox: Pick<Outbox, 'push' | 'flush'>,
): Promise<void> {
  const missingIn = (events: readonly RunHistoryEvent[]) => events.filter((event) => !isPublished(event, job));
  const events = await readRunHistory(job, (history) => missingIn(history).length > 0);
  const score = createBestScores(job);
  for (const [index, event] of missingIn(events).entries()) {
    outbox.push({ from: ['running'], ...score(event) });
    if ((index + 1) % EVENTS_PER_FLUSH === 0) await outbox.flush();
  }
  await outbox.flush();
}
