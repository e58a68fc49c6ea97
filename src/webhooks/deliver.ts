/** One attempt to deliver a frame to a webhook: what is sent, how the answer is read, and the line in the log. */
import type { Frame } from '../contracts/event.js';
import {
  DEFAULT_WEBHOOK_EVENTS,
  type WebhookDelivery,
  type WebhookEvent,
  type WebhookMessage,
  type WebhookRequest,
} from '../contracts/webhook.js';
import { keys, onRedis, type Redis } from '../events/index.js';
import type { Logger } from '../logger.js';
import { shownUrl, type WebhookSettings } from './check.js';
import type { DeliveryLog } from './delivery-log.js';
import { post } from './post.js';
import { sign } from './signature.js';

/** An endpoint that has not answered after this long has not taken the message. */
const TIMEOUT_MS = 10_000;
/** 410: the receiver wants no more (Standard Webhooks). */
const GONE = 410;

/** A frame on its way to one webhook of its job: `hook` is its place among them, or `global`. */
export type Delivery = Readonly<{ jobId: string; seq: number; hook: string }>;

/** `delivered`, not to be tried again (`over`), or to be tried again where there is an attempt left. */
export type DeliveryOutcome = 'delivered' | 'over' | 'again';

export type DeliverOptions = WebhookSettings &
  Readonly<{
    redis: Redis;
    log: Pick<DeliveryLog, 'note'>;
    logger: Logger;
    /** A webhook for the frames of every job. */
    global?: Readonly<{ url: string; events: readonly WebhookEvent[] }> | undefined;
    timeoutMs?: number;
  }>;

export type Deliverer = ReturnType<typeof createDeliverer>;

export function createDeliverer(options: DeliverOptions) {
  const { redis, log, logger, global, networks, secret: defaultSecret, timeoutMs = TIMEOUT_MS } = options;

  /** The webhooks of a job by their places. */
  async function webhooksOf(jobId: string): Promise<Map<string, WebhookRequest>> {
    const stored = await onRedis(() => redis.hget(keys.job(jobId), 'webhooks'));
    const own = stored === null ? [] : (JSON.parse(stored) as WebhookRequest[]);
    const all = own.map((webhook, index) => [String(index), webhook] as const);
    if (global === undefined) return new Map(all);
    return new Map([...all, ['global', { url: global.url, events: [...global.events] }]]);
  }

  async function frameOf(jobId: string, seq: number): Promise<Frame | undefined> {
    const [entry] = await onRedis(() => redis.xrange(keys.events(jobId), `${seq}-0`, `${seq}-0`));
    const text = entry?.[1][1];
    return text === undefined ? undefined : (JSON.parse(text) as Frame);
  }

  return {
    /** The webhooks that want a frame; none where it was removed with its job. */
    async targets(jobId: string, seq: number): Promise<Delivery[]> {
      const [webhooks, frame] = await Promise.all([webhooksOf(jobId), frameOf(jobId, seq)]);
      return [...webhooks].flatMap(([hook, { events = DEFAULT_WEBHOOK_EVENTS }]) =>
        events.some((type) => type === frame?.type) ? [{ jobId, seq, hook }] : [],
      );
    },

    /** Sends it once. `attempt` counts from 1; `nextMs` is the pause before the next one, undefined where this is the last. */
    async deliver(delivery: Delivery, attempt: number, nextMs: number | undefined): Promise<DeliveryOutcome> {
      const { jobId, seq, hook } = delivery;
      const [webhooks, frame] = await Promise.all([webhooksOf(jobId), frameOf(jobId, seq)]);
      const { url, secret = defaultSecret } = webhooks.get(hook) ?? {};
      if (url === undefined || secret === undefined || frame === undefined) return 'over';

      const message: WebhookMessage = { type: `job.${frame.type}`, timestamp: frame.at, data: frame };
      const messageId = `${jobId}-${seq}`;
      const at = new Date();
      const started = performance.now();
      const answer = await send(new URL(url), secret, messageId, at, JSON.stringify(message));
      const isTaken = answer.status !== undefined && answer.status >= 200 && answer.status < 300;
      const isOver = answer.status === GONE || nextMs === undefined;
      const line: Omit<WebhookDelivery, 'id'> = {
        messageId,
        type: message.type,
        url: shownUrl(url),
        attempt,
        at: at.toISOString(),
        milliseconds: Math.round(performance.now() - started),
        outcome: isTaken ? 'delivered' : isOver ? 'failed' : 'retrying',
        ...answer,
        ...(!isTaken && !isOver && { nextAttemptAt: new Date(Date.now() + nextMs).toISOString() }),
      };
      // A message that is delivered is not sent again because its line is missing.
      await log.note(jobId, line).catch((err: unknown) => logger.warn({ err, jobId, seq }, 'delivery not noted'));
      const { outcome, status } = line;
      logger[isTaken ? 'debug' : 'warn'](
        { jobId, seq, host: new URL(url).host, attempt, outcome, status },
        'webhook sent',
      );
      if (isTaken) return 'delivered';
      return isOver ? 'over' : 'again';
    },
  };

  async function send(
    url: URL,
    secret: string,
    messageId: string,
    at: Date,
    body: string,
  ): Promise<Pick<WebhookDelivery, 'status' | 'error'>> {
    const signed = sign(secret, messageId, Math.floor(at.getTime() / 1000), body);
    const headers = { 'content-type': 'application/json', 'user-agent': 'trainyard', ...signed };
    try {
      const status = await post({ url, headers, body, timeoutMs, networks });
      return status >= 200 && status < 300 ? { status } : { status, error: `answered ${status}` };
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) };
    }
  }
}
