/** End of an attempt: turns the outcome of a trainer into the next state of its job and of its queue entry. */
import type { JobSpec } from '../contracts/jobs/job.js';
import type { Failure } from '../contracts/jobs/outcome.js';
import type { CancelMode } from '../contracts/jobs/stop-reason.js';
import { isErrorCode, TrainyardError } from '../errors/errors.js';
import type { TrainerOutcome } from '../processes/trainer-process.js';
import {
  cancelled,
  cancelledWithoutWeights,
  endedWithModel,
  failed,
  paused,
  queuedToKeepWeights,
  requeued,
  requeuedAtStop,
  requeuedByUnfitWorker,
  type Transition,
  weightsLost,
} from './job-transitions.js';
import { halvedMicroBatch, outOfMemoryFailure, retryWithSmallerMicroBatch } from './out-of-memory.js';
import { clearedStart } from './record.js';

/**
 * Fate of a queue entry after an attempt.
 * - `done`: nothing is left to do.
 * - `lost`: another attempt is the current one, and its worker takes care of the job.
 * - `return`: this worker cannot train, so the entry goes back into the queue.
 * - `retry`: this worker begins another attempt after `afterMs` milliseconds.
 */
export type Settlement =
  | Readonly<{ entry: 'done' | 'lost' | 'return' }>
  | Readonly<{ entry: 'retry'; afterMs: number }>;

export type SettleOptions = Readonly<{
  /** The spec that this attempt was trained with. */
  spec: JobSpec;
  /** Fault of this worker, if it may be why the trainer ended before doing anything. */
  fault?: string | undefined;
  /** Advice for a job that ran out of memory, as the end of a sentence. */
  memoryAdvice?: string | undefined;
  cancelMode: CancelMode | undefined;
  pauseRequested: boolean;
  /** Restarts of the job so far. */
  restarts: number;
  maxRestarts: number;
  /** The n-th restart waits n times as long, in milliseconds. */
  restartDelayMs: number;
}>;

type Settled = Readonly<{ transition: Transition; settlement: Settlement }>;

const FROM = ['running'] as const;
const AT_ONCE: Settlement = { entry: 'retry', afterMs: 0 };

const done = (transition: Omit<Transition, 'from'> & Partial<Pick<Transition, 'from'>>): Settled => ({
  transition: { from: FROM, ...transition },
  settlement: { entry: 'done' },
});

/** Returns the transition of the job's record and the fate of the queue entry after a trainer ended with `outcome`. */
export function settle(outcome: TrainerOutcome, attempt: number, options: SettleOptions): Settled {
  const { cancelMode, pauseRequested } = options;
  if (outcome.type === 'trained') return done(endedWithModel(outcome));
  if (outcome.type === 'cancelled' && outcome.reason !== undefined)
    return done(cancelled(outcome.reason, outcome.model));
  if (outcome.type === 'cancelled' || cancelMode === 'discard') return done(cancelledWithoutWeights());
  // This includes a trainer that was killed because it did not stop in time: its last checkpoint counts.
  if (pauseRequested && outcome.type !== 'failed') return settlePause(attempt, cancelMode);
  if (outcome.type === 'stopped')
    return { transition: { from: FROM, ...requeuedAtStop(attempt) }, settlement: AT_ONCE };
  return settleFailure(outcome.error, attempt, options);
}

/** Pauses the job. If it was cancelled while it paused, the next attempt saves its weights. */
function settlePause(attempt: number, cancelMode: CancelMode | undefined): Settled {
  if (cancelMode === undefined) return done(paused(attempt));
  const transition: Transition = { from: FROM, ...queuedToKeepWeights(attempt), patch: clearedStart };
  return { transition, settlement: AT_ONCE };
}

function settleFailure(failure: Failure, attempt: number, options: SettleOptions): Settled {
  const { spec, cancelMode, restarts } = options;
  if (options.fault !== undefined)
    return {
      transition: { from: FROM, ...requeuedByUnfitWorker(attempt, options.fault) },
      settlement: { entry: 'return' },
    };
  const isOutOfMemory = failure.code === 'out_of_memory';
  const smaller = isOutOfMemory ? halvedMicroBatch(spec) : undefined;
  if (smaller !== undefined) {
    const transition = retryWithSmallerMicroBatch(failure, spec.microBatchSize, smaller, attempt);
    return { transition: { from: FROM, ...transition }, settlement: AT_ONCE };
  }
  const error = isOutOfMemory ? outOfMemoryFailure(failure, spec, options.memoryAdvice) : failure;
  // Everything written so far is intact, so the job can continue once there is space.
  if (isStorageFailure(error) && cancelMode === undefined) return done(paused(attempt, error));
  if (isRetryable(error) && restarts < options.maxRestarts) {
    const transition = requeued(attempt, error, { restarts: restarts + 1 });
    const afterMs = options.restartDelayMs * (restarts + 1);
    return { transition: { from: FROM, ...transition }, settlement: { entry: 'retry', afterMs } };
  }
  return done(cancelMode === 'keep' ? weightsLost(error.message) : failed(error));
}

/** Returns whether something could not be stored. */
export const isStorageFailure = ({ code }: Failure): boolean =>
  code === 'insufficient_storage' || code === 'storage_unavailable';

const isRetryable = ({ code, message }: Failure): boolean =>
  isErrorCode(code) && new TrainyardError(code, message).retryable;
