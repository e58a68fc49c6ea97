/** Slow, silent or misbehaving receivers do not delay the messages to others. */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Queue } from 'bullmq';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WebhookRequest } from '../../src/contracts/jobs/webhook.js';
import { createLookup } from '../../src/outbound/lookup.js';
import { createAddressLimit } from '../../src/webhooks/address-limit.js';
import { createSchedule } from '../../src/webhooks/delivery-schedule.js';
import { captureLog } from '../support/capture-log.js';
import { openDeliveries } from '../support/deliveries.js';
import { openReceiver, type Receiver } from '../support/receiver.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { openService, type Service, specOf } from '../support/running-service.js';

const secret = `whsec_${randomBytes(32).toString('base64')}`;
/** Guaranteed delivery time of another user's webhook. */
const PROMISED_MS = 10_000;

let server: TestRedis;
let service: Service;
let opened: { close(): unknown }[];

beforeEach(async () => {
  server = await startRedis();
  service = await openService(server);
  opened = [server, service];
});
afterEach(async () => {
  for (const each of opened.reverse()) await each.close();
});

type Options = Partial<Parameters<typeof openDeliveries>[1]>;

function deliver(options: Options = {}): ReturnType<typeof openDeliveries> {
  const deliveries = openDeliveries(server.url, { logger: captureLog().logger, secret, ...options });
  opened.push(deliveries);
  return deliveries;
}

async function receive(answer?: (n: number) => number): Promise<Receiver> {
  const receiver = await openReceiver(answer);
  opened.push(receiver);
  return receiver;
}

