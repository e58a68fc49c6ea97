/** One attempt to deliver a frame to a webhook: what is sent, how the answer is read, and the line in the log. */
import { Compile } from 'typebox/compile';
import type { Frame } from '../contracts/jobs/frame.js';
import {
  DEFAULT_WEBHOOK_EVENTS,
  shownUrl,
  type WebhookDelivery,
  type WebhookEvent,
  type WebhookMessage,
  type WebhookRequest,
  WebhookRequests,
} from '../contracts/jobs/webhook.js';
import { corruptRecord, keys, onRecord, type Redis, readRecord, requireJobId, requireValid } from '../events/index.js';
import type { Logger } from '../logging/logger.js';
import type { WebhookSettings } from './check.js';
import { CrowdedError, createCrowd } from './crowd.js';
import type { DeliveryLog } from './delivery-log.js';
import { createLookup, type Lookup } from './lookup.js';
import { post } from './post.js';
import { sign } from './signature.js';

/** An endpoint that has not answered after this long has not taken the message. */
const TIMEOUT_MS = 10_000;
/** A receiver that takes longer is slow: it gets one message at a time. */
const SLOW_MS = 5_000;
/** Messages of this age are given up without another attempt if their receiver has not answered for as long. */
const GIVE_UP_MS = 86_400_000;
/** 410: the receiver wants no more (Standard Webhooks). */
const GONE = 410;

const schema = Compile(WebhookRequests);

/** A frame on its way to one webhook of its job: `hook` is its place among them, or `global`. */
export type Delivery = Readonly<{ jobId: string; seq: number; hook: string }>;

/** A delivery and its receiver, the origin of the webhook's URL: many URLs of one host are one receiver. */
export type Target = Readonly<{ delivery: Delivery; receiver: string }>;

/** `again`: to be tried again if there is an attempt left. `crowded`: not tried, its address has enough requests under way. */
export type DeliveryOutcome = 'delivered' | 'over' | 'again' | 'crowded';

/** How the receiver answered: at once, late, or not at all. */
export type ReceiverHealth = 'prompt' | 'slow' | 'silent';

/** `health` is undefined if nothing was sent. */
export type DeliveryResult = Readonly<{ outcome: DeliveryOutcome; health?: ReceiverHealth }>;

export type Attempt = Readonly<{
  /** Counts from 1. */
  attempt: number;
  /** Pause before the next one; undefined if this is the last. */
  nextMs: number | undefined;
  /** For how long the receiver has been slow or silent. */
  unwellMs?: number;
}>;

export type DeliverOptions = WebhookSettings &
  Readonly<{
    redis: Redis;
    log: Pick<DeliveryLog, 'note'>;
    logger: Logger;
    /** A webhook for the frames of every job. */
    global?: Readonly<{ url: string; events: readonly WebhookEvent[] }> | undefined;
    timeoutMs?: number;
    slowMs?: number;
    giveUpMs?: number;
    /** Resolves the names of receivers. */
    lookup?: Lookup;
  }>;

export type Deliverer = ReturnType<typeof createDeliverer>;

