/** Operations of the api on jobs: submit, get, list, change, cancel and delete. */
import type { Job, JobSpec } from '../contracts/jobs/job.js';
import type { JobMove } from '../contracts/jobs/job-move.js';
import type { JobChange, RunChange } from '../contracts/jobs/live-change.js';
import type { CancelMode } from '../contracts/jobs/stop-reason.js';
import type { TrainerLog } from '../contracts/jobs/trainer-log.js';
import { TrainyardError } from '../errors/errors.js';
import { createCorruptRecordLog, type Journal, onRedis, type Redis } from '../events/index.js';
import type { Logger } from '../logging/logger.js';
import { type CancelOutcome, cancelJob } from './cancel.js';
import { type ChangeOutcome, changeJob } from './change.js';
import { createTextWriter, requireFewLabels } from './job-texts-write.js';
import { moveJob } from './move.js';
import type { QueueEntries } from './queue-entries.js';
import { createJobReader } from './read-jobs.js';
import { readLog } from './read-log.js';
import { createRemoval } from './remove-job.js';
import { createEntryRestorer } from './restore-entries.js';
import { createSubmit, type JobDetails } from './submit-job.js';

export type JobsDeps = Readonly<{
  redis: Redis;
  journal: Journal;
  entries: QueueEntries;
  logger: Logger;
  /** Limit on queued jobs. Undefined: no limit. */
  queueDepth?: number;
  /** Removes the files of a job that was deleted. Default: it has none. */
  onRemoved?: (job: Job) => Promise<void>;
}>;

export type Jobs = ReturnType<typeof createJobs>;

export function createJobs(deps: JobsDeps) {
  const { redis, journal, entries, logger, queueDepth } = deps;
  const report = createCorruptRecordLog(logger);
  const { find, get, existing, requireAll, list, counts } = createJobReader({ redis, journal, report });
  const { restore, restoreAll } = createEntryRestorer({ redis, entries, report, logger });
  const restoreEntry = (id: string): Promise<number> => restore([id]);
  const { submit, replay } = createSubmit({ redis, journal, entries, find, get, restoreEntry, logger, queueDepth });

  const changeRun = createRunChange(deps, { find, restoreEntry });
  const texts = createTextWriter(redis, get);

  return {
    find,
    get,
    existing,
    requireAll,
    list,
    counts,
    log: (id: string): Promise<TrainerLog> => readLog(id, { redis, requireAll }),
    submitOnce: submit,
    submit: async (spec: JobSpec, details?: JobDetails): Promise<Job> => (await submit(spec, details)).job,
    replay,

    /** Adds the queue entry of a job that has none. Returns how many were missing, 0 or 1. */
    restoreEntry,
    restoreEntries: restoreAll,

    /**
     * Changes a job: metadata and notes at any time, the priority while it is queued, and live values of its run until it has ended.
     * If the job does not allow a part of the change, nothing is changed.
     */
    async change(id: string, { metadata, notes, ...change }: JobChange): Promise<ChangeOutcome> {
      if (metadata === undefined && notes === undefined) return changeRun(id, change);
      const textChange = { ...(metadata && { metadata }), ...(notes !== undefined && { notes }) };
      requireFewLabels(await get(id), textChange);
      const { outcome } = Object.keys(change).length > 0 ? await changeRun(id, change) : TEXTS_CHANGED;
      await texts.write(id, textChange);
      logger.info({ jobId: id, labels: Object.keys(metadata ?? {}), notes: notes?.length }, 'texts of the job changed');
      return { outcome, job: await get(id) };
    },

    /** Moves a queued job within the queue, see `moveJob`. Returns it with its new position. */
    async move(id: string, target: JobMove): Promise<Job> {
      const moveEntries = (ids: readonly string[]) =>
        restore(ids).catch((err: unknown) => logger.warn({ err, jobIds: ids }, 'queue entries not moved yet'));
      const job = await moveJob(id, target, { redis, journal, find, get, moveEntries });
      logger.info({ jobId: id, ...target, position: job.position }, 'job moved in the queue');
      return job;
    },

    remove: createDeletion(deps, get),

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

const TEXTS_CHANGED = { outcome: 'changed' } as const;

type FindJob = (id: string) => Promise<Job | undefined>;
type RestoreEntry = (id: string) => Promise<number>;

/** Returns a function that changes priority and live values of a job. */
function createRunChange(
  { journal, logger }: JobsDeps,
  { find, restoreEntry }: Readonly<{ find: FindJob; restoreEntry: RestoreEntry }>,
) {
  return async (id: string, change: RunChange): Promise<ChangeOutcome> => {
    const moveEntry = () =>
      restoreEntry(id).catch((err: unknown) => logger.warn({ err, jobId: id }, 'queue entry not moved yet'));
    const changed = await changeJob(id, change, { journal, find, moveEntry });
    logger.info({ jobId: id, change, number: changed.job.changes.length }, 'job changed');
    return changed;
  };
}

/**
 * Returns a function that deletes an ended job: its record with all that belongs to it in Redis, in one step, then its files. If the
 * process dies in between, nobody sees the job, and the sweep of checkpoints removes its largest files. The model of the job stays.
 */
function createDeletion({ redis, logger, onRemoved }: JobsDeps, get: (id: string) => Promise<Job>) {
  const removal = createRemoval(redis);
  /** Throws `job_not_found`, and `job_state` if the job has not ended. */
  return async (id: string): Promise<void> => {
    const job = await get(id);
    if (!(await onRedis(() => removal.remove(id, job)))) {
      const { status } = await get(id);
      throw new TrainyardError(
        'job_state',
        `Job ${id} is ${status}. Only an ended job can be deleted: cancel it first.`,
      );
    }
    logger.info({ jobId: id }, 'job deleted');
    await onRemoved?.(job).catch((err: unknown) =>
      logger.warn({ err, jobId: id }, 'files of a deleted job not removed'),
    );
  };
}