/** Starts a receiver on bare sockets that counts the connections open at the same time. */
async function receiveRaw(act: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  let most = 0;
  let all = 0;
  const listener = createServer((socket) => {
    sockets.add(socket);
    all += 1;
    most = Math.max(most, sockets.size);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    act(socket);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  opened.push({
    close() {
      for (const socket of sockets) socket.destroy();
      listener.close();
    },
  });
  const { port } = listener.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, most: () => most, all: () => all, open: () => sockets.size };
}

function trickle(socket: Socket): void {
  socket.write('HTTP/1.1 200 OK\r\nx-slow: ');
  const timer = setInterval(() => socket.write('a'), 100);
  socket.once('close', () => clearInterval(timer));
}

const ABUSES: Readonly<Record<string, (socket: Socket) => void>> = {
  'accept and never answer': () => undefined,
  'trickle the head of their answer': trickle,
  'answer with a body without end': (socket) => {
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const fill = (): void => {
      while (!socket.destroyed && socket.write(chunk)) {}
    };
    socket.write('HTTP/1.1 500 No\r\ncontent-length: 1000000000000\r\n\r\n');
    socket.on('drain', fill);
    fill();
  },
  'close without an answer': (socket) => socket.destroy(),
};

const submit = (webhooks: WebhookRequest[]) => service.jobs.submit(specOf('succeeds'), { webhooks });

/** Submits many jobs of one user, each with one webhook at each of these receivers. */
async function flood(urls: readonly string[], jobs: number): Promise<void> {
  for (let job = 0; job < jobs; job++)
    await submit(urls.map((url, hook) => ({ url: `${url}/job-${job}/${hook}?x=${hook}`, events: ['status'] })));
}

async function deliveryTimeMs(receiver: Receiver): Promise<number> {
  const started = performance.now();
  const count = receiver.received.length;
  await submit([{ url: receiver.url, events: ['status'] }]);
  await receiver.count(count + 1);
  return performance.now() - started;
}

describe("another user's webhook", () => {
  it.each(Object.keys(ABUSES))(
    'is delivered in time next to five receivers that %s',
    async (abuse) => {
      deliver({ retryDelaysMs: [100, 100, 100, 100, 100] });
      const bad = await Promise.all(Array.from({ length: 5 }, () => receiveRaw(ABUSES[abuse] ?? (() => undefined))));
      const good = await receive();
      await flood(
        bad.map(({ url }) => url),
        40,
      );
      await expect.poll(() => bad.every(({ all }) => all() > 0), { timeout: 30_000 }).toBe(true);
      for (let message = 0; message < 3; message++) expect(await deliveryTimeMs(good)).toBeLessThan(PROMISED_MS);
    },
    120_000,
  );

  it('is delivered in time next to sixty hanging ports of one host, with two workers', async () => {
    deliver();
    deliver();
    const bad = await Promise.all(Array.from({ length: 60 }, () => receiveRaw(() => undefined)));
    const good = await receive();
    for (let from = 0; from < bad.length; from += 5)
      await flood(
        bad.slice(from, from + 5).map(({ url }) => url),
        4,
      );
    await expect.poll(() => bad.every(({ all }) => all() > 0), { timeout: 30_000 }).toBe(true);
    for (let message = 0; message < 3; message++) expect(await deliveryTimeMs(good)).toBeLessThan(PROMISED_MS);
    expect(Math.max(...bad.map(({ most }) => most()))).toBe(1);
  }, 120_000);

  it('is delivered in time next to receivers whose names no name server resolves', async () => {
    const silent = createSocket('udp4');
    let asked = 0;
    silent.on('message', () => {
      asked += 1;
    });
    silent.bind(0, '127.0.0.1');
    await once(silent, 'listening');
    opened.push(silent);
    const good = await receive();
    deliver({ timeoutMs: 5_000, lookup: createLookup({ servers: [`127.0.0.1:${silent.address().port}`] }) });
    for (let from = 0; from < 40; from++)
      await flood(
        Array.from({ length: 5 }, (_, i) => `http://name-${5 * from + i}.example.org`),
        1,
      );
    await expect.poll(() => asked, { timeout: 30_000 }).toBeGreaterThan(20);
    const local = { ...good, url: good.url.replace('127.0.0.1', 'localhost') };
    for (const receiver of [good, local]) expect(await deliveryTimeMs(receiver)).toBeLessThan(PROMISED_MS);
  }, 60_000);
});

describe('a receiver', () => {
  it('that returns gets every waiting message once', async () => {
    let isUp = false;
    const receiver = await receive(() => (isUp ? 204 : 0));
    deliver({ timeoutMs: 200, retryDelaysMs: [100, 100, 100, 100, 100, 100, 100, 100, 100, 100] });
    await flood([receiver.url], 30);
    await receiver.count(2);
    const before = receiver.received.length;
    isUp = true;
    const idOf = ({ headers }: (typeof receiver.received)[number]) => headers['webhook-id'];
    await expect
      .poll(() => new Set(receiver.received.slice(before).map(idOf)).size, { timeout: 30_000 })
      .toBeGreaterThanOrEqual(29);
    const ids = receiver.received.slice(before).map(idOf);
    expect(new Set(ids).size).toBe(ids.length);
  }, 60_000);

  it('gets one message at a time if it is slow, and at most four if it is prompt', async () => {
    const answer = (afterMs: number) => (socket: Socket) =>
      socket.once('data', () => setTimeout(() => socket.end('HTTP/1.1 204 No Content\r\n\r\n'), afterMs));
    const [slow, prompt] = [await receiveRaw(answer(300)), await receiveRaw(answer(20))];
    await flood([slow.url], 4);
    await flood([prompt.url], 20);
    deliver({ slowMs: 200 });
    await expect.poll(() => [slow.all(), prompt.all()], { timeout: 30_000 }).toEqual([4, 20]);
    expect(slow.most()).toBe(1);
    expect(prompt.most()).toBeLessThanOrEqual(4);
  });

  it('has messages older than a day given up if it has not answered for a day', async () => {
    const silent = await receiveRaw(() => undefined);
    deliver({ timeoutMs: 100, giveUpMs: 500, retryDelaysMs: Array<number>(50).fill(100) });
    const { id } = await submit([{ url: silent.url, events: ['status'] }]);
    const newest = async () =>
      JSON.parse(
        (await service.redis.xrevrange(`trainyard:deliveries:${id}`, '+', '-', 'COUNT', 1))[0]?.[1][1] ?? '{}',
      );
    await expect.poll(newest, { timeout: 20_000 }).toMatchObject({
      outcome: 'failed',
      error: 'given up: the receiver has not answered for a day',
    });
    expect(await service.redis.keys('trainyard:receivers:*')).toEqual([]);
  });
});

describe('a delivery', () => {
  it('is made by another worker if its worker was killed', async () => {
    const receiver = await receive();
    await submit([{ url: receiver.url, events: ['status'] }]);
    const [[entry = '', [, jobId = '']] = ['', []]] = await service.redis.xrange('trainyard:webhook-frames', '-', '+');
    const killed = createSchedule(service.redis, { leaseMs: 500 });
    const target = { receiver: new URL(receiver.url).origin, delivery: { jobId, seq: 1, hook: '0' } };
    await killed.accept([target], { entry });
    expect((await killed.claim(true)).claim).toMatchObject(target);
    expect(await killed.claim(true)).toEqual({});
    deliver();
    await receiver.count(1);
    expect(receiver.received[0]?.headers['webhook-id']).toBe(`${jobId}-1`);
    await expect.poll(() => service.redis.keys('trainyard:receiver*'), { timeout: 20_000 }).toEqual([]);
  });

  it('is made although a lease is damaged and a receiver has lost its deliveries', async () => {
    await service.redis.zadd('trainyard:receivers:leases', 0, 'damaged');
    await service.redis.zadd('trainyard:receivers:well', 0, 'http://lost.example');
    await service.redis.zadd('trainyard:receivers:unwell', 0, 'http://lost.example');
    const receiver = await receive();
    deliver();
    await submit([{ url: receiver.url, events: ['status'] }]);
    await receiver.count(1);
    await expect.poll(() => service.redis.keys('trainyard:receiver*'), { timeout: 20_000 }).toEqual([]);
  });

  it('is accepted once if several workers read the same frame', async () => {
    const [one, other] = [
      createSchedule(service.redis, { leaseMs: 500 }),
      createSchedule(service.redis, { leaseMs: 500 }),
    ];
    await submit([{ url: 'http://127.0.0.1:9/', events: ['status'] }]);
    const [[entry = '', [, jobId = '']] = ['', []]] = await service.redis.xrange('trainyard:webhook-frames', '-', '+');
    const target = { receiver: 'http://127.0.0.1:9', delivery: { jobId, seq: 1, hook: '0' } };
    await one.accept([target], { entry });
    const { claim } = await one.claim(true);
    if (claim === undefined) throw new Error('Nothing was claimed.');
    await one.release(claim, { health: 'prompt' });
    await other.accept([target], { entry });
    expect(await other.claim(true)).toEqual({});
  });

  it('is made if an earlier release left it in BullMQ', async () => {
    const receiver = await receive();
    const { id } = await submit([{ url: receiver.url, events: ['status'] }]);
    await service.redis.del('trainyard:webhook-frames');
    const queue = new Queue('webhooks', { connection: service.redis, prefix: 'trainyard' });
    await queue.add('deliver', { jobId: id, seq: 1, hook: '0' }, { delay: 500 });
    await queue.close();
    deliver();
    await receiver.count(1);
    expect(receiver.received[0]?.headers['webhook-id']).toBe(`${id}-1`);
  });
});

describe('one address', () => {
  it('has a limit on open requests, and so has the IPv6 network of one host', () => {
    const limit = createAddressLimit(2);
    const leave = limit.enter('192.0.2.1');
    limit.enter('192.0.2.1');
    expect(() => limit.enter('192.0.2.1')).toThrow('2 requests to 192.0.2.1 are open');
    limit.enter('192.0.2.2');
    leave();
    limit.enter('192.0.2.1');
    limit.enter('2001:db8::1');
    limit.enter('2001:db8:0:0:ffff::2');
    expect(() => limit.enter('2001:db8:0:0::3')).toThrow('2 requests to 2001:db8:0:0');
    limit.enter('2001:db8:0:1::3');
    limit.enter('::ffff:192.0.2.3');
    limit.enter('192.0.2.3');
    expect(() => limit.enter('::ffff:192.0.2.3')).toThrow('2 requests to 192.0.2.3');
    limit.enter('::ffff:192.0.2.4');
  });
});
