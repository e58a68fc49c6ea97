/** Webhooks of a job: the request, the posted message, and the log of deliveries. */
import { type Static, Type } from 'typebox';
import { StringEnum } from '../json-schema/enums.js';
import type { Frame, JobEvent } from './frame.js';

const closed = { additionalProperties: false };

/** Frame types that webhooks receive. There are too many `step` frames, and a gap only stands for such frames. */
const IS_POSTED = {
  status: true,
  change: true,
  start: true,
  resume: true,
  epoch: true,
  end: true,
  step: false,
  gap: false,
} as const satisfies Record<JobEvent['type'], boolean>;

export type WebhookEvent = Exclude<JobEvent['type'], 'step' | 'gap'>;
export const WEBHOOK_EVENTS = Object.keys(IS_POSTED).filter(
  (type) => IS_POSTED[type as JobEvent['type']],
) as WebhookEvent[];
/** Frames that a webhook receives by default. */
export const DEFAULT_WEBHOOK_EVENTS: readonly WebhookEvent[] = ['status', 'end'];

export const WebhookEvents = Type.Array(StringEnum(WEBHOOK_EVENTS), {
  minItems: 1,
  uniqueItems: true,
  title: 'Events',
  description: 'Types of the frames that are posted.',
  examples: [['epoch', 'end']],
});

const url = Type.String({
  pattern: '^https?://[^\\s]{1,2040}$',
  title: 'Address',
  description: 'An http or https address of at most 2048 characters.',
  examples: ['https://example.com/hooks/training'],
});

/** Secrets as the Standard Webhooks specification defines them: 24 to 64 bytes in base64. */
export const SECRET_PATTERN = '^whsec_[A-Za-z0-9+/]{32,86}={0,2}$';

/** Webhook of a job request. */
export const WebhookRequest = Type.Object(
  {
    url,
    events: Type.Optional({ ...WebhookEvents, default: DEFAULT_WEBHOOK_EVENTS }),
    secret: Type.Optional(
      Type.String({
        pattern: SECRET_PATTERN,
        title: 'Secret',
        writeOnly: true,
        format: 'password',
        description:
          'Key that signs the messages: `whsec_` and 24 to 64 bytes in base64, for example from `echo whsec_$(openssl rand -base64 32)`. The service neither returns nor logs it. Default: the WEBHOOK_SECRET of the service.',
      }),
    ),
  },
  closed,
);
export type WebhookRequest = Static<typeof WebhookRequest>;

export const WebhookRequests = Type.Array(WebhookRequest, {
  title: 'Webhooks',
  maxItems: 5,
  description:
    'Addresses that receive frames of the job, signed as Standard Webhooks (standardwebhooks.com) specifies. At most 5. Default: none.',
  examples: [[{ url: 'https://example.com/hooks/training', events: ['end'] }]],
});

/** Webhook in a response: without its secret, and without the query of its address, which may contain one. */
export const Webhook = Type.Object({ url: Type.String(), events: WebhookEvents }, closed);
export type Webhook = Static<typeof Webhook>;

/** Returns the webhook as responses show it: without its secret and its query. */
export const shownWebhook = ({ url, events = [...DEFAULT_WEBHOOK_EVENTS] }: WebhookRequest): Webhook => ({
  url: shownUrl(url),
  events,
});

/** Returns the URL with `?…` in place of its query, which may contain a secret. */
export function shownUrl(url: string): string {
  const { origin, pathname, search } = new URL(url);
  return `${origin}${pathname}${search === '' ? '' : '?…'}`;
}

/** Body of a webhook's POST. Only openapi.yaml uses this schema, where the frame is a reference. */
export const WebhookMessage = Type.Object(
  {
    type: Type.String({ description: '`job.` and the type of the frame, for example `job.end`.' }),
    timestamp: Type.String({ format: 'date-time', description: 'Time at which the frame was written.' }),
    data: Type.Unsafe<Frame>({ $ref: '#/components/schemas/Frame' }),
  },
  closed,
);
export type WebhookMessage = Static<typeof WebhookMessage>;

/** One POST to a webhook, and its outcome. */
export const WebhookDelivery = Type.Object(
  {
    id: Type.String({ description: 'Id of the delivery in the log. Can be used as `cursor`.' }),
    job: Type.String({ format: 'uuid', description: 'Id of the job.' }),
    messageId: Type.String({ description: 'The `webhook-id` header: `<job>-<seq>`, the same for every attempt.' }),
    type: Type.String({ description: 'Type of the message, for example `job.end`.' }),
    url: Type.String({ description: 'Address, without its query.' }),
    attempt: Type.Integer({ minimum: 1 }),
    at: Type.String({ format: 'date-time' }),
    milliseconds: Type.Number({ minimum: 0 }),
    outcome: StringEnum(['delivered', 'retrying', 'failed'], {
      description:
        '`delivered`: the receiver returned 2xx. `retrying`: the service sends the message again at `nextAttemptAt`. `failed`: it does not.',
    }),
    status: Type.Optional(Type.Integer({ description: 'HTTP status of the answer. Absent if there was none.' })),
    error: Type.Optional(Type.String({ description: 'Reason why the message was not delivered.' })),
    nextAttemptAt: Type.Optional(Type.String({ format: 'date-time' })),
  },
  closed,
);
export type WebhookDelivery = Static<typeof WebhookDelivery>;

/** Query of `GET /webhooks/deliveries`. */
export const DeliveryQuery = Type.Object(
  {
    job: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 64,
        description:
          'Id of a job. Absent: the newest 10,000 deliveries of all jobs. A page of them may be shorter than `limit`.',
      }),
    ),
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 20, description: 'Deliveries per page.' }),
    cursor: Type.Optional(
      Type.String({
        pattern: '^[1-9][0-9]{0,14}-[0-9]{1,10}$',
        description: 'The `nextCursor` of the previous page. Absent: the newest deliveries.',
      }),
    ),
  },
  closed,
);

/** One page of the delivery log, newest first. */
export const DeliveryPage = Type.Object(
  {
    deliveries: Type.Array(WebhookDelivery),
    nextCursor: Type.Optional(Type.String({ description: 'Cursor of the next page. Absent on the last page.' })),
  },
  closed,
);
export type DeliveryPage = Static<typeof DeliveryPage>;
