/** Cancel of jobs: the fate of the weights, the reported duration, and races with pauses and lost workers. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Frame } from '../../src/contracts/jobs/frame.js';
import { beginAttempt } from '../../src/queue/begin-attempt.js';
import { recordOf } from '../../src/queue/record.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { isStep, openService, type Service, summarizeFrames } from '../support/running-service.js';

let server: TestRedis;
let service: Service;
/** A second API process. */
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

const isPaused = (frame: Frame): boolean => frame.type === 'status' && frame.status === 'paused';
const statusesOf = async (id: string) =>
  summarizeFrames(await service.history(id)).filter((name) => !/^(step|epoch)$/.test(name));
const endOf = async (id: string) => (await service.history(id)).at(-1);

/** Starts a job and waits for its first step. */
async function running(behaviour: string, options: Parameters<Service['work']>[0] = {}) {
  const worker = await service.work(options);
  const { id } = await service.submit(behaviour, { epochs: 1_000 });
  await service.frame(id, isStep);
  return { worker, id };
}

describe('a cancel of a running job', () => {
  test('discards the weights and reports this with the duration in the last frame', async () => {
    const { id } = await running('walks');
    const requested = performance.now();
    const { outcome, job } = await service.jobs.cancel(id);
    expect(outcome).toBe('accepted');
    expect(job).toMatchObject({ status: 'running', cancelMode: 'discard', cancelRequestedAt: expect.any(String) });
    const end = await endOf(id);
    const seenMs = performance.now() - requested;
    expect(end).toMatchObject({ type: 'end', status: 'cancelled', reason: { code: 'discarded' } });
    expect(end).not.toHaveProperty('model');
    // Two timestamps in whole milliseconds: their difference may exceed the measured time by one.
    expect((end as { milliseconds?: number }).milliseconds).toBeLessThanOrEqual(Math.ceil(seenMs) + 1);
    expect(await service.jobs.get(id)).toMatchObject({ status: 'cancelled', reason: { code: 'discarded' } });
  });

  test('keeps the weights as a model with mode=keep, at any API process', async () => {
    const { id } = await running('walks');
    await another.jobs.cancel(id, 'keep');
    const model = { name: 'walks', version: 1 };
    expect(await endOf(id)).toMatchObject({
      ...{ status: 'cancelled', model, reason: { code: 'kept' }, milliseconds: expect.any(Number) },
    });
    expect(await service.jobs.get(id)).toMatchObject({ status: 'cancelled', model, cancelMode: 'keep' });
  });

  test('discards the weights if discard follows keep, but does not keep them if keep follows discard', async () => {
    const { id } = await running('ignores', { graceMs: 300 });
    await service.jobs.cancel(id, 'keep');
    expect((await service.jobs.cancel(id, 'discard')).job.cancelMode).toBe('discard');
    expect((await service.jobs.cancel(id, 'keep')).job.cancelMode).toBe('discard');
    const [first] = await service.redis.hmget(`trainyard:job:${id}`, 'cancelRequestedMs');
    expect(Number(first)).toBeGreaterThan(0);
    expect(await endOf(id)).toMatchObject({ reason: { code: 'discarded' } });
  });

  test('takes effect once if twenty requests come at the same moment', async () => {
    const { id } = await running('walks');
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        (i % 2 === 0 ? service : another).jobs.cancel(id).catch((error: unknown) => error),
      ),
    );
    expect(await statusesOf(id)).toEqual(['queued 0', 'running 1', 'end cancelled']);
  });
});

