/** What is asked of a job is done once, and answered as what it was, also where the connection is lost before the answer. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openProxy, type RedisProxy } from '../support/proxy.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { inShort, numbered, openService, type Service } from '../support/running-service.js';

let server: TestRedis;
let proxy: RedisProxy;
let service: Service;

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.close());
beforeEach(async () => {
  proxy = await openProxy(server);
  service = await openService({ ...server, url: proxy.url });
});
afterEach(async () => {
  await service.close();
  await proxy.close();
});

/** A job that waits, changed once: Redis has the script by then. */
async function queued(): Promise<string> {
  const { id } = await service.submit('walks');
  await service.jobs.change(id, { epochs: 3 });
  return id;
}
const course = async (id: string) => inShort((await service.events.list(id, 0, 100)).map(numbered));

test('a change is one change', async () => {
  const id = await queued();
  proxy.loseAnswerTo('change:2');
  const { job } = await service.jobs.change(id, { priority: 5 });
  expect(proxy.hasLost()).toBe(true);
  expect(job).toMatchObject({ priority: 5, changes: [{ to: { epochs: 3 } }, { to: { priority: 5 } }] });
  expect(job.changes).toHaveLength(2);
  expect(await course(id)).toEqual(['queued 0', 'change']);
});

test('a cancel is answered as such', async () => {
  const id = await queued();
  proxy.loseAnswerTo('cancelMode');
  const { outcome, job } = await service.jobs.cancel(id);
  expect(proxy.hasLost()).toBe(true);
  expect({ outcome, status: job.status }).toEqual({ outcome: 'cancelled', status: 'cancelled' });
  expect(await course(id)).toEqual(['queued 0', 'end cancelled']);
});

test('a pause and the way back are answered as such', async () => {
  const id = await queued();
  proxy.loseAnswerTo('pauseRequestedAt');
  expect(await service.pauses.pause(id)).toMatchObject({ outcome: 'paused', job: { status: 'paused' } });
  expect(proxy.hasLost()).toBe(true);
  proxy.loseAnswerTo('pauseRequestedAt');
  expect(await service.pauses.resume(id)).toMatchObject({ status: 'queued' });
  expect(proxy.hasLost()).toBe(true);
  expect(await course(id)).toEqual(['queued 0', 'paused 0', 'queued 0']);
});
