/** Begin of an attempt: makes a queue entry the current attempt of its job, after taking over what a lost worker left. */
import type { Job } from '../contracts/jobs/job.js';
import type { JobWrite, JobWriteResult } from '../events/index.js';
import {
  afterWorkerLoss,
  cancelledWithoutWeights,
  endedWithModel,
  type JobModel,
  paused,
  type Transition,
} from './job-transitions.js';
import type { JobTerm } from './outbox.js';
import { type JobRecord, withoutRate } from './record.js';

/** Writes to a job's record, and repeats the write until Redis has answered. */
export type RetriedWrite = (write: JobWrite & { token: string }) => Promise<JobWriteResult>;

/**
 * `begun`: `job` is the job as earlier attempts left it. `over`: nothing is left to train, because the job has ended, is paused or does
 * not exist. `lost`: another worker owns the queue entry now and takes care of the job.
 */
export type AttemptBeginning =
  | Readonly<{ outcome: 'begun'; job: Job; attempt: number; term: number; restarts: number }>
  | Readonly<{ outcome: 'over' | 'lost' }>;

export type BeginOptions = Readonly<{
  jobId: string;
  /** Identifies the delivery of the queue entry to this worker. */
  claim: string;
  maxRestarts: number;
  /** Whether this worker still has the lock. A worker may be frozen or without Redis for longer than its lock lasts. */
  isLocked: () => Promise<boolean>;
  /**
   * Completes the stream of a running job that lost its worker, and returns the job's model if there is one. Afterwards the attempts
   * before cannot store a model. Default: no model.
   */
  takeOver?: (record: JobRecord, term: JobTerm) => Promise<JobModel | undefined>;
}>;

/**
 * Begins the next attempt of a job. A job in status `running` belonged to a worker that disappeared, so it is taken over first:
 * 1. Its term grows, so that Redis refuses later writes of the other worker.
 * 2. Its stream is completed from its run history.
 * 3. If its model exists, the job ends with it. Requests since then came too late.
 */
export async function beginAttempt(
  read: () => Promise<JobRecord | undefined>,
  write: RetriedWrite,
  options: BeginOptions,
): Promise<AttemptBeginning> {
  const { jobId, isLocked } = options;
  let takeover: Takeover = {};
  for (;;) {
    const record = await read();
    const { status } = record?.job ?? {};
    if (record === undefined || (status !== 'queued' && status !== 'running')) return { outcome: 'over' };
    // After reading the record: an attempt in it cannot belong to a worker that got the entry later.
    if (!(await isLocked())) return { outcome: 'lost' };
    const term: JobTerm = { jobId, attempt: record.job.attempt, term: record.term };
    if (status === 'running' && (takeover.term !== record.term || takeover.found === undefined)) {
      takeover = await takeOverJob(record, term, takeover, write, options);
      continue;
    }
    const instead = insteadOfTraining(record, takeover.found?.model, options.maxRestarts);
    if (instead !== undefined) {
      await write({ ...term, ...instead, token: `${options.claim}:${instead.to}:${term.term}` });
      takeover = {};
      continue;
    }
    const begun = await writeBeginning(record, term, write, options.claim);
    // From here Redis refuses writes of the previous attempt. Reads the record again, because the last such write may have changed it.
    if (begun !== undefined) return { ...begun, job: (await read())?.job ?? record.job };
  }
}

/**
 * Progress of a takeover. `term` is set after the job's term was raised. `found` is set after the search for a model that an earlier
 * attempt stored; its `model` is undefined if the search found none.
 */
type Takeover = Readonly<{ term?: number; found?: Readonly<{ model: JobModel | undefined }> }>;

/**
 * Does the next step of a takeover. First raises the job's term (fencing token), so that Redis refuses later writes of the lost
 * worker. Once the record has this term, completes the frame stream and looks for the job's model.
 */
async function takeOverJob(
  record: JobRecord,
  term: JobTerm,
  takeover: Takeover,
  write: RetriedWrite,
  { claim, takeOver }: BeginOptions,
): Promise<Takeover> {
  if (term.term === takeover.term) return { ...takeover, found: { model: await takeOver?.(record, term) } };
  const raised = term.term + 1;
  const patch = { term: raised };
  const { outcome } = await write({ ...term, from: ['running'], patch, token: `${claim}:take:${raised}` });
  return outcome === 'written' ? { ...takeover, term: raised } : takeover;
}

/** Returns the transition of a job that must not be trained now, or undefined if it can be trained. */
function insteadOfTraining(
  { job, losses }: JobRecord,
  model: JobModel | undefined,
  maxRestarts: number,
): Transition | undefined {
  if (model !== undefined) return { from: ['running'], ...endedWithModel(model) };
  const isCancelled = job.cancelRequestedAt !== undefined;
  // To keep its weights, a cancelled job begins one more attempt.
  if (isCancelled && job.cancelMode !== 'keep') return { from: ['queued', 'running'], ...cancelledWithoutWeights() };
  if (job.pauseRequestedAt !== undefined && !isCancelled) return paused(job.attempt);
  return job.status === 'running' ? afterWorkerLoss(job, losses, maxRestarts) : undefined;
}

/** Writes the beginning of the attempt. Returns undefined if the record has changed meanwhile. */
async function writeBeginning({ job, restarts }: JobRecord, term: JobTerm, write: RetriedWrite, claim: string) {
  const next = { attempt: term.attempt + 1, term: term.term + 1 };
  const { outcome } = await write({
    ...term,
    from: ['queued'],
    to: 'running',
    event: { type: 'status', status: 'running', attempt: next.attempt },
    patch: { ...next, startedAt: new Date().toISOString(), ...withoutRate(job.progress) },
    token: `${claim}:begin:${next.attempt}`,
  });
  return outcome === 'written' ? ({ outcome: 'begun', ...next, restarts } as const) : undefined;
}
