/** Pause and resume: the trainer stops and frees its device, and the job continues later. */
import { describe, expect, test } from 'vitest';
import type { Frame } from '../../src/contracts/jobs/frame.js';
import {
  isRunning,
  isStep,
  numbered,
  progressOf,
  type Service,
  summarizeFrames,
  wholeProgress,
} from '../support/running-service.js';
import { openServiceForEachTest } from '../support/service-for-each-test.js';

let service: Service;

openServiceForEachTest((opened) => {
  service = opened;
});

const isPaused = (frame: Frame): boolean => frame.type === 'status' && frame.status === 'paused';
const statuses = async (id: string) =>
  summarizeFrames((await service.events.list(id, 0, 10_000)).map(numbered)).filter(
    (name) => name !== 'step' && name !== 'epoch',
  );

/** Starts a job and waits for its first step. */
async function running(behaviour: string, options: Parameters<Service['work']>[0] = {}, epochs = 1_000) {
  const worker = await service.work(options);
  const { id } = await service.submit(behaviour, { epochs });
  await service.frame(id, isStep);
  return { worker, id };
}

describe('a pause of a running job', () => {
  test('stops the trainer, keeps the progress, and frees the worker for the next job', async () => {
    const { worker, id } = await running('walks');
    const { outcome, job } = await service.pauses.pause(id);
    expect(outcome).toBe('accepted');
    expect(job).toMatchObject({ status: 'running', pauseRequestedAt: expect.any(String) });
    await service.frame(id, isPaused);
    await expect.poll(() => worker.held()).toEqual([]);
    const { id: next } = await service.submit('succeeds');
    await service.history(next);
    const paused = await service.jobs.get(id);
    expect(paused).toMatchObject({ status: 'paused', attempt: 1, progress: { steps: 4 } });
    expect(paused).not.toHaveProperty('startedAt');
    expect(await service.redis.exists(`trainyard:turns:${id}`)).toBe(0);
    expect(await service.jobs.restoreEntries()).toBe(0);
  });

  test('is followed by a resume that reports every step once', async () => {
    const { id } = await running('walks', {}, 6);
    await service.pauses.pause(id);
    await service.frame(id, isPaused);
    const job = await service.pauses.resume(id);
    expect(job).not.toHaveProperty('pauseRequestedAt');
    const frames = await service.history(id);
    expect(await statuses(id)).toEqual(['queued 0', 'running 1', 'paused 1', 'queued 1', 'running 2', 'end succeeded']);
    expect(progressOf(frames)).toEqual(wholeProgress(6));
  });

  test('can be resumed at once and repeatedly without losing a resume', async () => {
    const { id } = await running('walks', {}, 40);
    let seen = 0;
    for (let round = 1; round <= 5; round++) {
      seen = (await service.frame(id, isRunning, seen)).seq;
      await service.pauses.pause(id);
      seen = (await service.frame(id, isPaused, seen)).seq;
      await service.pauses.resume(id);
    }
    expect(progressOf(await service.history(id))).toEqual(wholeProgress(40));
  });

  test.each(['ignores', 'blocks'])('kills a trainer that %s after the grace period', async (behaviour) => {
    const { id } = await running(behaviour, { graceMs: 200, maxRestarts: 0 });
    await service.pauses.pause(id);
    await service.frame(id, isPaused);
    expect(await service.jobs.get(id)).toMatchObject({ status: 'paused' });
  });

  test('is applied by the next worker if the first one died', async () => {
    const { worker, id } = await running('ignores', { graceMs: 100 });
    await service.journal.write({ jobId: id, from: ['running'], patch: { pauseRequestedAt: 'now' } });
    await worker.close();
    await service.work();
    await service.frame(id, isPaused);
    expect(await statuses(id)).toEqual(['queued 0', 'running 1', 'queued 1 worker_stopped', 'paused 1']);
  });

  test('takes effect once for concurrent requests, and the others get the state', async () => {
    const { id } = await running('walks');
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => service.pauses.pause(id).catch((e: unknown) => e)),
    );
    expect(answers[0]).toMatchObject({ outcome: 'accepted' });
    await service.frame(id, isPaused);
    expect(await statuses(id)).toEqual(['queued 0', 'running 1', 'paused 1']);
  });
});

describe('a pause of a queued job', () => {
  test('takes effect at once, and no worker trains the job until it is resumed', async () => {
    const { id } = await service.submit('succeeds');
    expect(await service.pauses.pause(id)).toMatchObject({ outcome: 'paused', job: { status: 'paused', attempt: 0 } });
    await service.work();
    await service.history((await service.submit('succeeds')).id);
    expect(await service.jobs.get(id)).toMatchObject({ status: 'paused' });
    await service.pauses.resume(id);
    await service.history(id);
    expect(await statuses(id)).toEqual(['queued 0', 'paused 0', 'queued 0', 'running 1', 'end succeeded']);
  });
});

describe('a paused job', () => {
  test('is cancelled at once', async () => {
    const { id } = await service.submit('succeeds');
    await service.pauses.pause(id);
    expect(await service.jobs.cancel(id)).toMatchObject({ outcome: 'cancelled', job: { status: 'cancelled' } });
  });

  test('appears as paused in lists and counts', async () => {
    const { id } = await service.submit('succeeds');
    await service.pauses.pause(id);
    expect((await service.jobs.list({ limit: 5, status: 'paused' })).jobs).toMatchObject([{ id }]);
    expect(await service.jobs.counts()).toMatchObject({ paused: 1, queued: 0 });
  });
});

describe('a command that the state does not allow', () => {
  test('returns an error with the state', async () => {
    const { id } = await service.submit('succeeds');
    const refused = (sentence: RegExp, code = 'job_state') => ({ code, message: expect.stringMatching(sentence) });
    await expect(service.pauses.resume(id)).rejects.toMatchObject(
      refused(/is queued\. Only a paused job can be resumed/),
    );
    await service.pauses.pause(id);
    await expect(service.pauses.pause(id)).rejects.toMatchObject(refused(/is paused\. Only a queued or running job/));
    await service.jobs.cancel(id);
    const ended = refused(/is cancelled/, 'job_ended');
    await expect(service.pauses.pause(id)).rejects.toMatchObject(ended);
    await expect(service.pauses.resume(id)).rejects.toMatchObject(ended);
    for (const command of [service.pauses.pause, service.pauses.resume])
      await expect(command('nobody')).rejects.toMatchObject({ code: 'job_not_found' });
  });

  test('takes effect once if it is sent twice at the same moment', async () => {
    const { id } = await service.submit('succeeds');
    await service.pauses.pause(id);
    const answers = await Promise.allSettled([service.pauses.resume(id), service.pauses.resume(id)]);
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await statuses(id)).toEqual(['queued 0', 'paused 0', 'queued 0']);
  });
});
