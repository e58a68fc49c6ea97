/** Consumer of the job queue: a BullMQ worker that has the job of each entry trained. */
import { Worker } from 'bullmq';
import { waitAtMost } from '../concurrency/deadline.js';
import {
  createCorruptRecordLog,
  isCorrupt,
  type Journal,
  type Redis,
  type ReportCorruptRecord,
  retryWhileRedisIsAway,
} from '../events/index.js';
import type { Logger } from '../logging/logger.js';
import type { HealthChecks } from '../processes/health-checks.js';
import type { StartTrainer } from '../processes/trainer-process.js';
import { backOffOnRefusal } from './bull-backoff.js';
import { type JobHooks, NO_HOOKS } from './job-hooks.js';
import { createEntryProcessor, type HeldJobs } from './process-entry.js';
import { QUEUE_NAME, QUEUE_PREFIX, type QueueEntry } from './queue-entries.js';
import { type JobRecord, recordOf } from './record.js';
import { listenForRequests } from './request-listener.js';
import { createAttemptRunner } from './run-attempt.js';
import { createEvaluationRunner, type EvaluationRunnerDeps } from './run-evaluation.js';

export type ConsumerOptions = Readonly<{
  journal: Journal;
  /** Connection for BullMQ, which waits for Redis. */
  blocking: Redis;
  /** Connection for subscriptions. */
  subscriber: Redis;
  startTrainer: StartTrainer;
  logger: Logger;
  /** Jobs trained at the same time. Default 1. */
  concurrency?: number;
  /** Restarts of a job whose trainer died. Default 2. */
  maxRestarts?: number;
  /** The n-th restart waits n times as long, in milliseconds. Default 1,000. */
  restartDelayMs?: number;
  /** A worker that does not renew its lock for this long loses the job. In milliseconds, default 30,000. */
  lockMs?: number;
  /** Time between two searches for lost jobs, in milliseconds. Default a sixth of `lockMs`. */
  stalledCheckMs?: number;
  hooks?: Partial<JobHooks>;
  /** Default: evaluations stay in the queue, for another worker. */
  evaluations?: EvaluationRunnerDeps;
  /** Decides whether this worker takes jobs. Default: always. */
  health?: Pick<HealthChecks, 'fault' | 'runQuick' | 'runAll' | 'onChange'>;
}>;

export type Consumer = Readonly<{
  /** Stops the trainers at a checkpoint, puts their jobs back into the queue and closes. Takes at most 25 seconds, also without Redis. */
  close(): Promise<void>;
  /** Returns the ids of the jobs that this worker owns now. */
  held(): string[];
}>;

/**
 * Time limits of a stop, in milliseconds. `trainers`: for the trainers to end; the trainer process kills them earlier. `writing`: for
 * Redis to answer afterwards. `all` and `idle`: for BullMQ, with and without a job.
 */
const CLOSE_DEADLINES_MS = { trainers: 17_000, writing: 5_000, all: 8_000, idle: 2_000 } as const;

