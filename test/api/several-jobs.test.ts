/** Several jobs, or all, over one WebSocket. */
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { Frame } from '../../src/contracts/event.js';
import { type Api, openApi, readStream, refusedUpgrade } from '../support/api.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { openService, type Service } from '../support/running-service.js';

let server: TestRedis;
let service: Service;
let api: Api;

beforeAll(async () => {
  server = await startRedis();
  service = await openService(server);
  api = await openApi(service);
  await service.work();
});
afterAll(async () => {
  await api.close();
  await service.close();
  await server.close();
});

const seqs = (frames: readonly Frame[], id: string): number[] =>
  frames.filter(({ jobId }) => jobId === id).map(({ seq }) => seq);
const numbers = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

test('the jobs that are named are followed to the last of their ends, each from its number', async () => {
  const [one, two] = [await service.submit('succeeds'), await service.submit('walks')];
  const strangers = await service.submit('succeeds');
  await service.history(one.id);
  const query = `?jobs=${one.id},${two.id}&after=${one.id}:10`;
  const { frames, code } = await readStream(`${api.socketAddress}/metrics${query}`);
  expect(seqs(frames, one.id)).toEqual(numbers(11, 13));
  expect(seqs(frames, two.id)).toEqual(numbers(1, 13));
  expect(frames).toHaveLength(16);
  expect(code).toBe(1000);
  await service.history(strangers.id);
});

test('all jobs include those that come later, and after a reconnection those that came and ended meanwhile', async () => {
  const ended = await service.submit('succeeds');
  await service.history(ended.id);
  const running = await service.submit('walks');
  const frames: Frame[] = [];
  const socket = new WebSocket(`${api.socketAddress}/metrics`);
  socket.on('message', (data) => frames.push(JSON.parse(String(data)) as Frame));
  await once(socket, 'message');
  const next = await service.submit('succeeds');
  await expect.poll(() => seqs(frames, next.id), { timeout: 20_000 }).toEqual(numbers(1, 13));
  socket.terminate();
  expect(seqs(frames, running.id)).toEqual(numbers(1, 13));
  expect(seqs(frames, ended.id)).toEqual([]);

  const missed = await service.submit('succeeds');
  await service.history(missed.id);
  const again: Frame[] = [];
  const second = new WebSocket(`${api.socketAddress}/metrics?after=${next.id}:12`);
  second.on('message', (data) => again.push(JSON.parse(String(data)) as Frame));
  await expect.poll(() => again.length, { timeout: 20_000 }).toBe(14);
  expect([seqs(again, next.id), seqs(again, missed.id)]).toEqual([[13], numbers(1, 13)]);
  expect(await service.redis.pubsub('NUMPAT')).toBe(1);
  second.terminate();
  await expect.poll(() => service.redis.pubsub('NUMPAT')).toBe(0);
});

test('a job that is not there, a number of a job that is not named, and a plain GET are refused', async () => {
  const { id } = await service.submit('succeeds');
  await service.history(id);
  const url = `${api.socketAddress}/metrics`;
  expect(await refusedUpgrade(`${url}?jobs=${id},nobody`)).toMatchObject({ status: 404 });
  expect(await refusedUpgrade(`${url}?jobs=${id}&after=other:1`)).toMatchObject({ status: 400 });
  expect(await refusedUpgrade(`${url}?after=${id}`)).toMatchObject({ status: 400 });
  expect(await refusedUpgrade(url, { origin: 'http://evil.example' })).toMatchObject({ status: 403 });
  expect((await fetch(`${api.address}/metrics`)).status).toBe(426);
  expect(await readStream(`${url}?jobs=${id}&after=${id}:99`)).toMatchObject({
    code: 4409,
    reason: expect.stringContaining(id),
  });
});
