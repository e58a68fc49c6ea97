/** Changes of a job's record between its states, with the frame that reports each and the reason that users read. */
import type { Job } from '../contracts/jobs/job.js';
import type { Failure, Progress } from '../contracts/jobs/outcome.js';
import type { CancelMode, EndReason } from '../contracts/jobs/stop-reason.js';
import type { ModelReference } from '../contracts/references/model-reference.js';
import type { JobWrite } from '../events/index.js';
import { clearedStart, type WorkerLosses } from './record.js';

/** A write without the fields that identify the job and its writer. */
export type Transition = Omit<JobWrite, 'jobId' | 'attempt' | 'term' | 'token'>;

/** The model that a job has stored, and the stop condition that ended its run, if there was one. */
export type JobModel = Readonly<{ model: ModelReference; reason?: EndReason }>;

/** Worker losses allowed on top of `maxRestarts`, because machines also fail for reasons that are not the job's. */
const EXTRA_WORKER_LOSSES = 3;

const DISCARDED: EndReason = { code: 'discarded', message: 'The job was cancelled and its weights were discarded.' };
const NEVER_RAN: EndReason = {
  code: 'nothing_kept',
  message: 'The job was cancelled before its training began, so there are no weights to keep.',
};

/** Ends a job as cancelled. */
export const cancelled = (reason: EndReason, model?: ModelReference) =>
  ({
    to: 'cancelled',
    event: { type: 'end', status: 'cancelled', ...(model && { model }), reason },
    patch: {
      endedAt: new Date().toISOString(),
      reason: JSON.stringify(reason),
      ...(model && { model: JSON.stringify(model) }),
    },
  }) as const;

export const cancelledWithoutWeights = () => cancelled(DISCARDED);

/** Ends a job that is cancelled while it is queued or paused. */
export const cancelledBeforeRun = (mode: CancelMode) => cancelled(mode === 'keep' ? NEVER_RAN : DISCARDED);

/** Ends a job that was to keep its weights and could not. `why` is a sentence. */
export const weightsLost = (why: string) =>
  cancelled({ code: 'nothing_kept', message: `The job was cancelled, but its weights could not be kept. ${why}` });

export const failed = (error: Failure) =>
  ({
    to: 'failed',
    event: { type: 'end', status: 'failed', error },
    patch: { endedAt: new Date().toISOString(), error: JSON.stringify(error) },
  }) as const;

/** Ends a job that has stored a model: as cancelled if a cancel ended its run, otherwise as succeeded. */
export function endedWithModel({ model, reason }: JobModel) {
  if (reason?.code === 'kept') return cancelled(reason, model);
  return {
    to: 'succeeded',
    event: { type: 'end', status: 'succeeded', model, ...(reason && { reason }) },
    patch: {
      endedAt: new Date().toISOString(),
      model: JSON.stringify(model),
      ...(reason && { reason: JSON.stringify(reason) }),
    },
  } as const;
}

/** Pauses a job. `reason` is set if nobody requested the pause. */
export const paused = (attempt: number, reason?: Failure) =>
  ({
    from: ['queued', 'running'],
    to: 'paused',
    event: { type: 'status', status: 'paused', attempt, ...(reason && { reason }) },
    patch: { ...clearedStart, ...(reason && { error: JSON.stringify(reason) }) },
  }) as const;

/** Queues a job again, so that a worker saves the weights that a cancel is to keep. */
export const queuedToKeepWeights = (attempt: number) =>
  ({ to: 'queued', event: { type: 'status', status: 'queued', attempt } }) as const;

/** Queues a running job for its next attempt. */
export const requeued = (attempt: number, reason: Failure, patch: Transition['patch'] = {}) =>
  ({
    to: 'queued',
    event: { type: 'status', status: 'queued', attempt, reason },
    patch: { ...clearedStart, ...patch },
  }) as const;

export const requeuedAtStop = (attempt: number) =>
  requeued(attempt, {
    code: 'worker_stopped',
    message: 'The worker stopped. The job continues from its last checkpoint on the next free worker.',
  });

/** Queues a job whose worker cannot train. This does not count as a restart, because the attempt did nothing. */
export const requeuedByUnfitWorker = (attempt: number, fault: string) =>
  requeued(attempt, {
    code: 'worker_unfit',
    message: `The worker cannot train now, so the job waits for another worker. ${fault}`,
  });

/** Queues a running job that lost its worker, or fails it if it lost too many in a row without progress. */
export function afterWorkerLoss({ attempt, progress }: Job, before: WorkerLosses, maxRestarts: number): Transition {
  const from = ['running'] as const;
  const losses = addLoss(before, progress);
  if (losses.count > maxRestarts + EXTRA_WORKER_LOSSES) return { from, ...failed(workersLost(losses)) };
  const reason: Failure = {
    code: 'worker_stopped',
    message: 'The worker that trained the job disappeared. The job continues from its last checkpoint.',
  };
  return { from, ...requeued(attempt, reason, { losses: JSON.stringify(losses) }) };
}

/** Adds a loss. The count restarts at 1 if the job has progressed further than at any loss before. */
function addLoss({ count, furthest }: WorkerLosses, progress: Progress | undefined): WorkerLosses {
  if (progress !== undefined && isFurther(progress, furthest)) return { count: 1, furthest: progress };
  return { count: count + 1, ...(furthest && { furthest }) };
}

const isFurther = (a: Progress, b: Progress | undefined): boolean =>
  b === undefined || a.epoch > b.epoch || (a.epoch === b.epoch && a.step > b.step);

function workersLost({ count, furthest }: WorkerLosses): Failure {
  const where =
    furthest === undefined
      ? 'before its first step'
      : `without getting further than step ${furthest.step} of ${furthest.steps} in epoch ${furthest.epoch}`;
  return {
    code: 'worker_lost',
    message: `The job lost its worker ${count} times ${where}. Most often the container runs out of memory there: reduce batchSize or resize, or give the worker more memory.`,
  };
}