export function createDeliverer(options: DeliverOptions) {
  const { redis, log, logger, global, networks, secret: defaultSecret } = options;
  const { timeoutMs = TIMEOUT_MS, slowMs = SLOW_MS, giveUpMs = GIVE_UP_MS, lookup = createLookup() } = options;
  const crowd = createCrowd();

  /** The webhooks of a job by their places. */
  async function webhooksOf(jobId: string): Promise<Map<string, WebhookRequest>> {
    requireJobId(jobId);
    const what = `The webhooks of job ${jobId}`;
    const stored = await onRecord(what, () => redis.hget(keys.job(jobId), 'webhooks'));
    const own = stored === null ? [] : readRecord(what, () => requireValid(schema, JSON.parse(stored)));
    const all = own.map((webhook, index) => [String(index), webhook] as const);
    if (global === undefined) return new Map(all);
    return new Map([...all, ['global', { url: global.url, events: [...global.events] }]]);
  }

  async function frameOf(jobId: string, seq: number): Promise<Frame | undefined> {
    const what = `A frame of job ${jobId}`;
    if (!(Number.isSafeInteger(seq) && seq > 0)) throw corruptRecord(what, 'its number is none');
    const [entry] = await onRecord(what, () => redis.xrange(keys.events(jobId), `${seq}-0`, `${seq}-0`));
    const text = entry?.[1][1];
    return text === undefined ? undefined : readRecord(what, () => JSON.parse(text) as Frame);
  }

  return {
    /** Returns a delivery for each webhook that wants the frame; none if the frame was removed with its job. */
    async targets(jobId: string, seq: number): Promise<Target[]> {
      const [webhooks, frame] = await Promise.all([webhooksOf(jobId), frameOf(jobId, seq)]);
      return [...webhooks].flatMap(([hook, { url, events = DEFAULT_WEBHOOK_EVENTS }]) =>
        events.some((type) => type === frame?.type)
          ? [{ delivery: { jobId, seq, hook }, receiver: new URL(url).origin }]
          : [],
      );
    },

    /** Sends the message once, and writes the attempt into the log of deliveries. */
    async deliver({ jobId, seq, hook }: Delivery, { attempt, nextMs, unwellMs = 0 }: Attempt): Promise<DeliveryResult> {
      const [webhooks, frame] = await Promise.all([webhooksOf(jobId), frameOf(jobId, seq)]);
      const { url, secret = defaultSecret } = webhooks.get(hook) ?? {};
      if (url === undefined || secret === undefined || frame === undefined) return { outcome: 'over' };

      const message: WebhookMessage = { type: `job.${frame.type}`, timestamp: frame.at, data: frame };
      const messageId = `${jobId}-${seq}`;
      const at = new Date();
      const started = performance.now();
      const isHopeless = unwellMs > giveUpMs && at.getTime() - Date.parse(frame.at) > giveUpMs;
      const answer = isHopeless
        ? { error: 'given up: the receiver has not answered for a day' }
        : await send(new URL(url), secret, messageId, at, JSON.stringify(message));
      if (answer === 'crowded') return { outcome: 'crowded' };
      const milliseconds = Math.round(performance.now() - started);
      const { status } = answer;
      const isTaken = status !== undefined && status >= 200 && status < 300;
      const isOver = status === GONE || nextMs === undefined || isHopeless;
      const line: Omit<WebhookDelivery, 'id'> = {
        messageId,
        type: message.type,
        url: shownUrl(url),
        attempt,
        at: at.toISOString(),
        milliseconds,
        outcome: isTaken ? 'delivered' : isOver ? 'failed' : 'retrying',
        ...answer,
        ...(!isTaken && !isOver && { nextAttemptAt: new Date(Date.now() + nextMs).toISOString() }),
      };
      // A message that is delivered is not sent again because its line is missing.
      await log.note(jobId, line).catch((err: unknown) => logger.warn({ err, jobId, seq }, 'delivery not noted'));
      const { outcome } = line;
      logger[isTaken ? 'debug' : 'warn'](
        { jobId, seq, host: new URL(url).host, attempt, outcome, status },
        'webhook sent',
      );
      if (isHopeless) return { outcome: 'over' };
      const health = status === undefined ? 'silent' : milliseconds > slowMs ? 'slow' : 'prompt';
      return { outcome: isTaken ? 'delivered' : isOver ? 'over' : 'again', health };
    },
  };

  async function send(
    url: URL,
    secret: string,
    messageId: string,
    at: Date,
    body: string,
  ): Promise<Pick<WebhookDelivery, 'status' | 'error'> | 'crowded'> {
    const signed = sign(secret, messageId, Math.floor(at.getTime() / 1000), body);
    const headers = { 'content-type': 'application/json', 'user-agent': 'trainyard', ...signed };
    try {
      const status = await post({ url, headers, body, timeoutMs, networks, lookup, crowd });
      return status >= 200 && status < 300 ? { status } : { status, error: `answered ${status}` };
    } catch (error) {
      if (error instanceof CrowdedError) return 'crowded';
      return { error: error instanceof Error ? error.message : String(error) };
    }
  }
}
