/** Signatures of messages, verified by the library of Standard Webhooks. */
import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { sign } from '../../src/webhooks/signature.js';

const secret = `whsec_${randomBytes(32).toString('base64')}`;
const now = (): number => Math.floor(Date.now() / 1000);
const body = JSON.stringify({ type: 'job.end', text: 'äöü 🎉 "quoted"' });

test('an independent implementation verifies a signed message and reads its body', () => {
  expect(new Webhook(secret).verify(body, { ...sign(secret, 'job-1', now(), body) })).toEqual(JSON.parse(body));
});

test.each([
  ['with another body', () => ({ headers: sign(secret, 'job-1', now(), body), text: `${body} ` })],
  [
    'with another id',
    () => ({ headers: { ...sign(secret, 'job-1', now(), body), 'webhook-id': 'job-2' }, text: body }),
  ],
  ['of ten minutes ago', () => ({ headers: sign(secret, 'job-1', now() - 600, body), text: body })],
  ['by another secret', () => ({ headers: sign(`whsec_${'A'.repeat(44)}`, 'job-1', now(), body), text: body })],
])('a message %s is refused by it', (_, message) => {
  const { headers, text } = message();
  expect(() => new Webhook(secret).verify(text, { ...headers })).toThrow();
});
