/** PauseOutcome and resuming a job: what is asked of its record. The worker that holds it does the rest. */
import { type Job, OPEN_STATUSES } from '../contracts/jobs/job.js';
import { TrainyardError } from '../errors/errors.js';
import type { Journal } from '../events/index.js';
import type { Logger } from '../logging/logger.js';
import { pausedFullError, queueFullError } from './depth.js';
import type { Jobs } from './jobs.js';
import type { QueueEntries } from './queue-entries.js';

/** `accepted`: the job runs, and will be paused soon. */
export type PauseOutcome = Readonly<{ outcome: 'paused' | 'accepted'; job: Job }>;

export type Pauses = ReturnType<typeof createPauses>;

export function createPauses(
  deps: Readonly<{
    journal: Journal;
    entries: QueueEntries;
    jobs: Pick<Jobs, 'get' | 'restoreEntry' | 'counts'>;
    logger: Logger;
    /** Most jobs that may be queued, by submissions and resumes together; unset: any number. */
    queueDepth?: number;
    /** Most jobs that may be paused on request; unset: any number. */
    pausedDepth?: number;
  }>,
) {
  const { journal, entries, jobs, logger, queueDepth, pausedDepth } = deps;

  /** A job in a state in which this cannot be done; or none at all. */
  async function refuse(id: string, sentence: (status: string) => string): Promise<never> {
    const { status, endedAt } = await jobs.get(id);
    throw new TrainyardError(endedAt === undefined ? 'job_state' : 'job_ended', `Job ${id} is ${sentence(status)}`);
  }

  async function requireRoomForPaused(): Promise<void> {
    if (pausedDepth !== undefined && (await jobs.counts()).paused >= pausedDepth) throw pausedFullError(pausedDepth);
  }

  /** Pauses a queued job at once; flags a running one for the worker that holds it. */
  async function pause(id: string): Promise<PauseOutcome> {
    const patch = { pauseRequestedAt: new Date().toISOString() };
    const { attempt, status, cancelRequestedAt } = await jobs.get(id);
    if (cancelRequestedAt !== undefined && OPEN_STATUSES.includes(status))
      return refuse(id, () => `${status} and being cancelled; it cannot be paused any more.`);
    const event = { type: 'status', status: 'paused', attempt } as const;
    const paused = await journal.write({
      jobId: id,
      from: ['queued'],
      to: 'paused',
      attempt,
      event,
      patch,
      most: pausedDepth,
    });
    if (paused.outcome === 'full' && pausedDepth !== undefined) throw pausedFullError(pausedDepth);
    // An attempt has begun meanwhile.
    if (paused.outcome === 'fenced') return pause(id);
    if (paused.outcome === 'written') {
      // The record has the last word: a turn that cannot be removed ends as soon as a worker takes it.
      await entries
        .remove(id)
        .catch((err: unknown) => logger.debug({ err, jobId: id }, 'turn of a paused job not removed'));
      logger.info({ jobId: id }, 'job paused');
      return { outcome: 'paused', job: await jobs.get(id) };
    }
    if (paused.status === 'running') await requireRoomForPaused();
    const flagged = await journal.write({ jobId: id, from: ['running'], attempt, patch, announce: true });
    if (flagged.outcome === 'fenced' || flagged.status === 'queued') return pause(id);
    if (flagged.outcome !== 'written')
      return refuse(id, (status) => `${status}; only a queued or running job can be paused.`);
    logger.info({ jobId: id }, 'pause of a running job requested');
    return { outcome: 'accepted', job: await jobs.get(id) };
  }

  return {
    pause,

    /**
     * Puts a paused job back into the queue; it goes on from its last checkpoint. Throws `queue_full` as a submission does: jobs
     * that were submitted and paused would otherwise come back beyond the depth of the queue.
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
      if (outcome !== 'written') return refuse(id, (status) => `${status}; only a paused job can be resumed.`);
      // Without its turn the job is still kept: turns are restored by workers.
      await jobs
        .restoreEntry(id)
        .catch((err: unknown) => logger.warn({ err, jobId: id }, 'job queued without its turn'));
      logger.info({ jobId: id }, 'job resumed');
      return jobs.get(id);
    },
  };
}
