/** Webhooks: what a job asks for, the message that is posted, and the log of what became of it. */
import { type Static, Type } from 'typebox';
import { StringEnum } from '../json-schema/enums.js';
import type { Frame, JobEvent } from './frame.js';

const closed = { additionalProperties: false };

/** Whether frames of a type are posted: `step` frames are too many, and a gap stands for such frames. */
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
/** What is posted where a webhook does not say. */
export const DEFAULT_WEBHOOK_EVENTS: readonly WebhookEvent[] = ['status', 'end'];

export const WebhookEvents = Type.Array(StringEnum(WEBHOOK_EVENTS), {
  minItems: 1,
  uniqueItems: true,
  description: `Frames that are posted: ${WEBHOOK_EVENTS.join(', ')}. Default ${DEFAULT_WEBHOOK_EVENTS.join(' and ')}.`,
});

/** `public`: the internet only. `private`: private networks and this machine, too. `any`: also link-local addresses. */
export const WEBHOOK_NETWORKS = ['public', 'private', 'any'] as const;
export type WebhookNetworks = (typeof WEBHOOK_NETWORKS)[number];

const url = Type.String({
  pattern: '^https?://[^\\s]{1,2040}$',
  description: 'An http or https address of at most 2048 characters.',
});

/** 24 to 64 bytes, as the Standard Webhooks specification has them. */
export const SECRET_PATTERN = '^whsec_[A-Za-z0-9+/]{32,86}={0,2}$';

/** What a job asks for. */
export const WebhookRequest = Type.Object(
  {
    url,
    events: Type.Optional(WebhookEvents),
    secret: Type.Optional(
      Type.String({
        pattern: SECRET_PATTERN,
        writeOnly: true,
        format: 'password',
        description:
          'What the messages are signed with: `whsec_` and 24 to 64 bytes in base64, as from `echo whsec_$(openssl rand -base64 32)`. It is never answered nor logged. Default: the WEBHOOK_SECRET of the service.',
      }),
    ),
  },
  closed,
);
export type WebhookRequest = Static<typeof WebhookRequest>;

export const WebhookRequests = Type.Array(WebhookRequest, {
  maxItems: 5,
  description:
    'Where frames of the job are posted, signed as Standard Webhooks (standardwebhooks.com) have it. At most 5. Default none.',
});

/** What is answered of a webhook: never its secret, and not the query of its address, which may hold one. */
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

/** The body of a webhook's POST: a schema for the description of the API alone, where the frame has its name. */
export const WebhookMessage = Type.Object(
  {
    type: Type.String({ description: '`job.` and the type of the frame, as `job.end`.' }),
    timestamp: Type.String({ format: 'date-time', description: 'When the frame was written.' }),
    data: Type.Unsafe<Frame>({ $ref: '#/components/schemas/Frame' }),
  },
  closed,
);
export type WebhookMessage = Static<typeof WebhookMessage>;

/** One POST and what became of it. */
export const WebhookDelivery = Type.Object(
  {
    id: Type.String({ description: 'Of this line of the log; a `cursor`.' }),
    messageId: Type.String({ description: 'The `webhook-id` header: `<job>-<seq>`, the same when it is sent again.' }),
    type: Type.String({ description: 'Of the message, as `job.end`.' }),
    url: Type.String({ description: 'Without its query.' }),
    attempt: Type.Integer({ minimum: 1 }),
    at: Type.String({ format: 'date-time' }),
    milliseconds: Type.Number({ minimum: 0 }),
    outcome: StringEnum(['delivered', 'retrying', 'failed'], {
      description: '`retrying`: it is sent again at `nextAttemptAt`; `failed`: it is not.',
    }),
    status: Type.Optional(Type.Integer({ description: 'HTTP status of the answer, where there was one.' })),
    error: Type.Optional(Type.String({ description: 'Why it was not delivered.' })),
    nextAttemptAt: Type.Optional(Type.String({ format: 'date-time' })),
  },
  closed,
);
export type WebhookDelivery = Static<typeof WebhookDelivery>;

/** Query of `GET /webhooks/deliveries`. */
export const DeliveryQuery = Type.Object(
  {
    job: Type.String({ minLength: 1, maxLength: 64, description: 'Id of the job.' }),
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 20, description: 'Lines of one page. Default 20.' }),
    cursor: Type.Optional(
      Type.String({
        pattern: '^[1-9][0-9]{0,14}-[0-9]{1,10}$',
        description: 'The `nextCursor` of the page before; without it, the newest lines.',
      }),
    ),
  },
  closed,
);

/** One page of the log, newest first. */
export const DeliveryPage = Type.Object(
  {
    deliveries: Type.Array(WebhookDelivery),
    nextCursor: Type.Optional(Type.String({ description: 'Present where there are older lines.' })),
  },
  closed,
);
export type DeliveryPage = Static<typeof DeliveryPage>;
