/** Attempt of a job on this worker: begins it, supervises its trainer, stores its events and settles its end. */
import type { Job, JobSpec } from '../contracts/jobs/job.js';
import type { OutputTail, TrainerLog } from '../contracts/jobs/trainer-log.js';
import { type JobWriteResult, type Journal, retryWhileRedisIsAway } from '../events/index.js';
import type { Logger } from '../logging/logger.js';
import type { HealthChecks } from '../processes/health-checks.js';
import type { StartTrainer, TrainerOutcome } from '../processes/trainer-process.js';
import { type AttemptBeginning, beginAttempt, type RetriedWrite } from './begin-attempt.js';
import { memoryAdviceFor, workerFaultBehind } from './failure-causes.js';
import type { HeldJob } from './held-job.js';
import type { FrameRecorder, JobHooks } from './job-hooks.js';
import { createOutbox, type JobTerm, type Outbox } from './outbox.js';
import type { JobRecord } from './record.js';
import { type Settlement, type SettleOptions, settle } from './settle-attempt.js';
import { createDiskReader, type DiskReader } from './take-over-job.js';
import { createTrainerEvents } from './trainer-events.js';

/** A queue entry as this worker received it. */
export type EntryClaim = Readonly<{
  /** Differs for each delivery of the entry. */
  id: string;
  /** Renews the lock, and resolves with whether this worker still has it. */
  isLocked: () => Promise<boolean>;
}>;

export type AttemptDeps = Readonly<{
  journal: Journal;
  startTrainer: StartTrainer;
  /** Resolves with undefined if the job does not exist or its record is corrupt. */
  readRecord: (jobId: string) => Promise<JobRecord | undefined>;
  hooks: JobHooks;
  health: Pick<HealthChecks, 'runQuick' | 'runAll'> | undefined;
  maxRestarts: number;
  restartDelayMs: number;
  /** Aborted when the worker stops. */
  stopping: AbortSignal;
  /** Aborted when a stop takes too long. Writes that Redis has not answered by then are left to the next worker. */
  givingUp: AbortSignal;
  logger: Logger;
}>;

/** An attempt that has begun. */
type Attempt = Readonly<{
  job: Job;
  /** The job's spec with its current micro batch size. */
  spec: JobSpec;
  term: JobTerm;
  restarts: number;
  held: HeldJob;
  outbox: Outbox;
  recorder: FrameRecorder;
  logger: Logger;
}>;

/** Returns a function that runs one attempt of a job from its beginning to its settlement. */
export function createAttemptRunner(deps: AttemptDeps) {
  const { journal, hooks, readRecord, health, maxRestarts, restartDelayMs, givingUp } = deps;
  const disk = createDiskReader(deps);
  const write: RetriedWrite = (next) =>
    retryWhileRedisIsAway(() => journal.write(next), { signal: givingUp, logger: deps.logger });

  return async function runAttempt(jobId: string, claim: EntryClaim, held: HeldJob): Promise<Settlement> {
    const options = { jobId, claim: claim.id, maxRestarts, isLocked: claim.isLocked, takeOver: disk.takeOver };
    const beginning = await beginAttempt(() => readRecord(jobId), write, options);
    if (beginning.outcome !== 'begun') return { entry: beginning.outcome === 'lost' ? 'lost' : 'done' };
    const attempt = openAttempt(beginning, held, deps);
    const { spec, restarts, recorder, logger } = attempt;
    const { project } = attempt.job;
    const { outcome, output, hasBegun } = await trainAndPublish(attempt, disk, deps);
    await recorder.close();
    const memoryAdvice = await memoryAdviceFor(
      outcome,
      { project, spec },
      { adviseOnMemory: hooks.adviseOnMemory, logger },
    );
    const fault = hasBegun ? undefined : await workerFaultBehind(outcome, health);
    const limits = { spec, restarts, maxRestarts, restartDelayMs };
    const log = logOf(outcome, output, attempt);
    return settleOnRecord(attempt, outcome, write, { ...limits, memoryAdvice, fault, log });
  };
}

