/**
 * Webhook deliveries of one worker. A pump turns the frames that the journal recorded for webhooks into deliveries, and a dispatcher sends
 * the deliveries that it claims from the schedule, which all workers share.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { waitAtMost } from '../concurrency/deadline.js';
import { createCorruptRecordLog, isCorrupt, type Redis, retryWhileRedisIsAway, whenReady } from '../events/index.js';
import type { Logger } from '../logging/logger.js';
import type { Deliverer, DeliveryTarget } from './deliver.js';
import { createDispatcher } from './delivery-dispatcher.js';
import { createPump } from './delivery-pump.js';
import { createSchedule } from './delivery-schedule.js';
import { importDeliveries } from './import-deliveries.js';

const RETRY_MS = 1_000;
/** Longest wait for the connection at the start. With a healthy Redis, a start then logs no warnings. */
const CONNECT_MS = 1_000;
/** A delivery takes less time than this. A claim that is still open belonged to a worker that died. */
const LEASE_MS = 30_000;
/** Time limits of a stop. `busy`, while deliveries are being sent, is longer than a receiver may take to answer. */
const CLOSE_MS = { busy: 12_000, idle: 1_000 } as const;
/** Pauses before the second attempt, the third and so on: about 17 hours in total. */
const RETRY_DELAYS_MS: readonly number[] = [5, 30, 300, 1_800, 7_200, 18_000, 36_000].map((s) => s * 1000);

export type Deliveries = ReturnType<typeof startDeliveries>;

export type DeliveriesOptions = Readonly<{
  /** A connection that fails fast. */
  redis: Redis;
  /** A connection that waits for Redis. */
  blocking: Redis;
  deliverer: Deliverer;
  logger: Logger;
  /** Pauses between attempts, in milliseconds. A delivery has one attempt more than there are pauses. */
  retryDelaysMs?: readonly number[];
  /** Time after which another worker may claim a delivery again. In milliseconds, default 30,000. */
  leaseMs?: number;
}>;

export function startDeliveries(options: DeliveriesOptions) {
  const { redis, blocking, deliverer, logger, retryDelaysMs = RETRY_DELAYS_MS, leaseMs = LEASE_MS } = options;
  const schedule = createSchedule(redis, { leaseMs });
  const report = createCorruptRecordLog(logger);
  /** Aborted when no more deliveries begin, and when open ones are given up. */
  const [closing, givenUp] = [new AbortController(), new AbortController()];
  const dispatcher = createDispatcher({
    ...{ schedule, deliverer, retryDelaysMs, report, logger },
    signals: { closing: closing.signal, givenUp: givenUp.signal },
  });
  const pump = createPump({ blocking, schedule, targetsOf, onAccepted: dispatcher.wake });

  /** Reports an entry that does not refer to a frame of a job, and returns no targets for it. */
  async function targetsOf(jobId: string, seq: number): Promise<DeliveryTarget[]> {
    try {
      return await deliverer.targets(jobId, seq);
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      report(`A frame for webhooks of job ${jobId}`, error);
      return [];
    }
  }

  /** Repeats `step` until the deliveries are closed. Waits after an error, for example if Redis is away. */
  async function repeat(step: () => Promise<void>, message: string): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        await step();
      } catch (err) {
        if (closing.signal.aborted) return;
        logger.warn({ err }, message);
        await delay(RETRY_MS, undefined, { signal: closing.signal }).catch(() => undefined);
      }
    }
  }

  async function importOld(): Promise<void> {
    try {
      const run = () => importDeliveries(redis, { schedule, targetsOf });
      await retryWhileRedisIsAway(run, { signal: closing.signal, logger });
    } catch (err) {
      if (!closing.signal.aborted) logger.warn({ err }, 'deliveries of an earlier release not imported');
    }
  }

  async function work(): Promise<void> {
    // If this fails, the connection logs the reason.
    await whenReady(redis, CONNECT_MS).catch(() => undefined);
    await Promise.all([
      repeat(pump.run, 'frames for webhooks not read yet'),
      repeat(dispatcher.run, 'deliveries not claimed yet'),
      importOld(),
    ]);
  }
  const working = work();

  return {
    /** Waits at most 13 seconds for the deliveries that are being sent. Other workers, or a later start, make the rest. */
    async close(): Promise<void> {
      closing.abort();
      dispatcher.wake();
      pump.close();
      const sending = dispatcher.sending();
      await waitAtMost(Promise.all([working, ...sending]), sending.length === 0 ? CLOSE_MS.idle : CLOSE_MS.busy);
      givenUp.abort();
    },
  };
}
