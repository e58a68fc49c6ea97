/**
 * Webhook deliveries of one worker: a pump turns the frames that the journal has set aside into deliveries, one for each webhook,
 * and a dispatcher sends the deliveries that the schedule shared by all workers gives it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { waitAtMost } from '../concurrency/deadline.js';
import {
  createCorruptRecordLog,
  isCorrupt,
  keys,
  onRedis,
  PREFIX,
  type Redis,
  retryWhileRedisIsAway,
  whenReady,
} from '../events/index.js';
import type { Logger } from '../logging/logger.js';
import type { Deliverer, Delivery, Target } from './deliver.js';
import { type Claim, createSchedule } from './delivery-schedule.js';

/** Deliveries of one worker under way at the same time; `unwell`: those of them to receivers that are slow or silent. */
const SLOTS = { all: 256, unwell: 64 } as const;
/** Frames taken at once. */
const FRAMES = 100;
const BLOCK_MS = 5_000;
const RETRY_MS = 1_000;
/** Longest wait for the connection at the start: beside a healthy Redis a start logs no warnings. */
const CONNECT_MS = 1_000;
/** Longest sleep of the dispatcher: another worker may have accepted a delivery or released a receiver meanwhile. */
const POLL_MS = 1_000;
/** Longer than a delivery takes: a claim that is still open then belonged to a worker that died. */
const LEASE_MS = 30_000;
/** While something is on its way: longer than an endpoint may take to answer. */
const CLOSE_MS = { busy: 12_000, idle: 1_000 } as const;
/** Pauses before the second attempt, the third …: about 17 hours in all. */
const RETRY_DELAYS_MS: readonly number[] = [5, 30, 300, 1_800, 7_200, 18_000, 36_000].map((s) => s * 1000);
/** Pause before a delivery is looked at again whose address had enough under way. */
const CROWDED_MS = 1_000;

export type Deliveries = ReturnType<typeof startDeliveries>;

export type DeliveriesOptions = Readonly<{
  /** For commands that fail fast. */
  redis: Redis;
  /** Waits for Redis. */
  blocking: Redis;
  deliverer: Deliverer;
  logger: Logger;
  retryDelaysMs?: readonly number[];
  leaseMs?: number;
}>;

