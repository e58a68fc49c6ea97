/**
 * Webhooks on their way: a pump turns the frames that the journal has set aside into turns of a BullMQ queue, one for each
 * webhook, and a consumer has each delivered, again after a pause where it was not.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Queue, type Job as Turn, UnrecoverableError, Worker } from 'bullmq';
import { keys, onRedis, type Redis } from '../events/index.js';
import type { Logger } from '../logger.js';
import type { Deliverer, Delivery } from '../webhooks/index.js';
import { QUEUE_PREFIX } from './turns.js';
import { within } from './within.js';

const NAME = 'webhooks';
/** Deliveries under way at the same time: an endpoint that does not answer holds one for seconds. */
const CONCURRENCY = 16;
/** Frames taken at once. */
const FRAMES = 100;
const BLOCK_MS = 5_000;
const RETRY_MS = 1_000;
/** While something is on its way: longer than an endpoint may take to answer. Else BullMQ only waits for Redis, which may be away. */
const CLOSE_MS = { busy: 12_000, idle: 1_000 } as const;
/** Pauses before the second attempt, the third …: about 17 hours in all. */
const RETRY_DELAYS_MS: readonly number[] = [5, 30, 300, 1_800, 7_200, 18_000, 36_000].map((s) => s * 1000);
/** A turn that is over is kept this long, so that a frame that is pumped twice is not delivered twice. */
const KEPT = { age: 3_600, count: 10_000 } as const;

export type Deliveries = ReturnType<typeof startDeliveries>;

export type DeliveriesOptions = Readonly<{
  /** For commands that fail fast. */
  redis: Redis;
  /** Waits for Redis; BullMQ's own. */
  blocking: Redis;
  deliverer: Deliverer;
  logger: Logger;
  retryDelaysMs?: readonly number[];
}>;

export function startDeliveries(options: DeliveriesOptions) {
  const { redis, blocking, deliverer, logger, retryDelaysMs = RETRY_DELAYS_MS } = options;
  const queue = new Queue<Delivery>(NAME, {
    connection: redis,
    prefix: QUEUE_PREFIX,
    defaultJobOptions: {
      attempts: retryDelaysMs.length + 1,
      backoff: { type: 'custom' },
      removeOnComplete: KEPT,
      removeOnFail: KEPT,
    },
  });
  queue.on('error', (err) => logger.debug({ err }, 'webhooks queue error'));

  let underWay = 0;
  async function process({ data, attemptsMade }: Turn<Delivery>): Promise<void> {
    underWay += 1;
    const sent = deliverer.deliver(data, attemptsMade + 1, retryDelaysMs[attemptsMade]);
    const outcome = await sent.finally(() => {
      underWay -= 1;
    });
    if (outcome === 'again') throw new Error('not delivered');
    if (outcome === 'over') throw new UnrecoverableError('not delivered');
  }

  const worker = new Worker<Delivery>(NAME, process, {
    connection: blocking,
    prefix: QUEUE_PREFIX,
    concurrency: CONCURRENCY,
    // A delivery that a worker took with it when it was killed is made again.
    maxStalledCount: 1_000_000,
    runRetryDelay: RETRY_MS,
    settings: { backoffStrategy: (attempts) => retryDelaysMs[attempts - 1] ?? 0 },
  });
  worker.on('error', (err) => logger[err.name === 'ReplyError' ? 'warn' : 'debug']({ err }, 'webhooks worker error'));

  const closing = new AbortController();
  const reader = blocking.duplicate();
  reader.on('error', () => undefined); // the others say so
  const pumping = pump();

  /**
   * Entries stay until their turns are in the queue. Every worker reads them all: what is queued twice has one id, so that one
   * turn comes of it.
   */
  async function pump(): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        const [stream] =
          (await reader.xread('COUNT', FRAMES, 'BLOCK', BLOCK_MS, 'STREAMS', keys.webhookFrames, '0')) ?? [];
        const entries = stream?.[1] ?? [];
        await Promise.all(entries.map(([, fields]) => enqueue(fields)));
        const ids = entries.map(([id]) => id);
        if (ids.length > 0) await onRedis(() => redis.xdel(keys.webhookFrames, ...ids));
      } catch (err) {
        if (closing.signal.aborted) return;
        logger.debug({ err }, 'frames for webhooks not taken yet');
        await delay(RETRY_MS, undefined, { signal: closing.signal }).catch(() => undefined);
      }
    }
  }

  async function enqueue([, jobId = '', , seq = '0']: readonly string[]): Promise<void> {
    const targets = await deliverer.targets(jobId, Number(seq));
    if (targets.length === 0) return;
    const turns = targets.map((data) => ({ name: 'deliver', data, opts: { jobId: `${jobId}-${seq}-${data.hook}` } }));
    await onRedis(() => queue.addBulk(turns));
  }

  return {
    /** Waits for the deliveries that are under way, 13 seconds at most; the others are made by other workers, or later. */
    async close(): Promise<void> {
      closing.abort();
      reader.disconnect();
      await within(Promise.all([worker.close(), pumping]), underWay > 0 ? CLOSE_MS.busy : CLOSE_MS.idle);
      await within(queue.close(), CLOSE_MS.idle);
    },
  };
}
