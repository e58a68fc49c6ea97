/** The consumer: takes turns from BullMQ, has each job trained, and turns the end of a trainer into the end of the job. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Job as BullTurn, DelayedError, WaitingError, Worker } from 'bullmq';
import type { TrainerEvent } from '../contracts/event.js';
import { type ChangeResult, type Journal, keys, type Redis } from '../events/index.js';
import type { Logger } from '../logger.js';
import type { StartTrainer, Trainer, TrainerOutcome } from '../supervisor/trainer-process.js';
import { beginAttempt, cancelled, type Durable, type Settlement, settle } from './attempt.js';
import { createOutbox, untilAnswered } from './outbox.js';
import { isPublished, patchOf, recordOf } from './record.js';
import { QUEUE_NAME, QUEUE_PREFIX, type Turn } from './turns.js';

export type ConsumerOptions = Readonly<{
  journal: Journal;
  /** Waits for Redis; BullMQ's own. */
  blocking: Redis;
  /** For cancellations and pauses. */
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
  /** How often lost jobs are looked for. Default 5,000. */
  stalledCheckMs?: number;
  /** Gives a job its turn if it has none: it may have been resumed while its last one ended. */
  restoreTurn?: (jobId: string) => Promise<unknown>;
  /** Told of each job that has ended here. */
  onEnded?: (jobId: string) => void;
}>;

/** A job this process holds now. */
type Held = { cancelRequested: boolean; pauseRequested: boolean; trainer?: Trainer; settled: Promise<Settlement> };

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