export function startDeliveries(options: DeliveriesOptions) {
  const { redis, blocking, deliverer, logger, retryDelaysMs = RETRY_DELAYS_MS, leaseMs = LEASE_MS } = options;
  const schedule = createSchedule(redis, { leaseMs });
  const report = createCorruptRecordLog(logger);
  const closing = new AbortController();
  const stopped = new AbortController();
  const underWay = new Set<Promise<void>>();
  let unwell = 0;

  let isWoken = false;
  let wakeUp = (): void => undefined;
  function wake(): void {
    isWoken = true;
    wakeUp();
  }
  async function sleep(ms: number): Promise<void> {
    if (!isWoken && !closing.signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        wakeUp = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    isWoken = false;
  }

  /** Repeats `work` until the deliveries are closed; after an error, as when Redis is away, it waits a moment. */
  async function repeat(work: () => Promise<void>, message: string): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        await work();
      } catch (err) {
        if (closing.signal.aborted) return;
        logger.warn({ err }, message);
        await delay(RETRY_MS, undefined, { signal: closing.signal }).catch(() => undefined);
      }
    }
  }

  const reader = blocking.duplicate();
  reader.on('error', () => undefined); // the others say so

  /** Resolves with no targets for an entry that is no frame of a job: the entry is reported, and removed with the others. */
  async function targetsOf(jobId: string, seq: number): Promise<Target[]> {
    try {
      return await deliverer.targets(jobId, seq);
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      report(`A frame for webhooks of job ${jobId}`, error);
      return [];
    }
  }

  /** Every worker reads all entries; an entry is accepted once, in the same step that removes it. */
  async function pump(): Promise<void> {
    const reading = () => reader.xread('COUNT', FRAMES, 'BLOCK', BLOCK_MS, 'STREAMS', keys.webhookFrames, '0');
    const [stream] = (await onRedis(reading)) ?? [];
    const accept = async ([entry, [, jobId = '', , seq = '0']]: [string, string[]]): Promise<void> =>
      schedule.accept(await targetsOf(jobId, Number(seq)), { entry });
    await Promise.all((stream?.[1] ?? []).map(accept));
    if (stream !== undefined) wake();
  }

  async function dispatch(): Promise<void> {
    if (underWay.size >= SLOTS.all) return sleep(POLL_MS);
    const { claim, waitMs = POLL_MS } = await schedule.claim(unwell < SLOTS.unwell);
    if (claim === undefined) return sleep(Math.min(Math.max(waitMs, 1), POLL_MS));
    start(claim);
  }

  function start(claim: Claim): void {
    if (claim.isUnwell) unwell += 1;
    const sending = send(claim)
      .catch((err: unknown) => logger.debug({ err }, 'delivery not settled; its lease runs out'))
      .finally(() => {
        underWay.delete(sending);
        if (claim.isUnwell) unwell -= 1;
        wake();
      });
    underWay.add(sending);
  }

  async function send(claim: Claim): Promise<void> {
    const { delivery, attempt, unwellMs } = claim;
    const nextMs = retryDelaysMs[attempt - 1];
    const release = (how: Parameters<typeof schedule.release>[1]): Promise<void> =>
      retryWhileRedisIsAway(() => schedule.release(claim, how), { signal: stopped.signal, logger });
    try {
      const { outcome, health } = await deliverer.deliver(delivery, { attempt, nextMs, unwellMs });
      if (outcome === 'crowded') return await release({ retryMs: CROWDED_MS, counts: false });
      const again = outcome === 'again' && nextMs !== undefined;
      await release({ ...(health && { health }), ...(again && { retryMs: nextMs }) });
    } catch (err) {
      if (isCorrupt(err)) {
        report(`A delivery of job ${delivery.jobId}`, err);
        return await release({});
      }
      logger.warn({ err, jobId: delivery.jobId }, 'delivery not made yet');
      await release({ retryMs: RETRY_MS, counts: false });
    }
  }

  async function work(): Promise<void> {
    await whenReady(redis, CONNECT_MS).catch(() => undefined); // the connection logs why
    await Promise.all([
      repeat(pump, 'frames for webhooks not taken yet'),
      repeat(dispatch, 'deliveries not claimed yet'),
      retryWhileRedisIsAway(() => importTurns(redis, { schedule, targetsOf }), {
        signal: closing.signal,
        logger,
      }).catch((err: unknown) => {
        if (!closing.signal.aborted) logger.warn({ err }, 'deliveries of an earlier release not imported');
      }),
    ]);
  }
  const working = work();

  return {
    /** Waits for the deliveries that are under way, 13 seconds at most; the others are made by other workers, or later. */
    async close(): Promise<void> {
      closing.abort();
      wake();
      reader.disconnect();
      const idle = underWay.size === 0;
      await waitAtMost(Promise.all([working, ...underWay]), idle ? CLOSE_MS.idle : CLOSE_MS.busy);
      stopped.abort();
    },
  };
}

/** Prefix of BullMQ's keys. */
const QUEUE_PREFIX = PREFIX.slice(0, -1);

/** Imports the deliveries that an earlier release has left in a BullMQ queue. */
async function importTurns(
  redis: Redis,
  { schedule, targetsOf }: Readonly<{ schedule: ReturnType<typeof createSchedule>; targetsOf: Deliverer['targets'] }>,
): Promise<void> {
  const name = 'webhooks';
  if ((await onRedis(() => redis.exists(`${QUEUE_PREFIX}:${name}:meta`))) === 0) return;
  const queue = new Queue<Delivery>(name, { connection: redis, prefix: QUEUE_PREFIX, skipMetasUpdate: true });
  try {
    for (const turn of await queue.getJobs(['wait', 'active', 'delayed'])) {
      const targets = await targetsOf(turn.data.jobId, turn.data.seq);
      const own = targets.filter(({ delivery: { hook } }) => hook === turn.data.hook);
      await schedule.setAttempts(turn.data, turn.attemptsMade);
      await schedule.accept(own, { dueAt: turn.timestamp + turn.delay });
    }
    await queue.obliterate({ force: true });
  } finally {
    await queue.close();
  }
}
