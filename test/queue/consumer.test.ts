/** Consumer with real trainer processes: jobs are trained, cancelled, restarted and put back into the queue. */
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { captureLog } from '../support/capture-log.js';
import { nextReady, type TestRedis } from '../support/redis.js';
import {
  isRunning,
  isStep,
  progressOf,
  type Service,
  specOf,
  summarizeFrames,
  wholeProgress,
} from '../support/running-service.js';
import { openServiceForEachTest } from '../support/service-for-each-test.js';

let server: TestRedis;
let service: Service;

openServiceForEachTest((opened, redis) => {
  [service, server] = [opened, redis];
});

const epoch = ['step', 'step', 'step', 'step', 'epoch'];

describe('a job without failures', () => {
  test('runs and ends with its model and with its frames in order', async () => {
    await service.work();
    const { id } = await service.submit('succeeds');
    const frames = await service.history(id);
    expect(summarizeFrames(frames)).toEqual(['queued 0', 'running 1', ...epoch, ...epoch, 'end succeeded']);
    expect(frames.map(({ seq }) => seq)).toEqual(frames.map((_, index) => index + 1));
    expect(await service.jobs.get(id)).toMatchObject({
      status: 'succeeded',
      attempt: 1,
      progress: { epoch: 2, step: 4, steps: 4, imagesPerSecond: 100 },
      scores: { epoch: 2, testAccuracy: 0.7 },
      model: { name: 'succeeds', version: 1 },
      startedAt: expect.any(String),
      endedAt: expect.any(String),
    });
  });

  test('is reported as held from its beginning to its end', async () => {
    const held: number[] = [];
    await service.work({ hooks: { onHeld: (jobs) => held.push(jobs) } });
    expect(held).toEqual([]);
    for (const name of ['succeeds', 'succeeds']) await service.history((await service.submit(name)).id);
    await expect.poll(() => held).toEqual([1, 0, 1, 0]);
  });

  test('has frames with the time at which the trainer sent them', async () => {
    await service.work();
    const { id } = await service.submit('dates');
    expect((await service.history(id))[2]).toMatchObject({ type: 'step', at: '2020-02-29T12:00:00.000Z' });
  });

  test('is followed by the next one, in the order of submission', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 3; index++) ids.push((await service.submit('succeeds')).id);
    await service.work();
    const ends = await Promise.all(ids.map(async (id) => (await service.history(id)).at(-1)?.at ?? ''));
    expect(ends.toSorted()).toEqual(ends);
  });

  test('leaves no queue entry behind', async () => {
    const worker = await service.work();
    const { id } = await service.submit('succeeds');
    await service.history(id);
    await worker.close();
    expect(await service.redis.exists(`trainyard:turns:${id}`)).toBe(0);
  });

  test('ends although its trainer does not exit', async () => {
    await service.work({ graceMs: 100 });
    const { id } = await service.submit('lingers');
    expect(summarizeFrames(await service.history(id))).toEqual(['queued 0', 'running 1', 'end succeeded']);
  });
});

describe('a job that fails', () => {
  test('fails with the error of its trainer and is not restarted', async () => {
    await service.work();
    const { id } = await service.submit('fails');
    expect(summarizeFrames(await service.history(id))).toEqual(['queued 0', 'running 1', 'step', 'end failed']);
    expect(await service.jobs.get(id)).toMatchObject({
      status: 'failed',
      error: { code: 'diverged', message: 'Batch 256 does not fit.' },
    });
  });

  test('restarts when its trainer dies, up to the limit, then fails with the signal and the last output', async () => {
    await service.work({ maxRestarts: 2 });
    const { id } = await service.submit('dies');
    expect(summarizeFrames(await service.history(id))).toEqual([
      'queued 0',
      'running 1',
      'step',
      'queued 1 trainer_died',
      'running 2',
      'queued 2 trainer_died',
      'running 3',
      'end failed',
    ]);
    const { error } = await service.jobs.get(id);
    expect(error).toMatchObject({ code: 'trainer_died', message: expect.stringMatching(/SIGKILL.*the last words/) });
  });

  test('succeeds in its second attempt, and the frame numbers continue', async () => {
    await service.work();
    const { id } = await service.submit('stumbles');
    const frames = await service.history(id);
    expect(summarizeFrames(frames)).toEqual([
      'queued 0',
      'running 1',
      'step',
      'queued 1 trainer_died',
      'running 2',
      // The stream has the first step already.
      ...epoch.slice(1),
      ...epoch,
      'end succeeded',
    ]);
    expect(frames.map(({ seq }) => seq)).toEqual(frames.map((_, index) => index + 1));
    expect(await service.jobs.get(id)).toMatchObject({ status: 'succeeded', attempt: 2 });
  });

  test('fails if its trainer exits without a message', async () => {
    await service.work({ maxRestarts: 0 });
    const { id } = await service.submit('leaves-without-a-word');
    await service.history(id);
    expect(await service.jobs.get(id)).toMatchObject({
      status: 'failed',
      error: { code: 'trainer_died', message: expect.stringMatching(/exit code 0/) },
    });
  });

  test('does not block the next job', async () => {
    await service.work({ maxRestarts: 0 });
    await service.submit('dies');
    const { id } = await service.submit('succeeds');
    expect((await service.history(id)).at(-1)).toMatchObject({ status: 'succeeded' });
  });
});

