/** Operations of the api on jobs: submit, get, list, change and cancel. */
import type { Job, JobSpec } from '../contracts/jobs/job.js';
import type { JobChange } from '../contracts/jobs/live-change.js';
import type { CancelMode } from '../contracts/jobs/stop-reason.js';
import { createCorruptRecordLog, type Journal, type Redis } from '../events/index.js';
import type { Logger } from '../logging/logger.js';
import { type CancelOutcome, cancelJob } from './cancel.js';
import { type ChangeOutcome, changeJob } from './change.js';
import type { QueueEntries } from './queue-entries.js';
import { createJobReader } from './read-jobs.js';
import { createEntryRestorer } from './restore-entries.js';
import { createSubmit, type JobDetails } from './submit-job.js';

export type JobsDeps = Readonly<{
  redis: Redis;
  journal: Journal;
  entries: QueueEntries;
  logger: Logger;
  /** Limit on queued jobs. Undefined: no limit. */
  queueDepth?: number;
}>;

export type Jobs = ReturnType<typeof createJobs>;

export function createJobs(deps: JobsDeps) {
  const { redis, journal, entries, logger, queueDepth } = deps;
  const report = createCorruptRecordLog(logger);
  const { find, get, existing, requireAll, list, counts } = createJobReader({ redis, journal, report });
  const { restore, restoreAll } = createEntryRestorer({ redis, entries, report, logger });
  const restoreEntry = (id: string): Promise<number> => restore([id]);
  const { submit, replay } = createSubmit({ redis, journal, entries, find, get, restoreEntry, logger, queueDepth });

  return {
    find,
    get,
    existing,
    requireAll,
    list,
    counts,
    submitOnce: submit,
    submit: async (spec: JobSpec, details?: JobDetails): Promise<Job> => (await submit(spec, details)).job,
    replay,

    /** Adds the queue entry of a job that has none. Returns how many were missing, 0 or 1. */
    restoreEntry,
    restoreEntries: restoreAll,

    /** Changes a job that has not ended: its priority while it is queued, and live values of its run. */
    async change(id: string, change: JobChange): Promise<ChangeOutcome> {
      const moveEntry = () =>
        restoreEntry(id).catch((err: unknown) => logger.warn({ err, jobId: id }, 'queue entry not moved yet'));
      const changed = await changeJob(id, change, { journal, find, moveEntry });
      logger.info({ jobId: id, change, number: changed.job.changes.length }, 'job changed');
      return changed;
    },

    /** Cancels a job that has not ended. Default mode: `discard`. */
    async cancel(id: string, mode: CancelMode = 'discard'): Promise<CancelOutcome> {
      // If the entry cannot be removed, the worker that takes it reads in the record that the job has ended.
      const removeEntry = () =>
        entries
          .remove(id)
          .catch((err: unknown) => logger.debug({ err, jobId: id }, 'queue entry of a cancelled job not removed'));
      const restore = () =>
        restoreEntry(id).catch((err: unknown) => logger.warn({ err, jobId: id }, 'job queued without a queue entry'));
      const cancelled = await cancelJob(id, mode, { journal, get, removeEntry, restoreEntry: restore, queueDepth });
      logger.info({ jobId: id, mode, outcome: cancelled.outcome }, 'job cancelled');
      return cancelled;
    },
  };
}
