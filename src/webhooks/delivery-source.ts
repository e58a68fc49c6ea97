/** Content of deliveries: the webhooks of a job and its frames, as Redis stores them. */
import { Compile } from 'typebox/compile';
import type { Frame } from '../contracts/jobs/frame.js';
import {
  DEFAULT_WEBHOOK_EVENTS,
  type WebhookEvent,
  type WebhookRequest,
  WebhookRequests,
} from '../contracts/jobs/webhook.js';
import { corruptRecord, keys, onRecord, type Redis, readRecord, requireJobId, requireValid } from '../events/index.js';

/** A frame for one webhook of its job. `hook` is the webhook's index in the job, or `global`. */
export type Delivery = Readonly<{ jobId: string; seq: number; hook: string }>;

/** A delivery and its receiver: the origin of the webhook's URL, so that all URLs of one host belong to one receiver. */
export type DeliveryTarget = Readonly<{ delivery: Delivery; receiver: string }>;

/** A webhook of the service for the frames of every job. */
export type GlobalWebhook = Readonly<{ url: string; events: readonly WebhookEvent[] }>;

const schema = Compile(WebhookRequests);

export function createDeliverySource({ redis, global }: Readonly<{ redis: Redis; global: GlobalWebhook | undefined }>) {
  /** Returns the webhooks of a job by `hook`. Throws `record_corrupt`. */
  async function webhooksOf(jobId: string): Promise<Map<string, WebhookRequest>> {
    requireJobId(jobId);
    const what = `The webhooks of job ${jobId}`;
    const stored = await onRecord(what, () => redis.hget(keys.job(jobId), 'webhooks'));
    const own = stored === null ? [] : readRecord(what, () => requireValid(schema, JSON.parse(stored)));
    const all = own.map((webhook, index) => [String(index), webhook] as const);
    if (global === undefined) return new Map(all);
    return new Map([...all, ['global', { url: global.url, events: [...global.events] }]]);
  }

  /** Returns undefined if the frame was removed with its job. Throws `record_corrupt`. */
  async function frameOf(jobId: string, seq: number): Promise<Frame | undefined> {
    const what = `A frame of job ${jobId}`;
    if (!(Number.isSafeInteger(seq) && seq > 0)) throw corruptRecord(what, 'it has no valid number');
    const [entry] = await onRecord(what, () => redis.xrange(keys.events(jobId), `${seq}-0`, `${seq}-0`));
    const text = entry?.[1][1];
    return text === undefined ? undefined : readRecord(what, () => JSON.parse(text) as Frame);
  }

  return {
    webhooksOf,
    frameOf,

    /** Returns a delivery for each webhook that wants the frame. Returns none if the frame was removed with its job. */
    async targets(jobId: string, seq: number): Promise<DeliveryTarget[]> {
      const [webhooks, frame] = await Promise.all([webhooksOf(jobId), frameOf(jobId, seq)]);
      return [...webhooks].flatMap(([hook, { url, events = DEFAULT_WEBHOOK_EVENTS }]) =>
        events.some((type) => type === frame?.type)
          ? [{ delivery: { jobId, seq, hook }, receiver: new URL(url).origin }]
          : [],
      );
    },
  };
}
