/** Requests whose answer is lost with the connection: each takes effect once and gets its own answer. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openProxy, type RedisProxy } from '../support/proxy.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { numbered, openService, type Service, summarizeFrames } from '../support/running-service.js';

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

/** A queued job with one change, so that Redis has the script already. */
async function queued(): Promise<string> {
  const { id } = await service.submit('walks');
  await service.jobs.change(id, { epochs: 3 });
  return id;
}
const framesOf = async (id: string) => summarizeFrames((await service.events.list(id, 0, 100)).map(numbered));

test('applies a change once', async () => {
  const id = await queued();
  proxy.loseAnswerTo('change:2');
  const { job } = await service.jobs.change(id, { priority: 5 });
  expect(proxy.hasLost()).toBe(true);
  expect(job).toMatchObject({ priority: 5, changes: [{ to: { epochs: 3 } }, { to: { priority: 5 } }] });
  expect(job.changes).toHaveLength(2);
  expect(await framesOf(id)).toEqual(['queued 0', 'change']);
});

test('answers a cancel', async () => {
  const id = await queued();
  proxy.loseAnswerTo('cancelMode');
  const { outcome, job } = await service.jobs.cancel(id);
  expect(proxy.hasLost()).toBe(true);
  expect({ outcome, status: job.status }).toEqual({ outcome: 'cancelled', status: 'cancelled' });
  expect(await framesOf(id)).toEqual(['queued 0', 'end cancelled']);
});

test('answers a pause and a resume', async () => {
  const id = await queued();
  proxy.loseAnswerTo('pauseRequestedAt');
  expect(await service.pauses.pause(id)).toMatchObject({ outcome: 'paused', job: { status: 'paused' } });
  expect(proxy.hasLost()).toBe(true);
  proxy.loseAnswerTo('pauseRequestedAt');
  expect(await service.pauses.resume(id)).toMatchObject({ status: 'queued' });
  expect(proxy.hasLost()).toBe(true);
  expect(await framesOf(id)).toEqual(['queued 0', 'paused 0', 'queued 0']);
});
