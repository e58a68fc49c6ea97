/** Changes of jobs that have not ended: numbers, order, concurrent requests, and their way to the trainer. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Frame } from '../../src/contracts/jobs/frame.js';
import { MAX_CHANGES } from '../../src/contracts/jobs/live-change.js';
import { changesForTrainer } from '../../src/queue/change.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { isStep, openService, type Service } from '../support/running-service.js';

let server: TestRedis;
/** Two API processes. */
let service: Service;
let another: Service;

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.close());
beforeEach(async () => {
  [service, another] = await Promise.all([openService(server), openService(server)]);
  await service.redis.flushall();
});
afterEach(() => Promise.all([service.close(), another.close()]));

const isChange = (frame: Frame): boolean => frame.type === 'change';
const refused = (code: string, sentence: RegExp) => ({ code, message: expect.stringMatching(sentence) });

async function running(spec: Parameters<Service['submit']>[1] = {}) {
  const worker = await service.work();
  const { id } = await service.submit('walks', { epochs: 1_000, ...spec });
  await service.frame(id, isStep);
  return { worker, id };
}

describe('a change of a running job', () => {
  test('reaches the trainer, becomes a frame with its number and step, and appears in the job', async () => {
    const { id } = await running();
    const { outcome, job } = await service.jobs.change(id, { learningRate: 0.01, maxSeconds: null });
    expect(outcome).toBe('accepted');
    expect(job.changes).toEqual([
      { number: 1, requestedAt: expect.any(String), to: { learningRate: 0.01, maxSeconds: null } },
    ]);
    const frame = await service.frame(id, isChange);
    expect(frame).toMatchObject({ number: 1, step: expect.any(Number), to: { learningRate: 0.01, maxSeconds: null } });
    const [listed] = (await another.jobs.get(id)).changes;
    expect(listed).toMatchObject({ number: 1, step: (frame as { step: number }).step, from: expect.any(Object) });
  });

  test('gets its own number if two API processes request one at the same moment', async () => {
    const { id } = await running();
    const rates = Array.from({ length: 12 }, (_, i) => (i + 1) / 100);
    await Promise.all(
      rates.map((learningRate, i) => (i % 2 === 0 ? service : another).jobs.change(id, { learningRate })),
    );
    let last = 0;
    for (let number = 1; number <= rates.length; number++) last = (await service.frame(id, isChange, last)).seq;
    const { changes } = await service.jobs.get(id);
    const frames = (await service.events.list(id, 0, 10_000)).filter(({ type }) => type === 'change');
    expect(changes.map(({ number }) => number)).toEqual(rates.map((_, i) => i + 1));
    expect(changes.map(({ to }) => to.learningRate).toSorted()).toEqual(rates.toSorted());
    expect(frames).toMatchObject(changes.map(({ number, step, to }) => ({ number, step, to })));
  });

  test('is sent to the next attempt with its step and causes no second frame', async () => {
    const { worker, id } = await running();
    await service.jobs.change(id, { learningRate: 0.01 });
    const { seq } = await service.frame(id, isChange);
    await worker.close();
    await service.work();
    const again = await service.frame(id, ({ type }) => type === 'status', seq);
    await service.frame(id, isStep, again.seq);
    await service.jobs.change(id, { learningRate: 0.02 });
    expect(await service.frame(id, isChange, seq)).toMatchObject({ number: 2, to: { learningRate: 0.02 } });
  });

  test('is found after a reconnect if its announcement was missed', async () => {
    const { id } = await running();
    await service.redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await service.jobs.change(id, { learningRate: 0.01 });
    expect(await service.frame(id, isChange)).toMatchObject({ number: 1 });
  });
});

test('sends a new change to the trainer for no step before the changes that were applied', () => {
  const [requestedAt, to] = ['2026-11-24T00:00:00.000Z', { learningRate: 0.1 }];
  const sent = changesForTrainer([
    { number: 1, requestedAt, due: 900, to },
    { number: 2, requestedAt, to },
    { number: 3, requestedAt, step: 40, to },
    { number: 4, requestedAt, to: { priority: 5 } },
    { number: 5, requestedAt, to },
  ]);
  expect(sent.map(({ number, step }) => [number, step])).toEqual([
    [1, 900],
    [2, 0],
    [3, 40],
    [5, 40],
  ]);
});

describe('a change of a job that is not running', () => {
  test('applies from the first step, and a priority at once', async () => {
    const { id } = await service.submit('succeeds');
    const { outcome, job } = await service.jobs.change(id, { priority: 5, epochs: 1 });
    expect(outcome).toBe('changed');
    expect(job).toMatchObject({ priority: 5, changes: [{ number: 1, from: { priority: 0 }, to: { priority: 5 } }] });
    await service.work();
    const frames = (await service.history(id)).filter(isChange);
    expect(frames).toMatchObject([
      { number: 1, from: { priority: 0 }, to: { priority: 5 } },
      { number: 1, step: 0, to: { epochs: 1 } },
    ]);
    expect((await service.jobs.get(id)).changes).toMatchObject([{ step: 0, to: { priority: 5, epochs: 1 } }]);
  });

  test('applies to a paused job', async () => {
    const { id } = await service.submit('succeeds');
    await service.pauses.pause(id);
    expect((await service.jobs.change(id, { epochs: 3 })).outcome).toBe('changed');
  });
});

describe('an impossible change', () => {
  test('returns an error with the state of the job', async () => {
    const { id } = await running();
    await expect(service.jobs.change(id, { priority: 1, learningRate: 0.1 })).rejects.toMatchObject(
      refused('job_not_queued', /is running\. Only the priority of a queued job can be changed\. Nothing was changed/),
    );
    await service.jobs.cancel(id);
    await expect(service.jobs.change(id, { epochs: 2 })).rejects.toMatchObject({
      code: expect.stringMatching(/^job_(state|ended)$/),
    });
    await service.history(id);
    await expect(service.jobs.change(id, { epochs: 2 })).rejects.toMatchObject(
      refused('job_ended', /is cancelled\. Only a queued, running or paused job can be changed/),
    );
    await expect(service.jobs.change('nobody', { epochs: 2 })).rejects.toMatchObject({ code: 'job_not_found' });
    expect((await service.jobs.get(id)).changes).toEqual([]);
  });

  test('returns an error with the epoch that has begun, or if the job has no early stopping', async () => {
    const { id } = await running();
    await service.frame(id, (frame) => frame.type === 'step' && frame.epoch === 3);
    await expect(service.jobs.change(id, { epochs: 2 })).rejects.toMatchObject(
      refused('invalid_request', /\/epochs must be at least \d+, the epoch that has begun, not 2/),
    );
    await expect(service.jobs.change(id, { patience: 2 })).rejects.toMatchObject(
      refused('invalid_request', /\/patience needs early stopping/),
    );
  });

  test('returns an error beyond the limit on changes', async () => {
    const { id } = await service.submit('succeeds');
    await service.redis.hset(`trainyard:job:${id}`, 'changes', MAX_CHANGES);
    await expect(service.jobs.change(id, { epochs: 2 })).rejects.toMatchObject(
      refused('job_state', /limit of 1000 changes/),
    );
  });
});
