/** What is wrong with a webhook as a job asks for it, and how its address is shown. */
import { isIP } from 'node:net';
import type { WebhookNetworks, WebhookRequest } from '../contracts/jobs/webhook.js';
import { refuseAddress } from './address.js';

export type WebhookSettings = Readonly<{
  networks: WebhookNetworks;
  /** Signs where a webhook has no secret of its own. */
  secret: string | undefined;
}>;

/** The fields at fault, each with a sentence. A name is looked up only when something is sent there. */
export function* checkWebhook(
  { url, secret }: WebhookRequest,
  settings: WebhookSettings,
): Generator<Readonly<{ field: 'url' | 'secret'; message: string }>> {
  if (secret === undefined && settings.secret === undefined)
    yield { field: 'secret', message: 'is required: the service has no WEBHOOK_SECRET to sign with' };
  const parsed = URL.parse(url);
  if (parsed === null) {
    yield { field: 'url', message: 'is not a URL' };
    return;
  }
  if (parsed.username !== '' || parsed.password !== '')
    yield { field: 'url', message: 'must not hold a user name or password: the signature shows who sends' };
  const refusal = refuseHost(parsed, settings.networks);
  if (refusal !== undefined) yield { field: 'url', message: `is not allowed: ${refusal}` };
}

/** What is wrong with a host that is an address by itself; undefined where it is allowed, or a name. */
function refuseHost({ hostname }: URL, networks: WebhookNetworks): string | undefined {
  const host = hostname.replace(/^\[|\]$/g, '');
  return isIP(host) === 0 ? undefined : refuseAddress(host, networks);
}
