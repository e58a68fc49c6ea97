/** The moves of a job between a worker and its record: begin an attempt, and settle how it ended. */

import type { Job, JobSpec } from '../contracts/jobs/job.js';
import type { Failure, Progress } from '../contracts/jobs/outcome.js';
import type { CancelMode, EndReason } from '../contracts/jobs/stop-reason.js';
import type { ModelReference } from '../contracts/references/model-reference.js';
import { isErrorCode, TrainyardError } from '../errors/errors.js';
import type { JobWrite, JobWriteResult } from '../events/index.js';
import type { TrainerOutcome } from '../processes/trainer-process.js';
import { cancelled, discarded, notKept, queuedAgain } from './cancel.js';
import { halvedMicroBatch, outOfMemoryFailure, retryWithSmallerMicroBatch } from './out-of-memory.js';
import type { JobTerm } from './outbox.js';
import { type JobRecord, type Losses, waiting, withoutRate } from './record.js';

export type RetriedWrite = (change: JobWrite & { token: string }) => Promise<JobWriteResult>;

/** The model that a job has stored, and why its run had ended. */
export type JobModel = Readonly<{ model: ModelReference; reason?: EndReason }>;

/**
 * `over`: the job has ended, is paused or unknown: there is nothing to train. `lost`: the turn is no longer this worker's, and whoever
 * takes it next sees to the job. `job` is how the attempts before left it.
 */
export type Beginning =
  | Readonly<{ outcome: 'begun'; job: Job; attempt: number; term: number; restarts: number }>
  | Readonly<{ outcome: 'over' | 'lost' }>;

/**
 * What is to happen with the turn: nothing more, or another attempt after a pause. `lost`: the attempt was not the
 * current one any more, and whoever made the next one sees to the job. `back`: this worker cannot train, so the turn goes to another.
 */
export type Settlement = Readonly<{ turn: 'done' | 'lost' | 'back' }> | Readonly<{ turn: 'again'; afterMs: number }>;

export type BeginOptions = Readonly<{
  jobId: string;
  claim: string;
  maxRestarts: number;
  /** Whether the turn is still this worker's. A worker may be frozen, or without Redis, for longer than its lock. */
  isLocked: () => Promise<boolean>;
  /**
   * Takes over what a worker that is gone has left of a running job: completes the job's stream from its run history, and returns the
   * model if there is one. The attempts before can store nothing afterwards.
   */
  takeOver?: (record: JobRecord, hold: JobTerm) => Promise<JobModel | undefined>;
}>;

/**
 * Makes this turn the job's current attempt. A job found `running` was held by a worker that is gone. It is taken over first:
 * its term grows, so that the other worker's writes are refused from here on, then its stream is completed from its run history. If its model is stored already, only its
 * end had not been written, and whatever was asked since came too late.
 */
export async function beginAttempt(
  read: () => Promise<JobRecord | undefined>,
  write: RetriedWrite,
  options: BeginOptions,
): Promise<Beginning> {
  const { jobId, claim, isLocked, takeOver } = options;
  /** The term in which this turn holds a running job, and what was found of it then. */
  let taken: Readonly<{ term: number }> | undefined;
  let remains: Readonly<{ stored: JobModel | undefined }> | undefined;
  for (;;) {
    const record = await read();
    if (record === undefined) return { outcome: 'over' };
    const { job, term, restarts } = record;
    if (job.status !== 'queued' && job.status !== 'running') return { outcome: 'over' };
    // Asked after the record was read: an attempt that is in it is none of a worker that has the turn since.
    if (!(await isLocked())) return { outcome: 'lost' };
    const fence = { jobId, attempt: job.attempt, term };
    if (job.status === 'running' && term !== taken?.term) {
      const patch = { term: term + 1 };
      const { outcome } = await write({ ...fence, from: ['running'], patch, token: `${claim}:take:${term + 1}` });
      // The other worker may have written until now: the record is read again.
      if (outcome === 'written') taken = patch;
      continue;
    }
    if (job.status === 'running' && remains === undefined) {
      remains = { stored: await takeOver?.(record, fence) };
      continue;
    }
    const leaving = insteadOfTraining(record, remains?.stored, options);
    if (leaving !== undefined) {
      await write({ ...fence, ...leaving, token: `${claim}:${leaving.to}:${term}` });
      [taken, remains] = [undefined, undefined];
      continue;
    }
    const next = { attempt: job.attempt + 1, term: term + 1 };
    const begun = await write({
      ...fence,
      from: ['queued'],
      to: 'running',
      event: { type: 'status', status: 'running', attempt: next.attempt },
      patch: { ...next, startedAt: new Date().toISOString(), ...withoutRate(job.progress) },
      token: `${claim}:begin:${next.attempt}`,
    });
    // Only now is it sure that nothing of the attempt before is written any more.
    if (begun.outcome === 'written') return { outcome: 'begun', job: (await read())?.job ?? job, ...next, restarts };
  }
}

