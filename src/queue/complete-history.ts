/** Completing the stream of a job that ends, or changes hands, from the course of its run on the disk. */

import type { CourseEvent } from '../contracts/jobs/frame.js';
import type { Job } from '../contracts/jobs/job.js';
import type { Outbox } from './outbox.js';
import { isPublished, type JobRecord, patchOf } from './record.js';

/**
 * Reads the course of a job as far as it is kept on the disk. `isNews` says whether a course has something that the stream lacks: a
 * course without any need not be checked for damage.
 */
export type ReadCourse = (
  job: Job,
  isNews: (events: readonly CourseEvent[]) => boolean,
) => Promise<readonly CourseEvent[]>;

/** Events given to the outbox at once: it keeps a bounded number. */
const AT_ONCE = 1_000;

/** Writes every event that the stream of a job lacks, in order. The caller holds the job, and nothing else is written meanwhile. */
export async function completeCourse(
  { job }: JobRecord,
  readCourse: ReadCourse,
  outbox: Pick<Outbox, 'push' | 'flush'>,
): Promise<void> {
  const missingIn = (events: readonly CourseEvent[]) => events.filter((event) => !isPublished(event, job));
  const events = await readCourse(job, (course) => missingIn(course).length > 0);
  for (const [index, event] of missingIn(events).entries()) {
    outbox.push({ from: ['running'], event, patch: patchOf(event) });
    if ((index + 1) % AT_ONCE === 0) await outbox.flush();
  }
  await outbox.flush();
}