describe.each(['discard', 'keep'] as const)('a cancel of a job with a requested pause, mode=%s,', (mode) => {
  const end =
    mode === 'keep' ? { reason: { code: 'kept' }, model: { name: 'walks' } } : { reason: { code: 'discarded' } };

  test('takes precedence while the next worker takes the job over from a lost one', async () => {
    const { id } = await service.submit('walks', { epochs: 1_000 });
    const read = async () => {
      const fields = await service.journal.read(id);
      return fields && recordOf(id, fields);
    };
    const options = { jobId: id, claim: 'lost', maxRestarts: 2, isLocked: async () => true };
    await beginAttempt(read, service.journal.write, options);
    await service.pauses.pause(id);
    let looks = 0;
    const isLocked = async () => {
      if (++looks === 1) await another.jobs.cancel(id, mode);
      return true;
    };
    const beginning = await beginAttempt(read, service.journal.write, { ...options, claim: 'next', isLocked });
    expect(beginning.outcome).toBe(mode === 'keep' ? 'begun' : 'over');
    await service.work();
    expect(await endOf(id)).toMatchObject({ status: 'cancelled', ...end });
    expect(await statusesOf(id)).not.toContain('paused 1');
  });

  test('takes precedence after the trainer has stopped', async () => {
    // Writes the request without its announcement.
    const close = async () => {
      const [job = ''] = await service.redis.zrange('trainyard:jobs', '0', '0');
      await service.redis.hset(`trainyard:job:${job}`, 'cancelMode', mode, 'cancelRequestedAt', 'now');
      await service.redis.hdel(`trainyard:job:${job}`, 'pauseRequestedAt');
    };
    const { id } = await running('walks', { hooks: { recordFrames: () => ({ touch: () => undefined, close }) } });
    await service.pauses.pause(id);
    expect(await endOf(id)).toMatchObject({ status: 'cancelled', ...end });
    expect(await statusesOf(id)).not.toContain('paused 1');
  });
});

describe('a cancel with mode=keep', () => {
  test('leaves no model of a job that was never trained, and says so', async () => {
    const { id } = await service.submit('succeeds');
    expect((await service.jobs.cancel(id, 'keep')).outcome).toBe('cancelled');
    expect(await endOf(id)).toMatchObject({ reason: { code: 'nothing_kept' }, milliseconds: 0 });
  });

  test('has a worker save the weights of a paused job', async () => {
    const { id } = await running('walks');
    await service.pauses.pause(id);
    await service.frame(id, isPaused);
    const { outcome, job } = await service.jobs.cancel(id, 'keep');
    expect(outcome).toBe('accepted');
    // A worker may have taken it already.
    expect(['queued', 'running']).toContain(job.status);
    expect(await endOf(id)).toMatchObject({ status: 'cancelled', model: { name: 'walks' } });
    const moves = ['queued 0', 'running 1', 'paused 1', 'queued 1', 'running 2', 'end cancelled'];
    expect(await statusesOf(id)).toEqual(moves);
  });

  test('keeps the weights although a pause was requested before', async () => {
    const { id } = await running('walks');
    // Like a pause that read the job before the cancel.
    const requests = { cancelMode: 'keep', cancelRequestedAt: 'now', pauseRequestedAt: 'now' };
    await service.journal.write({ jobId: id, from: ['running'], patch: requests, announce: true });
    expect(await endOf(id)).toMatchObject({ status: 'cancelled', model: { name: 'walks' } });
  });

  test('keeps the weights if it comes while the job pauses', async () => {
    const { id } = await running('walks');
    // Either may come first. A job with a requested cancel is not paused.
    await Promise.allSettled([service.pauses.pause(id), service.jobs.cancel(id, 'keep')]);
    expect(await endOf(id)).toMatchObject({ status: 'cancelled', model: { name: 'walks' } });
  });

  test('is completed by the next worker if the first one stops', async () => {
    const { worker, id } = await running('ignores', { graceMs: 100 });
    await service.redis.hset(`trainyard:job:${id}`, 'cancelMode', 'keep', 'cancelRequestedAt', 'now');
    await worker.close();
    expect((await service.jobs.get(id)).status).toBe('queued');
    await service.redis.hset(`trainyard:job:${id}`, 'spec', JSON.stringify({ ...(await specFor('walks')) }));
    await service.work();
    expect(await endOf(id)).toMatchObject({ status: 'cancelled', model: { name: 'walks' } });
  });

  test('ends without weights, and says why, if the trainer does not answer and no restart is left', async () => {
    const { id } = await running('blocks', { graceMs: 100, maxRestarts: 0 });
    await service.jobs.cancel(id, 'keep');
    expect(await endOf(id)).toMatchObject({
      status: 'cancelled',
      reason: { code: 'nothing_kept', message: expect.stringMatching(/could not be kept\. The trainer process died/) },
    });
  });
});

const specFor = async (behaviour: string) => (await service.submit(behaviour, { epochs: 1_000 })).spec;
