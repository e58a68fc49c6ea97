/** Several jobs, or all, over one WebSocket. */
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { Frame } from '../../src/contracts/jobs/frame.js';
import { OPEN_STATUSES } from '../../src/contracts/jobs/job.js';
import { openApi, readStream, refusedUpgrade } from '../support/api.js';
import { openRunningApi } from '../support/running-api.js';
import { specOf } from '../support/running-service.js';

const { CLOSING } = WebSocket;

const { service, api } = await openRunningApi({ works: true });

const seqs = (frames: readonly Frame[], id: string): number[] =>
  frames.filter(({ jobId }) => jobId === id).map(({ seq }) => seq);
const numbers = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

test('follows the named jobs, each from its number, until the last has ended', async () => {
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

test('follows later jobs too, and after a reconnection those that were submitted and ended meanwhile', async () => {
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

test.each(['/metrics', '/metrics?jobs='])(
  'a follower of several jobs that does not read is dropped with 1013, and costs the others nothing: %s',
  async (path) => {
    const limited = await openApi(service, { readerLimits: { maxBufferedBytes: 50_000, stallMs: 200 } });
    const [one, two] = [await service.jobs.submit(specOf('waits')), await service.jobs.submit(specOf('waits'))];
    const url = `${limited.socketAddress}${path}${path.endsWith('=') ? `${one.id},${two.id}` : ''}`;
    const slow = new WebSocket(url);
    await once(slow, 'open');
    slow.pause();
    const seen: Frame[] = [];
    const reader = new WebSocket(url);
    reader.on('message', (data) => seen.push(JSON.parse(String(data)) as Frame));
    await once(reader, 'message');

    const closed = once(slow, 'close') as Promise<[number, Buffer]>;
    const isClosing = (): boolean =>
      [...limited.app.websocketServer.clients].some((each) => each.readyState === CLOSING);
    // It is told why only where it reads again before its connection is cut.
    const dropped = expect.poll(isClosing, { timeout: 20_000, interval: 20 }).toBe(true);
    const told = dropped.then(() => slow.resume());

    // Far more than what the system keeps for a connection.
    const reason = { code: 'internal', message: 'x'.repeat(50_000) };
    const open = OPEN_STATUSES;
    for (let n = 0; n < 200; n++)
      for (const { id: jobId } of [one, two])
        await service.journal.write({
          jobId,
          from: open,
          event: { type: 'status', status: 'queued', attempt: 0, reason },
        });
    const last = await Promise.all([one, two].map(({ id }) => service.redis.hget(`trainyard:job:${id}`, 'seq')));
    await expect
      .poll(() => [one, two].map(({ id }) => seqs(seen, id).at(-1)), { timeout: 20_000 })
      .toEqual(last.map(Number));
    for (const { id } of [one, two]) expect(seqs(seen, id)).toEqual(numbers(1, seqs(seen, id).length));

    await told;
    const [code, why] = await closed;
    expect({ code, why: String(why) }).toEqual({ code: 1013, why: 'read too slowly; continue with ?after' });
    reader.terminate();
    await limited.close();
    for (const { id } of [one, two]) await service.jobs.cancel(id);
  },
);

test('refuses an unknown job, a number for a job that is not named, and a plain GET', async () => {
  const { id } = await service.submit('succeeds');
  await service.history(id);
  const url = `${api.socketAddress}/metrics`;
  expect(await refusedUpgrade(`${url}?jobs=${id},nobody`)).toMatchObject({ status: 404 });
  expect(await refusedUpgrade(`${url}?jobs=${id}&after=other:1`)).toMatchObject({ status: 400 });
  expect(await refusedUpgrade(`${url}?after=${id}`)).toMatchObject({ status: 400 });
  expect(await refusedUpgrade(`${url}?since=now&jobs=${id}`)).toMatchObject({ status: 400 });
  expect(await refusedUpgrade(`${url}?since=soon`)).toMatchObject({ status: 400 });
  expect(await refusedUpgrade(`${url}?types=end`)).toMatchObject({ status: 400 });
  expect(await refusedUpgrade(`${url}?since=now&types=all`)).toMatchObject({ status: 400 });
  expect(await refusedUpgrade(url, { origin: 'http://evil.example' })).toMatchObject({ status: 403 });
  expect((await fetch(`${api.address}/metrics`)).status).toBe(426);
  expect((await fetch(`${api.address}/metrics?jobs=${id}`)).status).toBe(426);
  expect((await fetch(`${api.address}/metrics?jobs=${id},nobody`)).status).toBe(404);
  expect((await fetch(`${api.address}/metrics?since=soon`)).status).toBe(400);
  expect(await readStream(`${url}?jobs=${id}&after=${id}:99`)).toMatchObject({
    code: 4409,
    reason: expect.stringContaining(id),
  });
});