function openAttempt(
  { job, attempt: number, term: termNumber, restarts }: Extract<AttemptBeginning, { outcome: 'begun' }>,
  held: HeldJob,
  { journal, hooks, givingUp: signal, logger: parent }: AttemptDeps,
): Attempt {
  const term: JobTerm = { jobId: job.id, attempt: number, term: termNumber };
  const logger = parent.child({ jobId: job.id, attempt: number });
  const recorder = hooks.recordFrames({ id: job.id, name: job.spec.name }, termNumber);
  const onAnswer = (answer: JobWriteResult): void => {
    if (answer.cancelMode !== undefined) held.cancel(answer.cancelMode);
    if (answer.outcome === 'written') {
      recorder.touch();
      return;
    }
    logger.warn({ answer }, 'attempt is no longer the current one');
    held.kill();
  };
  const outbox = createOutbox({ journal, term, signal, logger, onAnswer });
  const spec = { ...job.spec, microBatchSize: job.microBatchSize ?? job.spec.microBatchSize };
  return { job, spec, term, restarts, held, outbox, recorder, logger };
}

/** Trains until the trainer has ended, and completes the job's stream from its run history. */
async function trainAndPublish(
  attempt: Attempt,
  disk: DiskReader,
  deps: AttemptDeps,
): Promise<Readonly<{ outcome: TrainerOutcome; output: OutputTail | undefined; hasBegun: boolean }>> {
  const { job, spec, term, held, outbox, logger } = attempt;
  const measurement = deps.hooks.measure(spec);
  const events = createTrainerEvents({ job, outbox, measurement, logger });
  held.apply(job);
  const { end, output } = await superviseTrainer(attempt, events, deps);
  events.close();
  if (end.type === 'trained') measurement.trained();
  const model = 'model' in end ? undefined : await disk.findModel(job, term.attempt);
  const outcome: TrainerOutcome = model === undefined ? end : { type: 'trained', ...model };
  await outbox.flush();
  const record = await deps.readRecord(job.id);
  if (record?.term === term.term)
    await disk.completeStream(record, 'model' in outcome ? outcome.model : undefined, outbox);
  return { outcome, output, hasBegun: events.hasBegun() };
}

/** Starts the trainer and waits for its end. Stops the trainer when this worker stops. */
async function superviseTrainer(
  { job: { project }, held, spec, term: { jobId, attempt }, logger }: Attempt,
  { onEvent, onStall }: ReturnType<typeof createTrainerEvents>,
  { startTrainer, stopping }: AttemptDeps,
): Promise<Readonly<{ end: TrainerOutcome; output?: OutputTail }>> {
  if (stopping.aborted) return { end: { type: 'stopped' } };
  const trainer = held.start((changes) =>
    startTrainer({ jobId, project, spec, attempt, changes, logger, onEvent, onStall }),
  );
  const stop = (): void => trainer.stop();
  stopping.addEventListener('abort', stop);
  const outcome = await trainer.outcome;
  stopping.removeEventListener('abort', stop);
  // A trainer that was killed because the worker stops has not failed.
  const end: TrainerOutcome = stopping.aborted && outcome.type === 'died' ? { type: 'stopped' } : outcome;
  return { end, output: trainer.lastOutput() };
}

/** Returns the log of a trainer that failed or died with some output, as JSON. */
function logOf(
  { type }: TrainerOutcome,
  { lines, leftOut }: OutputTail = { lines: [], leftOut: 0 },
  { term: { attempt } }: Attempt,
): string | undefined {
  if ((type !== 'failed' && type !== 'died') || lines.length === 0) return undefined;
  const log: TrainerLog = { attempt, at: new Date().toISOString(), lines: [...lines], leftOut };
  return JSON.stringify(log);
}

/** Writes the end of an attempt. Settles it again if a cancel arrives before the end is written. */
async function settleOnRecord(
  { held, term, logger }: Attempt,
  outcome: TrainerOutcome,
  write: RetriedWrite,
  { log, ...options }: Omit<SettleOptions, 'cancelMode' | 'pauseRequested'> & Readonly<{ log: string | undefined }>,
): Promise<Settlement> {
  for (;;) {
    const requests = held.requests();
    const { transition, settlement } = settle(outcome, term.attempt, { ...options, ...requests });
    const token = `${term.attempt}:end:${requests.cancelMode ?? ''}`;
    const answer = await write({ ...term, ...transition, token, log });
    const isWritten = answer.outcome === 'written';
    if (answer.cancelMode !== undefined) held.cancel(answer.cancelMode);
    // The job was cancelled before its pause was written.
    if (answer.outcome === 'refused' && held.requests().cancelMode !== requests.cancelMode) continue;
    logger.info({ outcome, status: transition.to, fenced: !isWritten }, 'attempt ended');
    return isWritten ? settlement : { entry: 'lost' };
  }
}