describe('a cancel of a running job', () => {
  test.each(['walks', 'waits'])('stops a trainer that %s', async (behaviour) => {
    await service.work();
    const { id } = await service.submit(behaviour, { epochs: 1_000 });
    await service.frame(id, isStep);
    const { outcome, job } = await service.jobs.cancel(id);
    expect(outcome).toBe('accepted');
    expect(job).toMatchObject({ status: 'running', cancelRequestedAt: expect.any(String) });
    expect((await service.history(id)).at(-1)).toMatchObject({ type: 'end', status: 'cancelled' });
    await expect(service.jobs.cancel(id)).rejects.toMatchObject({
      code: 'job_ended',
      message: expect.stringMatching(/is cancelled/),
    });
  });

  test.each(['ignores', 'blocks'])('kills a trainer that %s after the grace period', async (behaviour) => {
    const [graceMs, defaultGraceMs] = [200, 10_000];
    await service.work({ graceMs });
    const { id } = await service.submit(behaviour);
    await service.frame(id, isStep);
    const started = performance.now();
    await service.jobs.cancel(id);
    expect((await service.history(id)).at(-1)).toMatchObject({ type: 'end', status: 'cancelled' });
    const tookMs = performance.now() - started;
    expect(tookMs).toBeGreaterThan(graceMs - 5); // timers may fire a little early
    expect(tookMs).toBeLessThan(defaultGraceMs);
  });

  test('is found by a worker that missed its announcement', async () => {
    await service.work();
    const { id } = await service.submit('walks', { epochs: 1_000 });
    await service.frame(id, isStep);
    await service.journal.write({
      jobId: id,
      from: ['running'],
      patch: { cancelRequestedAt: new Date().toISOString(), cancelMode: 'discard' },
    });
    expect((await service.history(id)).at(-1)).toMatchObject({ type: 'end', status: 'cancelled' });
  });

  test('takes effect once for many requests', async () => {
    await service.work();
    const { id } = await service.submit('waits');
    await service.frame(id, isStep);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => service.jobs.cancel(id).catch((error: unknown) => error)),
    );
    expect(answers[0]).toMatchObject({ outcome: 'accepted' });
    expect(summarizeFrames(await service.history(id))).toEqual(['queued 0', 'running 1', 'step', 'end cancelled']);
  });
});

describe('a worker that stops', () => {
  test('puts its job back into the queue with its progress, and the next worker sends only the missing steps', async () => {
    const first = await service.work();
    const { id } = await service.submit('waits-once');
    await service.frame(id, isStep);
    await first.close();
    const record = await service.jobs.get(id);
    expect(record).toMatchObject({ status: 'queued', attempt: 1, progress: { epoch: 1, steps: 4 } });
    await service.work();
    const frames = await service.history(id);
    expect(summarizeFrames(frames).filter((name) => name !== 'step' && name !== 'epoch')).toEqual([
      'queued 0',
      'running 1',
      'queued 1 worker_stopped',
      'running 2',
      'end succeeded',
    ]);
    expect(progressOf(frames)).toEqual(wholeProgress(2));
  });

  test('does not count as a failure of the job', async () => {
    const { id } = await service.submit('waits');
    let seen = 0;
    for (let round = 1; round <= 4; round++) {
      const worker = await service.work({ maxRestarts: 0 });
      const { seq } = await service.frame(id, isRunning, seen);
      seen = seq;
      await worker.close();
    }
    expect(await service.jobs.get(id)).toMatchObject({ status: 'queued', attempt: 4 });
  });

  test('ends a job with a requested cancel', async () => {
    const worker = await service.work();
    const { id } = await service.submit('ignores');
    await service.frame(id, isStep);
    await service.jobs.cancel(id);
    await worker.close();
    expect((await service.history(id)).at(-1)).toMatchObject({ type: 'end', status: 'cancelled' });
  });
});