export function startConsumer(options: ConsumerOptions): Consumer {
  const { journal, subscriber, startTrainer, logger, health, maxRestarts = 2, restartDelayMs = 1_000 } = options;
  const { lockMs = 30_000 } = options;
  const hooks: JobHooks = { ...NO_HOOKS, ...options.hooks };
  const heldJobs: HeldJobs = new Map();
  const [stopping, givingUp] = [new AbortController(), new AbortController()];
  const signals = { stopping: stopping.signal, givingUp: givingUp.signal };
  const report = createCorruptRecordLog(logger);
  const readRecord = createRecordReader({ journal, signal: givingUp.signal, report, logger });

  const runAttempt = createAttemptRunner({
    ...{ journal, startTrainer, readRecord, hooks, health, maxRestarts, restartDelayMs, logger },
    ...signals,
  });
  const { evaluations } = options;
  const runEvaluation = evaluations && createEvaluationRunner({ ...evaluations, ...signals, logger });
  const processEntry = createEntryProcessor({
    ...{ heldJobs, runAttempt, runEvaluation, health, onHeld: hooks.onHeld, lockMs, report, logger },
    ...signals,
  });
  const worker = createBullWorker(options, processEntry);
  const update = backOffOnRefusal(worker, logger, () => health?.fault() === undefined);
  // Jobs that are trained here continue while the worker is unfit. If they cannot be stored in the end, they are paused.
  health?.onChange(update);
  worker.on('completed', ({ data: { jobId, kind } }) => {
    if (kind === 'evaluation') return;
    afterEntry(jobId).catch((err: unknown) => logger.debug({ err, jobId }, 'job not read after its queue entry ended'));
  });
  const stopListening = listenForRequests({ subscriber, jobIds: () => heldJobs.keys(), apply: applyRequests, logger });

  async function applyRequests(jobId: string): Promise<void> {
    if (!heldJobs.has(jobId)) return;
    const record = await readRecord(jobId);
    if (record !== undefined) heldJobs.get(jobId)?.job.apply(record.job);
  }

  /** Reports an ended job. Restores the entry of a job that was resumed while its old entry ended. */
  async function afterEntry(jobId: string): Promise<void> {
    const record = await readRecord(jobId);
    if (record?.job.endedAt !== undefined) hooks.onEnded(jobId);
    if (record?.job.status === 'queued') await hooks.restoreEntry(jobId);
  }

  async function close(): Promise<void> {
    const deadlineMs = heldJobs.size === 0 ? CLOSE_DEADLINES_MS.idle : CLOSE_DEADLINES_MS.all;
    const trainers = [...heldJobs.values()].map(({ job }) => job.trainer()?.outcome);
    // The worker first stops taking entries, then ends its trainers.
    const closed = worker.close();
    stopping.abort();
    await waitAtMost(Promise.all(trainers), CLOSE_DEADLINES_MS.trainers);
    const giveUp = setTimeout(() => givingUp.abort(), CLOSE_DEADLINES_MS.writing);
    await waitAtMost(closed, deadlineMs);
    clearTimeout(giveUp);
    stopListening();
  }

  let closing: Promise<void> | undefined;
  return {
    held: () => [...heldJobs.keys()],
    close: () => (closing ??= close()),
  };
}

/** Returns a function that reads a record. It resolves with undefined if there is none or if the record is corrupt. */
function createRecordReader(
  deps: Readonly<{ journal: Journal; signal: AbortSignal; report: ReportCorruptRecord; logger: Logger }>,
) {
  const { journal, signal, report, logger } = deps;
  return async (jobId: string): Promise<JobRecord | undefined> => {
    const read = async () => {
      const fields = await journal.read(jobId);
      return fields === undefined ? undefined : recordOf(jobId, fields);
    };
    try {
      return await retryWhileRedisIsAway(read, { signal, logger });
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      report(`The record of job ${jobId}`, error);
      return undefined;
    }
  };
}

function createBullWorker(
  { blocking, concurrency = 1, health, lockMs = 30_000, stalledCheckMs, logger }: ConsumerOptions,
  processEntry: ReturnType<typeof createEntryProcessor>,
): Worker<QueueEntry> {
  const worker = new Worker<QueueEntry>(QUEUE_NAME, processEntry, {
    connection: blocking,
    prefix: QUEUE_PREFIX,
    concurrency,
    autorun: health?.fault() === undefined,
    lockDuration: lockMs,
    skipLockRenewal: true,
    stalledInterval: stalledCheckMs ?? Math.round(lockMs / 6),
    // The record counts attempts, so BullMQ must not fail a job.
    maxStalledCount: 1_000_000,
    runRetryDelay: 1_000,
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 0 },
  });
  worker.on('stalled', (jobId) => logger.warn({ jobId }, 'job of a lost worker is back in the queue'));
  worker.on('failed', (entry, err) => logger.error({ err, jobId: entry?.data.jobId }, 'queue entry failed'));
  return worker;
}
