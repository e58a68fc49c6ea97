/** Signature of a webhook message: Standard Webhooks (standardwebhooks.com), version 1, symmetric. */
import { createHmac } from 'node:crypto';

export type SignatureHeaders = Readonly<{
  'webhook-id': string;
  'webhook-timestamp': string;
  'webhook-signature': string;
}>;

/**
 * Returns the headers of a message: HMAC-SHA256 of `id.timestamp.body`. `secret` is `whsec_` followed by the key in base64. `seconds` is the
 * time of sending since 1970, by which a receiver detects a replayed message.
 */
export function sign(secret: string, id: string, seconds: number, body: string): SignatureHeaders {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(seconds), 'webhook-signature': `v1,${signature}` };
}
