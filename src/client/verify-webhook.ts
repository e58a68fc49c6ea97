/** Check of a webhook message's signature: Standard Webhooks (standardwebhooks.com), version 1, symmetric. */
import type { WebhookMessage } from './client-types.js';

/** A message is not from the service, or is too old. Answer it with status 400. */
export class WebhookError extends Error {
  override readonly name = 'WebhookError';
}

type HeaderRecord = Readonly<Record<string, string | readonly string[] | undefined>>;

export type WebhookInput = Readonly<{
  /** The body exactly as it arrived: parsing and writing it again changes its bytes. */
  payload: string | Uint8Array;
  /** Headers of the request: those of fetch, or of Node.js. */
  headers: Headers | HeaderRecord;
  /** The secret of the webhook: `whsec_` and the key in base64. Several while you replace one. */
  secret: string | readonly string[];
  /** Largest difference to the time of sending, in seconds. Default 300. */
  toleranceS?: number | undefined;
}>;

/** Checks signature and time of a message, and returns it. Rejects with a WebhookError if a check fails. */
export async function verifyWebhook(input: WebhookInput): Promise<WebhookMessage> {
  const { payload, headers, secret, toleranceS = 300 } = input;
  const [id, sentAt, signatures] = ['id', 'timestamp', 'signature'].map((name) => headerOf(headers, `webhook-${name}`));
  if (!id || !sentAt || !signatures) throw new WebhookError('The headers of a webhook message are missing.');
  const seconds = /^\d{1,12}$/.test(sentAt) ? Number(sentAt) : Number.NaN;
  if (!(Math.abs(Date.now() / 1_000 - seconds) <= toleranceS)) {
    throw new WebhookError(`The message was not sent within the last ${toleranceS} seconds.`);
  }
  const body = typeof payload === 'string' ? payload : new TextDecoder().decode(payload as Uint8Array<ArrayBuffer>);
  const signed = new TextEncoder().encode(`${id}.${sentAt}.${body}`);
  for (const each of [secret].flat()) {
    if (await isSigned(signed, await importKey(each), signatures)) return JSON.parse(body) as WebhookMessage;
  }
  throw new WebhookError('No signature of the message matches the secret.');
}

function headerOf(headers: WebhookInput['headers'], name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined;
  const found = Object.entries(headers as HeaderRecord).find(([each]) => each.toLowerCase() === name)?.[1];
  return [found].flat()[0];
}

const importKey = (secret: string) =>
  crypto.subtle.importKey('raw', bytesOf(secret.replace(/^whsec_/, '')), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'verify',
  ]);

/** Compares in constant time: `verify` does. */
async function isSigned(signed: Uint8Array, key: Awaited<ReturnType<typeof importKey>>, signatures: string) {
  for (const each of signatures.split(' ')) {
    const [version, signature = ''] = each.split(',');
    if (version !== 'v1' || !/^[\w+/]+={0,2}$/.test(signature)) continue;
    if (await crypto.subtle.verify('HMAC', key, bytesOf(signature), signed as Uint8Array<ArrayBuffer>)) return true;
  }
  return false;
}

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