describe('an attempt that was overtaken', () => {
  test('writes nothing more, and has its trainer killed', async () => {
    const worker = await service.work();
    const { id } = await service.submit('walks', { epochs: 1_000 });
    await service.frame(id, isStep);
    const { seq } = await service.journal.write({ jobId: id, from: ['running'], patch: { attempt: 2 } });
    await expect.poll(() => worker.held(), { timeout: 10_000 }).toEqual([]);
    expect(await service.events.list(id, seq, 10)).toEqual([]);
    expect(await service.jobs.get(id)).toMatchObject({ status: 'running', attempt: 2 });
  });
});

describe('a worker that loses its lock before a restart', () => {
  test('leaves the job to the worker that took it', async () => {
    const locks = { lockMs: 1_000, stalledCheckMs: 200 };
    await service.work({ ...locks, restartDelayMs: 1_500 });
    const { id } = await service.submit('dies');
    await service.frame(id, (frame) => frame.type === 'status' && frame.reason?.code === 'trainer_died');
    // Three seconds, which is longer than the restart delay.
    const walks = { ...specOf('walks'), epochs: 40 };
    await service.redis.hset(`trainyard:job:${id}`, 'spec', JSON.stringify(walks));
    await service.redis.del(`trainyard:turns:${id}:lock`);
    await service.work(locks);
    const frames = summarizeFrames(await service.history(id)).filter((name) => name !== 'step' && name !== 'epoch');
    expect(frames).toEqual(['queued 0', 'running 1', 'queued 1 trainer_died', 'running 2', 'end succeeded']);
  });
});

describe('a loss of Redis while a job is trained', () => {
  test('delays the frames, and writes each once', async () => {
    const worker = await service.work();
    const { id } = await service.submit('walks', { epochs: 10 });
    await service.frame(id, isStep);
    const back = nextReady(service.redis);
    await server.kill();
    await server.start();
    await back;
    const frames = await service.history(id);
    expect(summarizeFrames(frames)).toEqual([
      'queued 0',
      'running 1',
      ...Array.from({ length: 10 }, () => epoch).flat(),
      'end succeeded',
    ]);
    expect(frames.map(({ seq }) => seq)).toEqual(frames.map((_, index) => index + 1));
    await worker.close();
  });

  test('delays the end of a job that ended meanwhile, and the next job runs', async () => {
    const log = captureLog();
    await service.work({ logger: log.logger });
    const { id } = await service.submit('walks', { epochs: 2 });
    await service.frame(id, isStep);
    const back = nextReady(service.redis);
    await server.kill();
    await log.line('trainer ended');
    await server.start();
    await back;
    expect((await service.history(id)).at(-1)).toMatchObject({ type: 'end', status: 'succeeded' });
    const { id: next } = await service.submit('succeeds');
    expect((await service.history(next)).at(-1)).toMatchObject({ type: 'end', status: 'succeeded' });
  });

  test('does not make the same worker train a job twice after its lock was lost', async () => {
    await service.work({ concurrency: 2, lockMs: 1_000, stalledCheckMs: 200 });
    const { id } = await service.submit('walks', { epochs: 50 });
    await service.frame(id, isStep);
    server.freeze();
    await delay(1_500); // longer than the lock
    server.thaw();
    const frames = summarizeFrames(await service.history(id)).filter((name) => name !== 'step' && name !== 'epoch');
    expect(frames).toEqual(['queued 0', 'running 1', 'end succeeded']);
    const { id: next } = await service.submit('succeeds');
    expect((await service.history(next)).at(-1)).toMatchObject({ type: 'end', status: 'succeeded' });
  });

  test('does not lose a job whose attempt was overtaken while its entry returned to the same worker', async () => {
    await service.work({ concurrency: 2, lockMs: 1_000, stalledCheckMs: 200 });
    const { id } = await service.submit('walks', { epochs: 60 });
    await service.frame(id, isStep);
    const lock = () => service.redis.get(`trainyard:turns:${id}:lock`);
    const first = await lock();
    server.freeze();
    await delay(1_500); // longer than the lock
    server.thaw();
    // The entry is taken a second time while the first attempt continues.
    await expect.poll(async () => ![null, first].includes(await lock()), { timeout: 10_000 }).toBe(true);
    await service.journal.write({ jobId: id, from: ['running'], patch: { attempt: 2 } });
    const frames = summarizeFrames(await service.history(id)).filter((name) => name !== 'step' && name !== 'epoch');
    expect(frames).toEqual(['queued 0', 'running 1', 'queued 2 worker_stopped', 'running 3', 'end succeeded']);
  });

  test('does not prevent a worker from stopping', async () => {
    const worker = await service.work();
    const { id } = await service.submit('walks', { epochs: 1_000 });
    await service.frame(id, isStep);
    const back = nextReady(service.redis);
    await server.kill();
    await worker.close(); // while Redis is still away
    expect(worker.held()).toEqual([]);
    await server.start();
    await back;
    expect(await service.jobs.get(id)).toMatchObject({ status: 'running', attempt: 1 });
  });
});
