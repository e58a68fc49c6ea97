/** Webhooks of jobs over a real queue, to a real HTTP server that verifies them by Standard Webhooks. */
import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DeliveryPage, WebhookRequest } from '../../src/contracts/jobs/webhook.js';
import type { OutboundNetworks } from '../../src/contracts/service/outbound-networks.js';
import { createJournal } from '../../src/events/index.js';
import { createRetention } from '../../src/queue/index.js';
import { type Api, openApi } from '../support/api.js';
import { captureLog } from '../support/capture-log.js';
import { openDeliveries } from '../support/deliveries.js';
import { openReceiver, type Received, type Receiver } from '../support/receiver.js';
import { nextReady, startRedis, type TestRedis } from '../support/redis.js';
import { openService, type Service, specOf } from '../support/running-service.js';

const secret = `whsec_${randomBytes(32).toString('base64')}`;

/** Allows for a busy machine. */
const soon = { timeout: 20_000 };

let server: TestRedis;
let service: Service;
let api: Api;
let opened: { close(): unknown }[];
let log: ReturnType<typeof captureLog>;

beforeEach(async () => {
  server = await startRedis();
  service = await openService(server);
  api = await openApi(service);
  log = captureLog();
  opened = [server, service, api];
});
afterEach(async () => {
  for (const each of opened.reverse()) await each.close();
});

async function receive(answer?: (n: number) => number): Promise<Receiver> {
  const receiver = await openReceiver(answer);
  opened.push(receiver);
  return receiver;
}

type Options = Readonly<{
  networks?: OutboundNetworks;
  timeoutMs?: number;
  global?: { url: string; events: readonly ('end' | 'epoch')[] };
}>;

/** Starts deliveries like a worker, with short pauses. */
function deliver(options: Options = {}): void {
  opened.push(openDeliveries(server.url, { logger: log.logger, secret, ...options }));
}

const submit = (webhooks: WebhookRequest[]) => service.jobs.submit(specOf('succeeds'), { webhooks });

async function deliveriesOf(jobId: string, query = ''): Promise<DeliveryPage> {
  return (await (await fetch(`${api.address}/webhooks/deliveries?job=${jobId}${query}`)).json()) as DeliveryPage;
}

const outcomes = async (jobId: string): Promise<string[]> =>
  (await deliveriesOf(jobId)).deliveries.map(({ attempt, outcome, status }) => `${attempt} ${outcome} ${status}`);

const summarizeMessages = (received: readonly Received[]): string[] =>
  received
    .map(({ message: { type, data } }) => `${data.seq} ${type}`)
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));

describe('a job with a webhook', () => {
  test('gets one signed POST for each status and for its end', async () => {
    const receiver = await receive();
    deliver();
    const { id } = await submit([{ url: receiver.url, secret }]);
    await service.work();
    await receiver.count(3);
    const history = await service.history(id);
    expect(summarizeMessages(receiver.received)).toEqual(['1 job.status', '2 job.status', '13 job.end']);
    for (const { headers, body, message } of receiver.received) {
      expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toEqual(message);
      expect(headers).toMatchObject({
        'content-type': 'application/json',
        'webhook-id': `${id}-${message.data.seq}`,
      });
      expect(message).toEqual({
        type: `job.${message.data.type}`,
        timestamp: message.data.at,
        data: history[message.data.seq - 1],
      });
    }
    await expect.poll(() => outcomes(id), soon).toEqual(['1 delivered 204', '1 delivered 204', '1 delivered 204']);
  });

  test("posts the requested frames to each webhook, with the job's secret or the service's", async () => {
    const [one, two] = [await receive(), await receive()];
    const own = `whsec_${randomBytes(24).toString('base64')}`;
    deliver();
    await submit([
      { url: one.url, events: ['epoch'], secret: own },
      { url: two.url, events: ['end', 'epoch'] },
    ]);
    await service.work();
    await Promise.all([one.count(2), two.count(3)]);
    expect(summarizeMessages(one.received)).toEqual(['7 job.epoch', '12 job.epoch']);
    expect(summarizeMessages(two.received)).toEqual(['7 job.epoch', '12 job.epoch', '13 job.end']);
    for (const [receiver, key] of [
      [one, own],
      [two, secret],
    ] as const)
      for (const { headers, body } of receiver.received)
        expect(new Webhook(key).verify(body, headers as Record<string, string>)).toBeTruthy();
  });

  test('shows no secret in responses or log lines', async () => {
    const receiver = await receive(() => 500);
    deliver();
    const body = JSON.stringify({
      network: 'resnet',
      webhooks: [{ url: `${receiver.url}?token=t0ken`, secret, events: ['status'] }],
    });
    const headers = { 'content-type': 'application/json' };
    const submitted = await (await fetch(`${api.address}/jobs`, { method: 'POST', headers, body })).text();
    const { id } = JSON.parse(submitted) as { id: string };
    await receiver.count(3);
    await expect.poll(() => outcomes(id), soon).toEqual(['3 failed 500', '2 retrying 500', '1 retrying 500']);
    const answers = [
      submitted,
      ...(await Promise.all(
        [`/jobs/${id}`, '/jobs', `/jobs/${id}/metrics`, `/webhooks/deliveries?job=${id}`].map(async (path) =>
          (await fetch(api.address + path)).text(),
        ),
      )),
    ];
    expect(JSON.parse(submitted)).toMatchObject({ webhooks: [{ url: `${receiver.url}?…`, events: ['status'] }] });
    const all = [...answers, JSON.stringify(log.lines)].join('\n');
    expect(log.lines).toContainEqual(expect.objectContaining({ msg: 'webhook sent', jobId: id, outcome: 'failed' }));
    expect(all).not.toContain(secret.slice(6));
    expect(all).not.toContain('t0ken');
  });
});

