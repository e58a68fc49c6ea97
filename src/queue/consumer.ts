/** The consumer: takes turns from BullMQ, has each job trained, and turns the end of a trainer into the end of the job. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Job as BullEntry, WaitingError, Worker } from 'bullmq';
import { waitAtMost } from '../concurrency/deadline.js';
import type { RunHistoryEvent, TrainerEvent } from '../contracts/jobs/frame.js';
import type { Job, JobSpec } from '../contracts/jobs/job.js';
import type { ModelReference } from '../contracts/references/model-reference.js';
import { isPart, partFault } from '../contracts/references/path-part.js';
import {
  createCorruptRecordLog,
  isCorrupt,
  type JobWriteResult,
  type Journal,
  keys,
  onRedis,
  type Redis,
  retryWhileRedisIsAway,
} from '../events/index.js';
import type { Logger } from '../logging/logger.js';
import type { HealthChecks } from '../processes/health-checks.js';
import type { StartTrainer, TrainerOutcome } from '../processes/trainer-process.js';
import {
  beginAttempt,
  isOfStorage,
  type JobModel,
  type RetriedWrite,
  type Settlement,
  settle,
} from './attempt-state.js';
import { backOffOnRefusal } from './bull-backoff.js';
import { completeRunHistory, type ReadRunHistory } from './complete-run-history.js';
import { createHeldJob, type HeldJob } from './held-job.js';
import type { AdviseOnMemory } from './out-of-memory.js';
import { createOutbox, type JobTerm, type Outbox } from './outbox.js';
import { QUEUE_NAME, QUEUE_PREFIX, type QueueEntry } from './queue-entries.js';
import type { Rates } from './rates.js';
import { isPublished, type JobRecord, patchOf, progressOf, recordOf, withoutRate } from './record.js';

export type ConsumerOptions = Readonly<{
  journal: Journal;
  /** Waits for Redis; BullMQ's own. */
  blocking: Redis;
  /** For what is asked of jobs: to cancel, pause or change them. */
  subscriber: Redis;
  startTrainer: StartTrainer;
  logger: Logger;
  /** Jobs trained at the same time. Default 1. */
  concurrency?: number;
  /** How often a job whose trainer died is started again. Default 2. */
  maxRestarts?: number;
  restartDelayMs?: number;
  /** A worker that does not renew its lock for this long has lost its jobs. Default 30,000. */
  lockMs?: number;
  /** How often lost jobs are looked for. Default a sixth of `lockMs`. */
  stalledCheckMs?: number;
  /** Keeps a record of a job's frames beside the stream, as long as this worker holds the job. */
  record?: (job: Readonly<{ id: string; name: string }>, term: number) => Recording;
  /** Gives a job its turn if it has none: it may have been resumed while its last one ended. */
  restoreEntry?: (jobId: string) => Promise<unknown>;
  /** Measures an attempt of such a job that begins now. */
  measure?: (spec: JobSpec) => ReturnType<Rates['measure']>;
  /** What is said to the owner of a job for which one image at once is too much. */
  adviseOnMemory?: AdviseOnMemory;
  /**
   * The model that a job has stored: its trainer, or that one's worker, may have died before this was said. Trainers of attempts
   * before `attempt` can store nothing afterwards.
   */
  findStored?: (job: Job, attempt: number) => Promise<JobModel | undefined>;
  /**
   * The run history of a job as its model keeps it or, without a model, its newest whole checkpoint. One without news for the stream,
   * which `isNews` finds out, need not be checked.
   */
  readRunHistory?: (
    job: Job,
    model: ModelReference | undefined,
    isNews: (events: readonly RunHistoryEvent[]) => boolean,
  ) => Promise<readonly RunHistoryEvent[]>;
  /** Decides whether this worker takes jobs. Default: always. */
  health?: Pick<HealthChecks, 'fault' | 'probe' | 'examine' | 'onChange'>;
  /** Told of each job that has ended here. */
  onEnded?: (jobId: string) => void;
}>;

/** Told when frames were written, and when no more of them come before the attempt is settled. */
export type Recording = Readonly<{ touch(): void; close(): Promise<void> }>;

/** A turn as this worker has taken it. */
type TurnHeld = Readonly<{ name: string; isLocked: () => Promise<boolean> }>;

/** A job this process holds now. */
type Held = { readonly holding: HeldJob; settled: Promise<Settlement> };

export type Consumer = Readonly<{
  /** Has the running jobs checkpointed, puts them back into the queue and closes: within 25 seconds, also without Redis. */
  close(): Promise<void>;
  /** Ids of the jobs held now. */
  held(): string[];
}>;

