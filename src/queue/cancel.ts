/** Cancel of a job: ends it at once or requests this from the worker that owns it. */
import type { Job } from '../contracts/jobs/job.js';
import type { CancelMode } from '../contracts/jobs/stop-reason.js';
import { TrainyardError } from '../errors/errors.js';
import type { JobWrite, Journal } from '../events/index.js';
import { queueFullError } from './depth.js';
import { cancelledBeforeRun, queuedToKeepWeights } from './job-transitions.js';

/** `accepted`: a worker will end the job soon. */
export type CancelOutcome = Readonly<{ outcome: 'cancelled' | 'accepted'; job: Job }>;

export type CancelDeps = Readonly<{
  journal: Journal;
  get: (id: string) => Promise<Job>;
  /** Removes the queue entry of a job that has ended. */
  removeEntry: (id: string) => Promise<unknown>;
  /** Adds the queue entry of a job that is queued again. */
  restoreEntry: (id: string) => Promise<unknown>;
  /** Limit on queued jobs. Undefined: no limit. */
  queueDepth: number | undefined;
}>;

/**
 * Ends a queued or paused job at once. If the job runs, or is paused and keeps its weights, a worker has to end it. In a repeated cancel
 * `discard` overrides `keep`. Throws `job_ended`, and `queue_full` if a paused job is to keep its weights while the queue is full.
 */
export async function cancelJob(id: string, mode: CancelMode, deps: CancelDeps): Promise<CancelOutcome> {
  for (;;) {
    const job = await deps.get(id);
    if (job.endedAt !== undefined) throw endedError(job);
    const outcome = endsAtOnce(job, mode) ? await endNow(job, mode, deps) : await requestCancel(job, mode, deps);
    // The job changed between the read and the write otherwise.
    if (outcome !== undefined) return { outcome, job: await deps.get(id) };
  }
}

const endsAtOnce = (job: Job, mode: CancelMode): boolean =>
  job.status !== 'running' && (mode === 'discard' || job.attempt === 0);

async function endNow({ id, status, attempt }: Job, mode: CancelMode, { journal, removeEntry }: CancelDeps) {
  const { patch, ...end } = cancelledBeforeRun(mode);
  const { outcome } = await journal.write({
    jobId: id,
    from: [status],
    attempt,
    ...end,
    patch: { ...patch, cancelMode: mode },
  });
  if (outcome !== 'written') return undefined;
  await removeEntry(id);
  return 'cancelled' as const;
}

async function requestCancel(job: Job, mode: CancelMode, { journal, restoreEntry, queueDepth }: CancelDeps) {
  const { id, status, attempt } = job;
  const { outcome } = await journal.write({
    jobId: id,
    from: [status],
    attempt,
    ...requestOf(job, mode),
    most: queueDepth,
  });
  if (outcome === 'full' && queueDepth !== undefined)
    throw queueFullError(queueDepth, 'With mode=discard the job is cancelled at once.');
  if (outcome !== 'written') return undefined;
  if (status !== 'running') await restoreEntry(id);
  return 'accepted' as const;
}

/** Queues a paused job once more, and announces the cancel of a running one to its worker. */
function requestOf({ status, attempt, cancelRequestedAt }: Job, mode: CancelMode): Omit<JobWrite, 'jobId' | 'from'> {
  const now = new Date().toISOString();
  const patch = { cancelMode: mode, cancelRequestedAt: cancelRequestedAt ?? now, pauseRequestedAt: null };
  return status === 'paused' ? { ...queuedToKeepWeights(attempt), patch } : { patch, announce: true };
}

const endedError = ({ id, status }: Job): TrainyardError =>
  new TrainyardError('job_ended', `Job ${id} is ${status}. Only a queued, running or paused job can be cancelled.`);
