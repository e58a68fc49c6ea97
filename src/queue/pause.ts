/** Pause and resume of a job: changes its record, or requests the pause from the worker that owns it. */
import { type Job, OPEN_STATUSES } from '../contracts/jobs/job.js';
import { TrainyardError } from '../errors/errors.js';
import type { Journal } from '../events/index.js';
import type { Logger } from '../logging/logger.js';
import { pausedFullError, queueFullError } from './depth.js';
import type { Jobs } from './job-operations.js';
import type { QueueEntries } from './queue-entries.js';

/** `accepted`: the job runs, and its worker will pause it soon. */
export type PauseOutcome = Readonly<{ outcome: 'paused' | 'accepted'; job: Job }>;

export type PauseDeps = Readonly<{
  journal: Journal;
  entries: QueueEntries;
  jobs: Pick<Jobs, 'get' | 'restoreEntry' | 'counts'>;
  logger: Logger;
  /** Limit on queued jobs for submissions and resumes together. Undefined: no limit. */
  queueDepth?: number;
  /** Limit on jobs that are paused by request. Undefined: no limit. */
  pausedDepth?: number;
}>;

export type Pauses = ReturnType<typeof createPauses>;

export function createPauses(deps: PauseDeps) {
  const { journal, jobs, logger, queueDepth, pausedDepth } = deps;

  async function refuse(id: string, sentence: (status: string) => string): Promise<never> {
    const { status, endedAt } = await jobs.get(id);
    throw new TrainyardError(endedAt === undefined ? 'job_state' : 'job_ended', `Job ${id} is ${sentence(status)}`);
  }

  async function requireRoomForPaused(): Promise<void> {
    if (pausedDepth !== undefined && (await jobs.counts()).paused >= pausedDepth) throw pausedFullError(pausedDepth);
  }

  /** Pauses a queued job at once. Requests the pause of a running job. */
  async function pause(id: string): Promise<PauseOutcome> {
    const patch = { pauseRequestedAt: new Date().toISOString() };
    const { attempt, status, cancelRequestedAt } = await jobs.get(id);
    if (cancelRequestedAt !== undefined && OPEN_STATUSES.includes(status))
      return refuse(id, () => `${status} and being cancelled. It can no longer be paused.`);
    const event = { type: 'status', status: 'paused', attempt } as const;
    const ofQueued = { jobId: id, from: ['queued'], to: 'paused', attempt, event, patch, most: pausedDepth } as const;
    const paused = await journal.write(ofQueued);
    if (paused.outcome === 'full' && pausedDepth !== undefined) throw pausedFullError(pausedDepth);
    // An attempt has begun meanwhile.
    if (paused.outcome === 'fenced') return pause(id);
    if (paused.outcome === 'written') return afterPause(id);
    if (paused.status === 'running') await requireRoomForPaused();
    const requested = await journal.write({ jobId: id, from: ['running'], attempt, patch, announce: true });
    if (requested.outcome === 'fenced' || requested.status === 'queued') return pause(id);
    if (requested.outcome !== 'written')
      return refuse(id, (current) => `${current}. Only a queued or running job can be paused.`);
    logger.info({ jobId: id }, 'pause of a running job requested');
    return { outcome: 'accepted', job: await jobs.get(id) };
  }

  async function afterPause(id: string): Promise<PauseOutcome> {
    // If the entry cannot be removed, the worker that takes it reads in the record that the job is paused.
    await deps.entries
      .remove(id)
      .catch((err: unknown) => logger.debug({ err, jobId: id }, 'queue entry of a paused job not removed'));
    logger.info({ jobId: id }, 'job paused');
    return { outcome: 'paused', job: await jobs.get(id) };
  }

  return {
    pause,

    /**
     * Queues a paused job again. It continues from its last checkpoint. Throws `queue_full` as a submission does; otherwise clients could
     * exceed the limit by pausing and resuming jobs.
     */
    async resume(id: string): Promise<Job> {
      const { attempt } = await jobs.get(id);
      const { outcome } = await journal.write({
        jobId: id,
        from: ['paused'],
        to: 'queued',
        event: { type: 'status', status: 'queued', attempt },
        patch: { pauseRequestedAt: null, error: null },
        most: queueDepth,
        needsMemory: true,
      });
      if (outcome === 'full' && queueDepth !== undefined) throw queueFullError(queueDepth, 'The job stays paused.');
      if (outcome !== 'written') return refuse(id, (status) => `${status}. Only a paused job can be resumed.`);
      // If this fails, a worker restores the entry later.
      await jobs
        .restoreEntry(id)
        .catch((err: unknown) => logger.warn({ err, jobId: id }, 'job queued without a queue entry'));
      logger.info({ jobId: id }, 'job resumed');
      return jobs.get(id);
    },
  };
}