/**
 * Trainers have the first to end; those that do not are killed before. When Redis is away, a worker that stops then gives up
 * writing after the second, and waiting for BullMQ after the others.
 */
const CLOSE_DEADLINES_MS = { trainers: 17_000, writing: 5_000, all: 8_000, idle: 2_000 } as const;

const RENEWALS_PER_LOCK = 4;

export function startConsumer(options: ConsumerOptions): Consumer {
  const { journal, blocking, subscriber, startTrainer, logger, maxRestarts = 2, restartDelayMs = 1_000 } = options;
  const { lockMs = 30_000, stalledCheckMs = Math.round(lockMs / 6) } = options;
  const held = new Map<string, Held>();
  /** Aborted when the worker stops. */
  const stopping = new AbortController();
  /** Aborted when stopping has taken too long: what is not written by then is left to the next worker. */
  const givingUp = new AbortController();

  const durably = { signal: givingUp.signal, logger };
  const report = createCorruptRecordLog(logger);
  /** Undefined if there is no such job, or if its record is corrupt. */
  const read = (jobId: string) =>
    retryWhileRedisIsAway(async () => {
      const fields = await journal.read(jobId);
      return fields === undefined ? undefined : recordOf(jobId, fields);
    }, durably).catch((error: unknown) => {
      if (!isCorrupt(error)) throw error;
      report(`The record of job ${jobId}`, error);
      return undefined;
    });

  /**
   * Completes the stream of a job from its run history before the job ends or changes hands. If the disk cannot be read, the job goes
   * on: the next attempt reads it again.
   */
  async function complete(record: JobRecord, model: ModelReference | undefined, outbox: Outbox): Promise<void> {
    const readRunHistory: ReadRunHistory = async (job, isNews) => {
      try {
        return (await options.readRunHistory?.(job, model, isNews)) ?? [];
      } catch (err) {
        logger.warn({ err, jobId: job.id }, 'run history not read');
        return [];
      }
    };
    await completeRunHistory(record, readRunHistory, outbox);
  }

  /** Takes over what a worker that is gone has left of a job: its frames and its model. */
  async function takeOver(record: JobRecord, hold: JobTerm): Promise<JobModel | undefined> {
    const { id, attempt, spec } = record.job;
    const recording = options.record?.({ id, name: spec.name }, hold.term);
    const stored = await findStored(record.job, attempt + 1);
    const outbox = createOutbox({ journal, hold, signal: givingUp.signal, logger, onAnswer: () => undefined });
    await complete(record, stored?.model, outbox);
    await recording?.close();
    return stored;
  }

  /** Where the models cannot be looked at, the job goes on: a second one is not stored. */
  async function findStored(job: Job, attempt: number): Promise<JobModel | undefined> {
    try {
      return await options.findStored?.(job, attempt);
    } catch (err) {
      logger.warn({ err, jobId: job.id }, 'models not looked at');
      return undefined;
    }
  }

  /** Does what the record of a job that is held here asks for. */
  async function heed(jobId: string): Promise<void> {
    if (!held.has(jobId)) return;
    const record = await read(jobId);
    if (record !== undefined) held.get(jobId)?.holding.heed(record.job);
  }

  /** One attempt, from its beginning to its settlement. */
  async function attempt(jobId: string, { name, isLocked }: TurnHeld, holding: HeldJob): Promise<Settlement> {
    const write: RetriedWrite = (change) => retryWhileRedisIsAway(() => journal.write(change), durably);
    const own = { jobId, claim: name, maxRestarts, isLocked, takeOver };
    const beginning = await beginAttempt(() => read(jobId), write, own);
    if (beginning.outcome !== 'begun') return { turn: beginning.outcome === 'lost' ? 'lost' : 'done' };
    const { job, attempt: number, term, restarts } = beginning;
    const hold: JobTerm = { jobId, attempt: number, term };
    const log = logger.child({ jobId, attempt: number });

    const recording = options.record?.({ id: jobId, name: job.spec.name }, term);
    const onAnswer = (answer: JobWriteResult): void => {
      if (answer.cancelMode !== undefined) holding.cancel(answer.cancelMode);
      if (answer.outcome === 'written') {
        recording?.touch();
        return;
      }
      log.warn({ answer }, 'attempt is no longer the current one');
      holding.kill();
    };
    const spec = { ...job.spec, microBatchSize: job.microBatchSize ?? job.spec.microBatchSize };
    const measuring = options.measure?.(spec);
    const outbox = createOutbox({ journal, hold, signal: givingUp.signal, logger: log, onAnswer });
    /** What a trainer that has ended is heard of late is told from the disk. */
    let hasEnded = false;
    let hasBegun = false;
    const onEvent = (event: TrainerEvent, at?: string): void => {
      hasBegun = true;
      if (hasEnded || isPublished(event, job)) return;
      measuring?.note(event);
      if (event.type === 'step') progress = progressOf(event);
      outbox.push({ from: ['running'], event, at, patch: patchOf(event) });
    };
    let progress = job.progress;
    const onStall = (): void => {
      log.warn('trainer is silent for longer than its steps take');
      if (progress !== undefined) outbox.push({ from: ['running'], patch: withoutRate(progress) });
    };
    holding.heed(job);
    const ending = await train(holding, (changes) =>
      startTrainer({ jobId, spec, attempt: number, changes, logger: log, onEvent, onStall }),
    );
    hasEnded = true;
    if (ending.type === 'trained') measuring?.trained();
    const stored = 'model' in ending ? undefined : await findStored(job, number);
    const outcome: TrainerOutcome = stored === undefined ? ending : { type: 'trained', ...stored };
    await outbox.flush();
    const told = await read(jobId);
    if (told?.term === term) await complete(told, 'model' in outcome ? outcome.model : undefined, outbox);
    await recording?.close();
    const memoryAdvice = await adviceOn(outcome, spec, log);
    const unfit = hasBegun ? undefined : await unfitnessBehind(outcome);
    const limits = { restarts, maxRestarts, restartDelayMs, spec, memoryAdvice, unfit };
    for (;;) {
      const asked = holding.asked();
      const { change, settlement } = settle(outcome, number, { ...asked, ...limits });
      const token = `${number}:end:${asked.cancelMode ?? ''}`;
      const answer = await write({ ...hold, ...change, token });
      const isWritten = answer.outcome === 'written';
      if (answer.cancelMode !== undefined) holding.cancel(answer.cancelMode);
      // It was cancelled while it came to its pause.
      if (answer.outcome === 'refused' && holding.asked().cancelMode !== asked.cancelMode) continue;
      log.info({ outcome, status: change.to, fenced: !isWritten }, 'attempt ended');
      return isWritten ? settlement : { turn: 'lost' };
    }
  }

  /** Resolves with what makes this worker unable to train, if that may be why a trainer ended before it had done anything. */
  async function unfitnessBehind(outcome: TrainerOutcome): Promise<string | undefined> {
    if (outcome.type === 'died') return options.health?.examine();
    if (outcome.type !== 'failed') return undefined;
    if (isOfStorage(outcome.error)) return options.health?.probe();
    return outcome.error.code === 'unavailable' ? options.health?.examine() : undefined;
  }

  /** What would fit, where a trainer ran out of memory; nothing where its data set cannot be looked at any more. */
  async function adviceOn(outcome: TrainerOutcome, spec: JobSpec, log: Logger): Promise<string | undefined> {
    if (!('error' in outcome) || outcome.error.code !== 'out_of_memory') return undefined;
    try {
      return await options.adviseOnMemory?.(spec, outcome.error.peakBytes);
    } catch (err) {
      log.debug({ err }, 'no advice on memory');
      return undefined;
    }
  }

  /** Starts the trainer and waits for its end, and has it stop when this worker does. */
  async function train(holding: HeldJob, start: Parameters<HeldJob['start']>[0]): Promise<TrainerOutcome> {
    if (stopping.signal.aborted) return { type: 'stopped' };
    const trainer = holding.start(start);
    const stop = (): void => trainer.stop();
    stopping.signal.addEventListener('abort', stop);
    const outcome = await trainer.outcome;
    stopping.signal.removeEventListener('abort', stop);
    // A trainer killed because the worker stops has not died of itself.
    return stopping.signal.aborted && outcome.type === 'died' ? { type: 'stopped' } : outcome;
  }

  /** A turn that comes again while its job is still trained here (its lock had expired) waits for that attempt. */
  function hold(jobId: string, turn: TurnHeld): Promise<Settlement> {
    const known = held.get(jobId);
    if (known !== undefined) return known.settled;
    const fresh: Held = { holding: createHeldJob(), settled: Promise.resolve({ turn: 'done' }) };
    held.set(jobId, fresh);
    fresh.settled = attempt(jobId, turn, fresh.holding).finally(() => held.delete(jobId));
    return fresh.settled;
  }

  /** Trains a job for as long as its turn's lock is renewed: by a timer, which no jump of the clock stops, as it does BullMQ's own. */
  async function process(turn: BullEntry<QueueEntry>, token = ''): Promise<void> {
    const renew = (): void => {
      turn.extendLock(token, lockMs).catch((err: unknown) => logger.debug({ err }, 'lock not renewed'));
    };
    const renewing = setInterval(renew, lockMs / RENEWALS_PER_LOCK);
    await trainOn(turn, token).finally(() => clearInterval(renewing));
  }

  async function trainOn(turn: BullEntry<QueueEntry>, token: string): Promise<void> {
    const { jobId } = turn.data;
    if (!held.has(jobId) && (await options.health?.probe()) !== undefined) return giveBack(turn, token);
    if (!isPart('jobId', jobId)) return report(`The record of job ${jobId}`, partFault('jobId', jobId));
    const waits = held.has(jobId);
    const extend = () => onRedis(() => turn.extendLock(token, lockMs));
    const isLocked = async (): Promise<boolean> => (await retryWhileRedisIsAway(extend, durably)) === 1;
    const own: TurnHeld = { name: `${token}:${turn.attemptsStarted}`, isLocked };
    let settlement = await hold(jobId, own);
    // It waited for an attempt that had been overtaken: this turn is a new one's.
    if (waits && settlement.turn === 'lost') settlement = await hold(jobId, own);
    // A job whose trainer died keeps its slot: back in the queue it would wait behind whole jobs.
    while (settlement.turn === 'again' && !stopping.signal.aborted) {
      await delay(settlement.afterMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (!stopping.signal.aborted) settlement = await hold(jobId, own);
    }
    if (settlement.turn === 'again' || settlement.turn === 'back') await giveBack(turn, token);
  }

  /** Puts a turn back into the queue, for the next worker that is free. */
  async function giveBack(turn: BullEntry<QueueEntry>, token: string): Promise<never> {
    await turn.moveToWait(token);
    throw new WaitingError();
  }

  /** What a job is once its turn is over: ended, or resumed at a moment when it still had that turn. */
  async function afterTurn(jobId: string): Promise<void> {
    const record = await read(jobId);
    if (record?.job.endedAt !== undefined) options.onEnded?.(jobId);
    if (record?.job.status === 'queued') await options.restoreEntry?.(jobId);
  }

  const worker = new Worker<QueueEntry>(QUEUE_NAME, process, {
    connection: blocking,
    prefix: QUEUE_PREFIX,
    concurrency: options.concurrency ?? 1,
    autorun: options.health?.fault() === undefined,
    lockDuration: lockMs,
    skipLockRenewal: true,
    stalledInterval: stalledCheckMs,
    // Attempts are counted in the record.
    maxStalledCount: 1_000_000,
    runRetryDelay: 1_000,
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 0 },
  });
  const isFit = (): boolean => options.health?.fault() === undefined;
  // Jobs that are trained here go on while the worker is unfit: what they cannot store in the end pauses them.
  const takeTurns = backOffOnRefusal(worker, logger, isFit);
  options.health?.onChange(takeTurns);
  worker.on('stalled', (jobId) => logger.warn({ jobId }, 'job of a lost worker back in the queue'));
  worker.on('completed', ({ data: { jobId } }) => {
    afterTurn(jobId).catch((err: unknown) => logger.debug({ err, jobId }, 'job not looked at after its turn'));
  });
  worker.on('failed', (turn, err) => logger.error({ err, jobId: turn?.data.jobId }, 'turn failed'));

  subscriber.on('message', (channel: string, jobId: string) => {
    if (channel !== keys.requests) return;
    heed(jobId).catch((err: unknown) => logger.debug({ err, jobId }, 'job not looked at'));
  });
  /** What was announced while the subscription was down is found in the records. */
  const listen = async (): Promise<void> => {
    await subscriber.subscribe(keys.requests);
    for (const jobId of held.keys()) await heed(jobId);
  };
  const onReady = (): void => void listen().catch((err: unknown) => logger.debug({ err }, 'requests not heard yet'));
  subscriber.on('ready', onReady);
  if (subscriber.status === 'ready') onReady();

  async function close(): Promise<void> {
    const deadlineMs = held.size === 0 ? CLOSE_DEADLINES_MS.idle : CLOSE_DEADLINES_MS.all;
    const trainers = [...held.values()].map(({ holding }) => holding.trainer()?.outcome);
    // First no new turns, then the end of those that run.
    const closed = worker.close();
    stopping.abort();
    await waitAtMost(Promise.all(trainers), CLOSE_DEADLINES_MS.trainers);
    const giveUp = setTimeout(() => givingUp.abort(), CLOSE_DEADLINES_MS.writing);
    await waitAtMost(closed, deadlineMs);
    clearTimeout(giveUp);
    subscriber.off('ready', onReady);
  }

  let closing: Promise<void> | undefined;
  return {
    held: () => [...held.keys()],
    close: () => (closing ??= close()),
  };
}
