/** Checks of a webhook in a job request. */
import type { WebhookRequest } from '../contracts/jobs/webhook.js';
import type { OutboundNetworks } from '../contracts/service/outbound-networks.js';
import { refuseHost } from '../outbound/resolve-host.js';

export type WebhookSettings = Readonly<{
  networks: OutboundNetworks;
  /** Default secret for webhooks without their own. */
  secret: string | undefined;
}>;

export type WebhookFault = Readonly<{ field: 'url' | 'secret'; message: string }>;

/** Yields the wrong fields, each with a message. Does not look names up; that happens when a message is sent. */
export function* checkWebhook({ url, secret }: WebhookRequest, settings: WebhookSettings): Generator<WebhookFault> {
  if (secret === undefined && settings.secret === undefined)
    yield { field: 'secret', message: 'is required, because the service has no WEBHOOK_SECRET to sign with' };
  const parsed = URL.parse(url);
  if (parsed === null) {
    yield { field: 'url', message: 'is not a URL' };
    return;
  }
  if (parsed.username !== '' || parsed.password !== '')
    yield { field: 'url', message: 'must not contain a user name or password: the signature identifies the sender' };
  const refusal = refuseHost(parsed, settings.networks);
  if (refusal !== undefined) yield { field: 'url', message: `is not allowed: ${refusal}` };
}