type Leaving = Omit<JobWrite, 'jobId' | 'attempt' | 'term' | 'token'>;

/** What becomes of a job that is not trained now: an end, a pause, or its way back into the queue. Undefined: it can be trained. */
function insteadOfTraining(
  { job, losses }: JobRecord,
  stored: JobModel | undefined,
  { maxRestarts }: BeginOptions,
): Leaving | undefined {
  if (stored !== undefined) return { from: ['running'], ...endWith(stored) };
  // A job whose weights are to be kept begins an attempt that does so.
  if (job.cancelRequestedAt !== undefined && job.cancelMode !== 'keep')
    return { from: ['queued', 'running'], ...discarded() };
  if (job.pauseRequestedAt !== undefined && job.cancelRequestedAt === undefined) return paused(job.attempt);
  return job.status === 'running' ? afterLoss(job, addLoss(losses, job.progress), maxRestarts) : undefined;
}

/** A job that has lost its worker waits for the next attempt, unless it has lost too many. */
function afterLoss({ attempt }: Job, losses: Losses, maxRestarts: number): Leaving {
  const from = ['running'] as const;
  if (losses.count > maxRestarts + PATIENCE_WITH_WORKERS) return { from, ...failed(lostTooOften(losses)) };
  const reason: Failure = {
    code: 'worker_stopped',
    message: 'The worker that trained the job is gone; the job goes on from its last checkpoint.',
  };
  const event = { type: 'status', status: 'queued', attempt, reason } as const;
  return { from, to: 'queued', event, patch: { ...waiting, losses: JSON.stringify(losses) } };
}

/** The end of a job that has failed. */
const failed = (error: Failure) =>
  ({
    to: 'failed',
    event: { type: 'end', status: 'failed', error },
    patch: { endedAt: new Date().toISOString(), error: JSON.stringify(error) },
  }) as const;