export function startConsumer(options: ConsumerOptions): Consumer {
  const { journal, blocking, subscriber, startTrainer, logger, maxRestarts = 2, restartDelayMs = 1_000 } = options;
  const held = new Map<string, Held>();
  /** Aborted when the worker stops. */
  const stopping = new AbortController();
  /** Aborted when stopping has taken too long: what is not written by then is left to the next worker. */
  const givingUp = new AbortController();

  function requestCancel(jobId: string): void {
    const holding = held.get(jobId);
    if (holding === undefined || holding.cancelRequested) return;
    holding.cancelRequested = true;
    holding.trainer?.cancel();
  }

  function requestPause(jobId: string): void {
    const holding = held.get(jobId);
    if (holding === undefined || holding.pauseRequested) return;
    holding.pauseRequested = true;
    holding.trainer?.stop();
  }

  const durably = { signal: givingUp.signal, logger };
  const read = (jobId: string) =>
    untilAnswered(async () => {
      const fields = await journal.read(jobId);
      return fields === undefined ? undefined : recordOf(fields);
    }, durably);

  /** Does what the record of a job that is held here asks for. */
  async function heed(jobId: string): Promise<void> {
    if (!held.has(jobId)) return;
    const record = await read(jobId);
    if (record?.job.cancelRequestedAt !== undefined) requestCancel(jobId);
    if (record?.job.pauseRequestedAt !== undefined) requestPause(jobId);
  }

  /** One attempt, from its beginning to its settlement. */
  async function attempt(jobId: string, turn: string, holding: Held): Promise<Settlement> {
    const write: Durable = (change) => untilAnswered(() => journal.change(change), durably);
    const beginning = await beginAttempt(() => read(jobId), write, { jobId, turn, maxRestarts });
    if (beginning.outcome === 'over') return { turn: 'done' };
    const { job, attempt: number, restarts } = beginning;
    const log = logger.child({ jobId, attempt: number });

    const onAnswer = (answer: ChangeResult): void => {
      if (answer.cancelRequested) requestCancel(jobId);
      if (answer.outcome === 'written') return;
      log.warn({ answer }, 'attempt is no longer the current one');
      holding.trainer?.kill();
    };
    const outbox = createOutbox({ journal, attempt: number, signal: givingUp.signal, logger: log, onAnswer });
    const onEvent = (event: TrainerEvent): void => {
      if (!isPublished(event, job)) outbox.push({ jobId, from: ['running'], event, patch: patchOf(event) });
    };
    const outcome = await train(holding, () =>
      startTrainer({ jobId, spec: job.spec, attempt: number, logger: log, onEvent }),
    );
    await outbox.flush();
    const { cancelRequested, pauseRequested } = holding;
    const requests = { cancelRequested, pauseRequested };
    const { change, settlement } = settle(outcome, number, { ...requests, restarts, maxRestarts, restartDelayMs });
    outbox.push({ jobId, ...change });
    let refused = await outbox.flush();
    if (change.to === 'paused' && holding.cancelRequested) {
      // It was cancelled while it came to its pause.
      outbox.push({ jobId, from: ['paused'], ...cancelled() });
      refused = await outbox.flush();
    }
    log.info({ outcome, status: change.to, fenced: refused !== undefined }, 'attempt ended');
    return refused === undefined ? settlement : { turn: 'lost' };
  }

  /** Starts the trainer and waits for its end, and has it stop when this worker does. */
  async function train(holding: Held, start: () => Trainer): Promise<TrainerOutcome> {
    if (stopping.signal.aborted) return { type: 'stopped' };
    const trainer = start();
    holding.trainer = trainer;
    if (holding.cancelRequested) trainer.cancel();
    if (holding.pauseRequested) trainer.stop();
    const stop = (): void => trainer.stop();
    stopping.signal.addEventListener('abort', stop);
    const outcome = await trainer.outcome;
    stopping.signal.removeEventListener('abort', stop);
    // A trainer killed because the worker stops has not died of itself.
    return stopping.signal.aborted && outcome.type === 'died' ? { type: 'stopped' } : outcome;
  }

  /** A turn that comes again while its job is still trained here (its lock had expired) waits for that attempt. */
  function hold(jobId: string, turn: string): Promise<Settlement> {
    const holding = held.get(jobId);
    if (holding !== undefined) return holding.settled;
    const settled = Promise.resolve<Settlement>({ turn: 'done' });
    const fresh: Held = { cancelRequested: false, pauseRequested: false, settled };
    held.set(jobId, fresh);
    fresh.settled = attempt(jobId, turn, fresh).finally(() => held.delete(jobId));
    return fresh.settled;
  }

  async function process(turn: BullTurn<Turn>, token = ''): Promise<void> {
    const { jobId } = turn.data;
    const isHeld = held.has(jobId);
    const name = `${token}:${turn.attemptsStarted}`;
    let settlement = await hold(jobId, name);
    // It waited for an attempt that had been overtaken: this turn is a new one's.
    if (isHeld && settlement.turn === 'lost') settlement = await hold(jobId, name);
    if (settlement.turn !== 'again') return;
    if (settlement.afterMs === 0) {
      await turn.moveToWait(token);
      throw new WaitingError();
    }
    await turn.moveToDelayed(Date.now() + settlement.afterMs, token);
    throw new DelayedError();
  }

  /** What a job is once its turn is over: ended, or resumed at a moment when it still had that turn. */
  async function afterTurn(jobId: string): Promise<void> {
    const record = await read(jobId);
    if (record?.job.endedAt !== undefined) options.onEnded?.(jobId);
    if (record?.job.status === 'queued') await options.restoreTurn?.(jobId);
  }

  const worker = new Worker<Turn>(QUEUE_NAME, process, {
    connection: blocking,
    prefix: QUEUE_PREFIX,
    concurrency: options.concurrency ?? 1,
    lockDuration: options.lockMs ?? 30_000,
    stalledInterval: options.stalledCheckMs ?? 5_000,
    // Attempts are counted in the record.
    maxStalledCount: 1_000_000,
    runRetryDelay: 1_000,
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 0 },
  });
  worker.on('error', (err) => logger.debug({ err }, 'turns worker error'));
  worker.on('stalled', (jobId) => logger.warn({ jobId }, 'job of a lost worker back in the queue'));
  worker.on('completed', ({ data: { jobId } }) => {
    afterTurn(jobId).catch((err: unknown) => logger.debug({ err, jobId }, 'job not looked at after its turn'));
  });
  worker.on('failed', (turn, err) => logger.error({ err, jobId: turn?.data.jobId }, 'turn failed'));

  subscriber.on('message', (channel: string, jobId: string) => {
    if (channel !== keys.cancels) return;
    heed(jobId).catch((err: unknown) => logger.debug({ err, jobId }, 'job not looked at'));
  });
  /** What was announced while the subscription was down is found in the records. */
  const listen = async (): Promise<void> => {
    await subscriber.subscribe(keys.cancels);
    for (const jobId of held.keys()) await heed(jobId);
  };
  const onReady = (): void =>
    void listen().catch((err: unknown) => logger.debug({ err }, 'cancellations not heard yet'));
  subscriber.on('ready', onReady);
  if (subscriber.status === 'ready') onReady();

  async function close(): Promise<void> {
    const deadlineMs = held.size === 0 ? CLOSE_DEADLINES_MS.idle : CLOSE_DEADLINES_MS.all;
    const trainers = [...held.values()].map(({ trainer }) => trainer?.outcome);
    // First no new turns, then the end of those that run.
    const closed = worker.close();
    stopping.abort();
    await within(Promise.all(trainers), CLOSE_DEADLINES_MS.trainers);
    const giveUp = setTimeout(() => givingUp.abort(), CLOSE_DEADLINES_MS.writing);
    await within(closed, deadlineMs);
    clearTimeout(giveUp);
    subscriber.off('ready', onReady);
  }

  let closing: Promise<void> | undefined;
  return {
    held: () => [...held.keys()],
    close: () => (closing ??= close()),
  };
}

/** Resolves with the work, or when the time is over. */
async function within(work: Promise<unknown>, ms: number): Promise<void> {
  const done = new AbortController();
  const late = delay(ms, undefined, { signal: done.signal });
  await Promise.race([work, late]);
  done.abort();
  await late.catch(() => undefined);
}
