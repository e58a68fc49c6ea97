/** The consumer: takes turns from BullMQ, has each job trained, and turns the end of a trainer into the end of the job. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Job as BullTurn, DelayedError, WaitingError, Worker } from 'bullmq';
import type { TrainingEvent } from '../contracts/event.js';
import { type ChangeResult, type Journal, keys, type Redis } from '../events/index.js';
import type { Logger } from '../logger.js';
import type { StartTrainer, Trainer } from '../supervisor/trainer-process.js';
import { beginAttempt, type Durable, type Ending, type Settlement, settle } from './attempt.js';
import { createOutbox, untilAnswered } from './outbox.js';
import { patchOf, recordOf } from './record.js';
import { QUEUE_NAME, QUEUE_PREFIX, type Turn } from './turns.js';

export type ConsumerOptions = Readonly<{
  journal: Journal;
  /** Waits for Redis; BullMQ's own. */
  blocking: Redis;
  /** For cancellations. */
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
}>;

/** A job this process holds now. */
type Held = { cancelRequested: boolean; trainer?: Trainer; settled: Promise<Settlement> };

export type Consumer = Readonly<{
  /** Puts the running jobs back into the queue, kills their trainers and closes. */
  close(): Promise<void>;
  /** Ids of the jobs held now. */
  held(): string[];
}>;

/** When Redis is away, a worker that stops gives up writing after the first, and waiting for BullMQ after the others. */
const CLOSE_DEADLINES_MS = { writing: 5_000, all: 8_000, idle: 2_000 } as const;

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

  const read = async (jobId: string) => {
    const fields = await journal.read(jobId);
    return fields === undefined ? undefined : recordOf(fields);
  };

  /** One attempt, from its beginning to its settlement. */
  async function attempt(jobId: string, turn: string, holding: Held): Promise<Settlement> {
    const durably = { signal: givingUp.signal, logger };
    const write: Durable = (change) => untilAnswered(() => journal.change(change), durably);
    const beginning = await beginAttempt(() => untilAnswered(() => read(jobId), durably), write, {
      jobId,
      turn,
      maxRestarts,
    });
    if (beginning.outcome === 'over') return { turn: 'done' };
    const { job, attempt: number, restarts } = beginning;
    const log = logger.child({ jobId, attempt: number });

    const onAnswer = (answer: ChangeResult): void => {
      if (answer.cancelRequested) requestCancel(jobId);
      if (answer.outcome === 'written') return;
      log.warn({ answer }, 'attempt is no longer the current one');
      trainer.kill();
    };
    const outbox = createOutbox({ journal, attempt: number, signal: givingUp.signal, logger: log, onAnswer });
    const onEvent = (event: TrainingEvent): void => {
      outbox.push({ jobId, from: ['running'], event, patch: patchOf(event) });
    };
    const trainer = startTrainer({ jobId, spec: job.spec, logger: log, onEvent });
    holding.trainer = trainer;
    if (holding.cancelRequested) trainer.cancel();
    const kill = (): void => trainer.kill();
    stopping.signal.addEventListener('abort', kill);
    if (stopping.signal.aborted) kill();

    const outcome = await trainer.outcome;
    stopping.signal.removeEventListener('abort', kill);
    // A trainer killed because the worker stops has not died of itself.
    const ending: Ending = stopping.signal.aborted && outcome.type === 'died' ? { type: 'stopped' } : outcome;
    await outbox.flush();
    const { cancelRequested } = holding;
    const { change, settlement } = settle(ending, number, { cancelRequested, restarts, maxRestarts, restartDelayMs });
    outbox.push({ jobId, ...change });
    const refused = await outbox.flush();
    log.info({ ending, status: change.to, fenced: refused !== undefined }, 'attempt ended');
    return refused === undefined ? settlement : { turn: 'lost' };
  }

  /** A turn that comes again while its job is still trained here (its lock had expired) waits for that attempt. */
  function hold(jobId: string, turn: string): Promise<Settlement> {
    const holding = held.get(jobId);
    if (holding !== undefined) return holding.settled;
    const fresh: Held = { cancelRequested: false, settled: Promise.resolve({ turn: 'done' }) };
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
  worker.on('failed', (turn, err) => logger.error({ err, jobId: turn?.data.jobId }, 'turn failed'));

  subscriber.on('message', (channel: string, jobId: string) => {
    if (channel === keys.cancels) requestCancel(jobId);
  });
  /** Cancellations announced while the subscription was down are found in the records. */
  const listen = async (): Promise<void> => {
    await subscriber.subscribe(keys.cancels);
    for (const jobId of held.keys()) {
      const record = await read(jobId);
      if (record?.job.cancelRequestedAt !== undefined) requestCancel(jobId);
    }
  };
  const onReady = (): void =>
    void listen().catch((err: unknown) => logger.debug({ err }, 'cancellations not heard yet'));
  subscriber.on('ready', onReady);
  if (subscriber.status === 'ready') onReady();

  async function close(): Promise<void> {
    const giveUp = setTimeout(() => givingUp.abort(), CLOSE_DEADLINES_MS.writing);
    const late = new AbortController();
    const deadlineMs = held.size === 0 ? CLOSE_DEADLINES_MS.idle : CLOSE_DEADLINES_MS.all;
    // First no new turns, then the end of those that run.
    const closed = worker.close();
    stopping.abort();
    await Promise.race([closed, delay(deadlineMs, undefined, { signal: late.signal })]);
    late.abort();
    clearTimeout(giveUp);
    subscriber.off('ready', onReady);
  }

  let closing: Promise<void> | undefined;
  return {
    held: () => [...held.keys()],
    close: () => (closing ??= close()),
  };
}
