/** One attempt to deliver a frame to a webhook: builds and sends the message, interprets the answer, and logs the attempt. */
import type { Frame } from '../contracts/jobs/frame.js';
import { shownUrl, type WebhookDelivery, type WebhookMessage } from '../contracts/jobs/webhook.js';
import type { Redis } from '../events/index.js';
import type { Logger } from '../logging/logger.js';
import { createLookup, type Lookup } from '../outbound/lookup.js';
import { AddressBusyError, createAddressLimit } from './address-limit.js';
import type { WebhookSettings } from './check.js';
import type { DeliveryLine, DeliveryLog } from './delivery-log.js';
import { createDeliverySource, type Delivery, type GlobalWebhook } from './delivery-source.js';
import { post } from './post.js';
import { sign } from './signature.js';

export type { Delivery, DeliveryTarget } from './delivery-source.js';

/** Time limit for an answer, in milliseconds. After it, the receiver is silent. */
const TIMEOUT_MS = 10_000;
/** A receiver that takes longer is slow, and gets one message at a time. */
const SLOW_MS = 5_000;
/** Age at which a message is given up, if its receiver has not answered for as long: one day. */
const GIVE_UP_MS = 86_400_000;
/** HTTP status by which a receiver unsubscribes (Standard Webhooks). */
const GONE = 410;

/** `again`: the delivery needs another attempt. `over`: it has ended without success. `busy`: its address has too many open requests. */
export type DeliveryOutcome = 'delivered' | 'over' | 'again' | 'busy';

/** `slow`: answered late. `silent`: did not answer. */
export type ReceiverHealth = 'prompt' | 'slow' | 'silent';

/** `health` is undefined if nothing was sent. */
export type DeliveryResult = Readonly<{ outcome: DeliveryOutcome; health?: ReceiverHealth }>;

export type DeliveryAttempt = Readonly<{
  /** Number of the attempt, from 1. */
  attempt: number;
  /** Pause before the next attempt, in milliseconds. Undefined: this is the last one. */
  nextMs: number | undefined;
  /** Time for which the receiver has been slow or silent, in milliseconds. Default 0. */
  unresponsiveMs?: number;
}>;

export type DelivererOptions = WebhookSettings &
  Readonly<{
    redis: Redis;
    log: Pick<DeliveryLog, 'note'>;
    logger: Logger;
    global?: GlobalWebhook | undefined;
    /** Default 10,000 ms. */
    timeoutMs?: number;
    /** Default 5,000 ms. */
    slowMs?: number;
    /** Default one day, in milliseconds. */
    giveUpMs?: number;
    lookup?: Lookup;
  }>;

export type Deliverer = ReturnType<typeof createDeliverer>;

type Answer = Pick<WebhookDelivery, 'status' | 'error'>;

/** A message, and the moment of its attempt. */
type SignedPost = Readonly<{ url: URL; secret: string; messageId: string; at: Date; message: WebhookMessage }>;

export function createDeliverer(options: DelivererOptions) {
  const { redis, log, logger, networks, secret: defaultSecret } = options;
  const { timeoutMs = TIMEOUT_MS, slowMs = SLOW_MS, giveUpMs = GIVE_UP_MS, lookup = createLookup() } = options;
  const { webhooksOf, frameOf, targets } = createDeliverySource({ redis, global: options.global });
  const addressLimit = createAddressLimit();

  return {
    targets,

    /** Sends the message once, and adds the attempt to the log of deliveries. */
    async deliver({ jobId, seq, hook }: Delivery, tried: DeliveryAttempt): Promise<DeliveryResult> {
      const [webhooks, frame] = await Promise.all([webhooksOf(jobId), frameOf(jobId, seq)]);
      const { url, secret = defaultSecret } = webhooks.get(hook) ?? {};
      if (url === undefined || secret === undefined || frame === undefined) return { outcome: 'over' };
      const message: WebhookMessage = { type: `job.${frame.type}`, timestamp: frame.at, data: frame };
      const sent: SignedPost = { url: new URL(url), secret, messageId: `${jobId}-${seq}`, at: new Date(), message };
      const started = performance.now();
      const isGivenUp = isTooOld(frame, tried, sent.at);
      const answer = isGivenUp ? { error: 'given up: the receiver has not answered for a day' } : await send(sent);
      if (answer === 'busy') return { outcome: 'busy' };
      const milliseconds = Math.round(performance.now() - started);
      const outcome = await report({ jobId, seq, hook }, sent, { ...answer, milliseconds }, tried, isGivenUp);
      return isGivenUp ? { outcome: 'over' } : { outcome, health: healthOf(answer, milliseconds) };
    },
  };

  function isTooOld(frame: Frame, { unresponsiveMs = 0 }: DeliveryAttempt, now: Date): boolean {
    return unresponsiveMs > giveUpMs && now.getTime() - Date.parse(frame.at) > giveUpMs;
  }

  function healthOf({ status }: Answer, milliseconds: number): ReceiverHealth {
    if (status === undefined) return 'silent';
    return milliseconds > slowMs ? 'slow' : 'prompt';
  }

  /** Logs the attempt, and returns whether the delivery has ended. */
  async function report(
    { jobId, seq }: Delivery,
    { url, messageId, at, message }: SignedPost,
    answer: Answer & Readonly<{ milliseconds: number }>,
    { attempt, nextMs }: DeliveryAttempt,
    isGivenUp: boolean,
  ): Promise<'delivered' | 'over' | 'again'> {
    const { status, milliseconds } = answer;
    const isDelivered = status !== undefined && isSuccess(status);
    const isLast = status === GONE || nextMs === undefined || isGivenUp;
    const line: DeliveryLine = {
      messageId,
      type: message.type,
      url: shownUrl(url.href),
      attempt,
      at: at.toISOString(),
      milliseconds,
      outcome: isDelivered ? 'delivered' : isLast ? 'failed' : 'retrying',
      ...(status !== undefined && { status }),
      ...(answer.error !== undefined && { error: answer.error }),
      ...(!isDelivered && !isLast && { nextAttemptAt: new Date(Date.now() + nextMs).toISOString() }),
    };
    // A failure here must not send a delivered message again.
    await log.note(jobId, line).catch((err: unknown) => logger.warn({ err, jobId, seq }, 'delivery not logged'));
    const fields = { jobId, seq, host: url.host, attempt, outcome: line.outcome, status };
    logger[isDelivered ? 'debug' : 'warn'](fields, 'webhook sent');
    return isDelivered ? 'delivered' : isLast ? 'over' : 'again';
  }

  async function send({ url, secret, messageId, at, message }: SignedPost): Promise<Answer | 'busy'> {
    const body = JSON.stringify(message);
    const signature = sign(secret, messageId, Math.floor(at.getTime() / 1000), body);
    const headers = { 'content-type': 'application/json', 'user-agent': 'trainyard', ...signature };
    try {
      const status = await post({ url, headers, body, timeoutMs, networks, lookup, addressLimit });
      return isSuccess(status) ? { status } : { status, error: `answered ${status}` };
    } catch (error) {
      if (error instanceof AddressBusyError) return 'busy';
      return { error: error instanceof Error ? error.message : String(error) };
    }
  }
}

const isSuccess = (status: number): boolean => status >= 200 && status < 300;