describe('a message that is not accepted', () => {
  test('is sent again with the same id and a new signature until it is accepted', async () => {
    const receiver = await receive((n) => (n < 3 ? 503 : 200));
    deliver();
    const { id } = await submit([{ url: receiver.url, events: ['status'] }]);
    await receiver.count(3);
    await expect.poll(() => outcomes(id), soon).toEqual(['3 delivered 200', '2 retrying 503', '1 retrying 503']);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([`${id}-1`]));
    const page = await deliveriesOf(id, '&limit=2');
    expect(page.deliveries).toHaveLength(2);
    const rest = await deliveriesOf(id, `&limit=2&cursor=${page.nextCursor}`);
    expect(rest).toEqual({ deliveries: [expect.objectContaining({ attempt: 1, error: 'answered 503' })] });
    expect(Date.parse(rest.deliveries[0]?.nextAttemptAt ?? '')).toBeGreaterThan(0);
  });

  test('is given up at 410, and follows no redirect', async () => {
    const [gone, moved] = [await receive(() => 410), await receive(() => 302)];
    deliver();
    const one = await submit([{ url: gone.url, events: ['status'] }]);
    const two = await submit([{ url: moved.url, events: ['status'] }]);
    await expect.poll(() => outcomes(one.id), soon).toEqual(['1 failed 410']);
    await expect.poll(() => outcomes(two.id), soon).toEqual(['3 failed 302', '2 retrying 302', '1 retrying 302']);
  });

  test('is logged with a sentence if nobody answers in time', async () => {
    const silent = await receive(() => 0);
    const closed = await openReceiver();
    closed.close();
    deliver({ timeoutMs: 100 });
    const { id } = await submit([
      { url: silent.url, events: ['status'] },
      { url: closed.url, events: ['status'] },
    ]);
    await expect.poll(async () => (await deliveriesOf(id)).deliveries.length, soon).toBe(6);
    const errors = (await deliveriesOf(id)).deliveries.map(({ error }) => error).sort();
    expect(errors.slice(0, 3)).toEqual(Array(3).fill(expect.stringContaining('ECONNREFUSED')));
    expect(errors.slice(3)).toEqual(Array(3).fill('no answer within 100 ms'));
  });

  test('is not sent to a name in a private network if only public networks are allowed', async () => {
    const receiver = await receive();
    deliver({ networks: 'public' });
    const { id } = await submit([{ url: receiver.url.replace('127.0.0.1', 'localhost'), events: ['status'] }]);
    await expect
      .poll(async () => (await deliveriesOf(id)).deliveries.at(0), soon)
      .toMatchObject({
        outcome: 'failed',
        error: expect.stringMatching(/is in a private network/),
      });
    expect(receiver.received).toEqual([]);
  });
});