/** The end of a job that has a model. */
function endWith({ model, reason }: JobModel) {
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

/** Worker losses allowed on top of `maxRestarts`: machines are also lost for reasons that are not the job's. */
const PATIENCE_WITH_WORKERS = 3;

/** One loss more; the count begins anew where the job got further than at any loss before. */
function addLoss({ count, furthest }: Losses, progress: Progress | undefined): Losses {
  if (progress !== undefined && isFurther(progress, furthest)) return { count: 1, furthest: progress };
  return { count: count + 1, ...(furthest && { furthest }) };
}

const isFurther = (a: Progress, b: Progress | undefined): boolean =>
  b === undefined || a.epoch > b.epoch || (a.epoch === b.epoch && a.step > b.step);

function lostTooOften({ count, furthest }: Losses): Failure {
  const where =
    furthest === undefined
      ? 'before a first step was seen'
      : `without getting further than step ${furthest.step} of ${furthest.steps} in epoch ${furthest.epoch}`;
  return {
    code: 'worker_lost',
    message: `The job lost its worker ${count} times ${where}; most often the memory of the container ends there: reduce batchSize or resize, or give the worker more memory.`,
  };
}

/** `reason`: why, where nobody has asked for it. */
const paused = (attempt: number, reason?: Failure) =>
  ({
    from: ['queued', 'running'],
    to: 'paused',
    event: { type: 'status', status: 'paused', attempt, ...(reason && { reason }) },
    patch: { ...waiting, ...(reason && { error: JSON.stringify(reason) }) },
  }) as const;

export type SettleOptions = Readonly<{
  /** As it was trained in this attempt. */
  spec: JobSpec;
  /** Why this worker cannot train, if its trainer ended before it had done anything. */
  unfit?: string | undefined;
  /** What would fit, where it ran out of memory: as the end of a sentence. */
  memoryAdvice?: string | undefined;
  cancelMode: CancelMode | undefined;
  pauseRequested: boolean;
  restarts: number;
  maxRestarts: number;
  /** Pause before the n-th restart is n times this. */
  restartDelayMs: number;
}>;

/** The change of the record that the end of a trainer calls for, and what becomes of the turn. */
export function settle(
  ending: TrainerOutcome,
  attempt: number,
  options: SettleOptions,
): Readonly<{ change: Leaving; settlement: Settlement }> {
  const { cancelMode, pauseRequested, restarts, maxRestarts, restartDelayMs } = options;
  const from = ['running'] as const;
  const done = { turn: 'done' } as const;
  if (ending.type === 'trained') return { change: { from, ...endWith(ending) }, settlement: done };
  if (ending.type === 'cancelled' && ending.reason !== undefined)
    return { change: { from, ...cancelled(ending.reason, ending.model) }, settlement: done };
  if (ending.type === 'cancelled' || cancelMode === 'discard')
    return { change: { from, ...discarded() }, settlement: done };
  // A trainer that did not stop in time was killed: the last checkpoint counts.
  if (pauseRequested && ending.type !== 'failed') {
    if (cancelMode === undefined) return { change: paused(attempt), settlement: done };
    // It came to its pause when it was cancelled: the next attempt keeps its weights.
    const again = { turn: 'again', afterMs: 0 } as const;
    return { change: { from, ...queuedAgain(attempt), patch: waiting }, settlement: again };
  }
  if (ending.type === 'stopped') {
    const reason: Failure = {
      code: 'worker_stopped',
      message: 'The worker stopped; the job waits for the next one and goes on from its last checkpoint.',
    };
    const event = { type: 'status', status: 'queued', attempt, reason } as const;
    return { change: { from, to: 'queued', event, patch: waiting }, settlement: { turn: 'again', afterMs: 0 } };
  }
  if (options.unfit !== undefined)
    return { change: { from, ...givenBack(attempt, options.unfit) }, settlement: { turn: 'back' } };
  const { spec } = options;
  const fewer = ending.error.code === 'out_of_memory' ? halvedMicroBatch(spec) : undefined;
  if (fewer !== undefined) {
    const change = retryWithSmallerMicroBatch(ending.error, spec.microBatchSize, fewer, attempt);
    return { change: { from, ...change }, settlement: { turn: 'again', afterMs: 0 } };
  }
  const error =
    ending.error.code === 'out_of_memory' ? outOfMemoryFailure(ending.error, spec, options.memoryAdvice) : ending.error;
  // What was written before is whole: the job goes on from it once there is space.
  if (isOfStorage(error) && cancelMode === undefined) return { change: paused(attempt, error), settlement: done };
  if (isRetryable(error) && restarts < maxRestarts) {
    const event = { type: 'status', status: 'queued', attempt, reason: error } as const;
    const patch = { ...waiting, restarts: restarts + 1 };
    return {
      change: { from, to: 'queued', event, patch },
      settlement: { turn: 'again', afterMs: restartDelayMs * (restarts + 1) },
    };
  }
  if (cancelMode === 'keep') return { change: { from, ...notKept(error.message) }, settlement: done };
  return { change: { from, ...failed(error) }, settlement: done };
}

/** The job waits for a worker that can train. It has not been restarted: nothing of it was tried. */
function givenBack(attempt: number, fault: string) {
  const reason: Failure = {
    code: 'worker_unfit',
    message: `The worker cannot train now, so the job waits for another one. ${fault}`,
  };
  return { to: 'queued', event: { type: 'status', status: 'queued', attempt, reason }, patch: waiting } as const;
}

/** Whether something could not be stored: what was written before is whole. */
export const isOfStorage = ({ code }: Failure): boolean =>
  code === 'insufficient_storage' || code === 'storage_unavailable';

const isRetryable = ({ code, message }: Failure): boolean =>
  isErrorCode(code) && new TrainyardError(code, message).retryable;
