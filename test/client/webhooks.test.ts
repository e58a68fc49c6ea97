/** verifyWebhook against the service's own sender, and against the reference library of Standard Webhooks. */
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Trainyard, verifyWebhook, WebhookError } from '../../src/client/index.js';
import { openReceiver, type Receiver } from '../support/receiver.js';
import { type ServiceProcesses, SMALL_JOB, startProcesses } from './service.js';

const secret = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`;
const other = `whsec_${Buffer.from('fedcba9876543210fedcba9876543210').toString('base64')}`;

describe('a message of the service', () => {
  let processes: ServiceProcesses;
  let receiver: Receiver;

  beforeAll(async () => {
    [processes, receiver] = await Promise.all([startProcesses(), openReceiver()]);
  });
  afterAll(async () => {
    receiver.close();
    await processes.close();
  });

  it('is verified, and is listed among the deliveries', async () => {
    const trainyard = new Trainyard({ url: processes.address });
    const webhooks = [{ url: receiver.url, secret, events: ['end' as const] }];
    const { id } = await trainyard.jobs.submit({ ...SMALL_JOB, epochs: 1, webhooks });
    await receiver.count(1);
    const { body, headers } = receiver.received[0] ?? { body: '', headers: {} };
    const message = await verifyWebhook({ payload: body, headers, secret: [other, secret] });
    expect(message).toMatchObject({ type: 'job.end', data: { jobId: id, type: 'end', status: 'succeeded' } });
    await expect(verifyWebhook({ payload: `${body} `, headers, secret })).rejects.toThrow(WebhookError);
    await expect(verifyWebhook({ payload: body, headers, secret: other })).rejects.toThrow(/No signature/);
  });
});

describe('a message of the reference library', () => {
  const payload = JSON.stringify({ type: 'job.end', timestamp: '2026-01-01T00:00:00.000Z', data: { text: 'é' } });
  const sign = (at: Date) => ({
    'Webhook-Id': 'a',
    'Webhook-Timestamp': String(Math.floor(at.getTime() / 1_000)),
    'Webhook-Signature': new Webhook(secret).sign('a', at, payload),
  });

  it('is verified from text, from bytes, and from headers of fetch', async () => {
    const headers = sign(new Date());
    for (const body of [payload, new TextEncoder().encode(payload)]) {
      expect(await verifyWebhook({ payload: body, headers, secret })).toEqual(JSON.parse(payload));
    }
    expect(await verifyWebhook({ payload, headers: new Headers(headers), secret })).toEqual(JSON.parse(payload));
  });

  it('is verified by any of several signatures', async () => {
    const headers = sign(new Date());
    headers['Webhook-Signature'] = `v2,abcd v1,AAAA v1,~~~ ${headers['Webhook-Signature']}`;
    expect(await verifyWebhook({ payload, headers, secret })).toEqual(JSON.parse(payload));
  });

  it('is refused if it is too old, from the future, or lacks a header', async () => {
    const at = (seconds: number) => sign(new Date(Date.now() + 1_000 * seconds));
    for (const headers of [at(-400), at(400), { ...at(0), 'Webhook-Timestamp': 'now' }]) {
      await expect(verifyWebhook({ payload, headers, secret })).rejects.toThrow(/last 300 seconds/);
    }
    expect(await verifyWebhook({ payload, headers: at(-400), secret, toleranceS: 500 })).toBeDefined();
    await expect(verifyWebhook({ payload, headers: {}, secret })).rejects.toThrow(/headers/);
  });
});
