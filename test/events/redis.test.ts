/** Connections to a Redis that disappears or stops being the primary. */
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ConnectionKind, connectRedis, disconnect, type Redis, whenReady } from '../../src/events/index.js';
import { openProxy, type RedisProxy } from '../support/proxy.js';
import { nextReady, startRedis, type TestRedis } from '../support/redis.js';

const logger = pino({ level: 'silent' });

let server: TestRedis;
let proxy: RedisProxy;
const opened: Redis[] = [];

beforeEach(async () => {
  server = await startRedis();
  proxy = await openProxy(server);
});
afterEach(async () => {
  for (const redis of opened.splice(0)) disconnect(redis);
  await proxy.close();
  await server.close();
});

async function open(kind: ConnectionKind, silenceMs?: number): Promise<Redis> {
  const redis = connectRedis(proxy.url, kind, logger, silenceMs === undefined ? {} : { silenceMs });
  opened.push(redis);
  await whenReady(redis, 5_000);
  return redis;
}

describe('a silent connection', () => {
  test('is replaced if it carries commands', async () => {
    const redis = await open('commands', 500);
    const back = nextReady(redis);
    proxy.silence();
    // Either sent again on the new connection, or failed by its own time limit.
    await redis.ping().catch(() => undefined);
    await back;
    expect(await redis.ping()).toBe('PONG');
  });

  test('is replaced if it blocks', async () => {
    const redis = await open('worker', 500);
    const back = nextReady(redis);
    proxy.silence();
    const popped = redis.blpop('list', 20);
    await back;
    await (await open('commands')).lpush('list', 'item');
    expect(await popped).toEqual(['list', 'item']);
  });

  test('is replaced if it only listens', async () => {
    const redis = await open('subscriber', 500);
    await redis.subscribe('channel');
    const back = nextReady(redis);
    proxy.silence();
    await back;
  });

  test('stays if it is only idle', async () => {
    const kinds = ['commands', 'worker', 'subscriber'] as const;
    const connections = await Promise.all(kinds.map((kind) => open(kind, 1_000)));
    const [commands, worker, subscriber] = connections as [Redis, Redis, Redis];
    const lost: string[] = [];
    for (const redis of connections) redis.on('close', () => lost.push(redis.options.connectionName ?? ''));
    await subscriber.subscribe('channel');
    const heard = new Promise((resolve) => subscriber.once('message', (_, text) => resolve(text)));
    await worker.blpop('list', 0.1);
    await (await open('worker')).blpop('list', 3); // three times the limit on silence
    await commands.publish('channel', 'still there');
    expect(await heard).toBe('still there');
    expect(lost).toEqual([]);
  });
});

test('accepts an answer that arrived while the process was blocked for longer than the time limit', async () => {
  const redis = await open('commands');
  const answer = redis.ping();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_500);
  expect(await answer).toBe('PONG');
});

test('reconnects by its address if Redis became a replica', async () => {
  const redis = await open('commands');
  await redis.replicaof('127.0.0.1', '1');
  const back = nextReady(redis);
  await expect(redis.set('key', 1)).rejects.toThrow(/READONLY/);
  await back;
  await redis.replicaof('NO', 'ONE');
  expect(await redis.set('key', 2)).toBe('OK');
});