describe('messages', () => {
  test('for frames from before a worker started are delivered once each, even with two workers', async () => {
    const receiver = await receive();
    await service.work();
    const ids = [];
    for (let job = 0; job < 5; job++) ids.push((await submit([{ url: receiver.url, events: ['end'] }])).id);
    for (const id of ids) await service.history(id);
    expect(receiver.received).toEqual([]);
    deliver();
    deliver();
    await receiver.count(5);
    for (const id of ids) await expect.poll(() => outcomes(id), soon).toEqual(['1 delivered 204']);
    expect(receiver.received.map(({ headers }) => headers['webhook-id']).sort()).toEqual(
      ids.map((id) => `${id}-13`).sort(),
    );
    expect(await service.redis.xlen('trainyard:webhook-frames')).toBe(0);
  });

  test('arrive although Redis was killed meanwhile', async () => {
    const receiver = await receive((n) => (n === 1 ? 500 : 204));
    const back = [nextReady(service.redis)];
    deliver();
    const { id } = await submit([{ url: receiver.url, events: ['status'] }]);
    await receiver.count(1);
    await server.kill();
    await server.start();
    await Promise.all(back);
    await receiver.count(2);
    await expect.poll(() => outcomes(id), soon).toContainEqual('2 delivered 204');
  });

  test('of every job go to the webhook of the service', async () => {
    const receiver = await receive();
    deliver({ global: { url: receiver.url, events: ['end'] } });
    const journal = createJournal(service.redis, { stepFrames: 100, isFollowedByWebhook: true });
    await service.work({ journal });
    const { id } = await service.submit('succeeds');
    await receiver.count(1);
    const [{ headers, body } = { headers: {}, body: '' }] = receiver.received;
    expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toMatchObject({
      type: 'job.end',
      data: { jobId: id, status: 'succeeded' },
    });
  });

  test('of all jobs are listed together, newest first and in pages, without those of removed jobs', async () => {
    const receiver = await receive();
    deliver();
    await service.work();
    const webhooks: WebhookRequest[] = [{ url: receiver.url, events: ['end'] }];
    const ids: string[] = [];
    while (ids.length < 3) {
      const { id } = await submit(webhooks);
      await expect.poll(() => outcomes(id), soon).toHaveLength(1);
      ids.push(id);
    }
    const list = async (query: string): Promise<DeliveryPage> =>
      (await (await fetch(`${api.address}/webhooks/deliveries?${query}`)).json()) as DeliveryPage;
    const first = await list('limit=2');
    expect(first.deliveries.map(({ job }) => job)).toEqual([ids[2], ids[1]]);
    const second = await list(`limit=2&cursor=${first.nextCursor}`);
    expect(second.deliveries).toEqual((await deliveriesOf(ids[0] ?? '')).deliveries);
    expect(second.nextCursor).toBeUndefined();
    await service.jobs.remove(ids[1] ?? '');
    expect((await list('limit=10')).deliveries.map(({ job }) => job)).toEqual([ids[2], ids[0]]);
  });

  test('leave no log when their job is removed', async () => {
    const receiver = await receive();
    deliver();
    await service.work();
    const { id } = await submit([{ url: receiver.url, events: ['end'] }]);
    await expect.poll(() => outcomes(id), soon).toEqual(['1 delivered 204']);
    const { redis, logger } = service;
    expect(await createRetention({ redis, logger, days: 1, count: 0 }).sweep(Date.now() + 2 * 86_400_000)).toBe(1);
    expect(await service.redis.exists(`trainyard:deliveries:${id}`)).toBe(0);
    expect((await fetch(`${api.address}/webhooks/deliveries?job=${id}`)).status).toBe(404);
  });
});

describe('a submission', () => {
  test.each([
    [{ url: 'ftp://example.com/' }, '/webhooks/0/url'],
    [{ url: 'http://169.254.169.254/latest', secret }, '/webhooks/0/url'],
    [{ url: 'https://example.com/', secret: 'whsec_tooShortAndVerySecret' }, '/webhooks/0/secret'],
    [{ url: 'https://example.com/', secret: 7 }, '/webhooks/0/secret'],
    [{ url: 'https://example.com/' }, '/webhooks/0/secret'],
    [{ url: 'https://example.com/', secret, events: ['step'] }, '/webhooks/0/events/0'],
    [{ url: 'https://example.com/', secret, events: [] }, '/webhooks/0/events'],
    [{ secret }, '/webhooks/0/url'],
  ])('with a webhook that cannot be is refused: %o', async (webhook, pointer) => {
    const body = JSON.stringify({ network: 'resnet', webhooks: [webhook] });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${api.address}/jobs`, { method: 'POST', headers, body });
    const text = await response.text();
    expect(response.status).toBe(400);
    expect(JSON.parse(text)).toMatchObject({ code: 'invalid_request', errors: [{ pointer }] });
    expect(text).not.toContain('tooShortAndVerySecret');
    expect(text).not.toContain(secret.slice(6));
  });
});
