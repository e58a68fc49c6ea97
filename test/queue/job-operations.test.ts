/** Operations on jobs: submit, get, list and cancel. Lost queue entries are restored. */
import { describe, expect, test } from 'vitest';
import { nextReady, type TestRedis } from '../support/redis.js';
import { numbered, type Service, specOf, summarizeFrames } from '../support/running-service.js';
import { openServiceForEachTest } from '../support/service-for-each-test.js';

let server: TestRedis;
let service: Service;

openServiceForEachTest((opened, redis) => {
  [service, server] = [opened, redis];
});

describe('a job', () => {
  test('is stored with its spec and a first frame', async () => {
    const job = await service.submit('succeeds');
    expect(job).toMatchObject({ status: 'queued', attempt: 0, spec: specOf('succeeds') });
    expect(await service.jobs.get(job.id)).toEqual(job);
    expect(summarizeFrames((await service.events.list(job.id, 0, 10)).map(numbered))).toEqual(['queued 0']);
  });

  test('appears in lists newest first, on pages without repetitions or omissions', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 7; index++) ids.unshift((await service.submit('succeeds')).id);
    const seen: string[] = [];
    let cursor: string | undefined;
    const lengths: number[] = [];
    do {
      const page = await service.jobs.list({ limit: 3, ...(cursor !== undefined && { cursor }) });
      lengths.push(page.jobs.length);
      seen.push(...page.jobs.map(({ id }) => id));
      cursor = page.nextCursor;
      // A new job appears before the first page.
      await service.submit('succeeds');
    } while (cursor !== undefined);
    expect(seen).toEqual(ids);
    expect(lengths).toEqual([3, 3, 1]);
  });

  test('is found by its status', async () => {
    const first = await service.submit('succeeds');
    const second = await service.submit('succeeds');
    await service.jobs.cancel(first.id);
    const ids = async (status: 'queued' | 'cancelled' | 'running') =>
      (await service.jobs.list({ limit: 10, status })).jobs.map(({ id }) => id);
    expect(await ids('cancelled')).toEqual([first.id]);
    expect(await ids('queued')).toEqual([second.id]);
    expect(await ids('running')).toEqual([]);
    expect(await service.jobs.counts()).toEqual({
      queued: 1,
      running: 0,
      paused: 0,
      succeeded: 0,
      failed: 0,
      cancelled: 1,
    });
  });

  test('returns an error with the id if it is unknown', async () => {
    await expect(service.jobs.get('nobody')).rejects.toMatchObject({
      code: 'job_not_found',
      message: expect.stringMatching(/nobody/),
    });
    await expect(service.jobs.cancel('nobody')).rejects.toMatchObject({ code: 'job_not_found' });
  });
});

describe('a cancel of a queued job', () => {
  test('ends the job at once, and no worker trains it', async () => {
    const { id } = await service.submit('succeeds');
    const { outcome, job } = await service.jobs.cancel(id);
    expect(outcome).toBe('cancelled');
    expect(job).toMatchObject({ status: 'cancelled', endedAt: expect.any(String), attempt: 0 });
    const { id: other } = await service.submit('succeeds');
    await service.work();
    await service.history(other);
    expect(summarizeFrames(await service.history(id))).toEqual(['queued 0', 'end cancelled']);
  });

  test('takes effect once for ten concurrent requests, and the others get the state', async () => {
    const { id } = await service.submit('succeeds');
    const answers = await Promise.allSettled(Array.from({ length: 10 }, () => service.jobs.cancel(id)));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const answer of answers) {
      if (answer.status === 'rejected')
        expect(answer.reason).toMatchObject({ code: 'job_ended', message: expect.stringMatching(/is cancelled/) });
    }
    expect(summarizeFrames(await service.history(id))).toEqual(['queued 0', 'end cancelled']);
  });
});

describe('a lost queue entry', () => {
  test('is restored after BullMQ lost all its keys', async () => {
    const { id } = await service.submit('succeeds');
    for (const key of await service.redis.keys('trainyard:turns:*')) await service.redis.del(key);
    expect(await service.jobs.restoreEntries()).toBe(1);
    expect(await service.jobs.restoreEntries()).toBe(0);
    await service.work();
    expect((await service.history(id)).at(-1)).toMatchObject({ type: 'end', status: 'succeeded' });
  });

  test('is not restored for a job that has ended', async () => {
    const { id } = await service.submit('succeeds');
    await service.jobs.cancel(id);
    expect(await service.jobs.restoreEntries()).toBe(0);
  });
});

describe('while Redis is away', () => {
  test('fails every call with redis_unavailable, and recovers by itself', async () => {
    const { id } = await service.submit('succeeds');
    await server.kill();
    // Redis starts only after all of them have failed: no call waits for it.
    const calls = [
      service.submit('succeeds'),
      service.jobs.get(id),
      service.jobs.list({ limit: 1 }),
      service.jobs.cancel(id),
    ];
    for (const call of await Promise.allSettled(calls)) {
      expect(call).toMatchObject({ status: 'rejected', reason: { code: 'redis_unavailable' } });
    }
    const back = nextReady(service.redis);
    await server.start();
    await back;
    expect(await service.jobs.get(id)).toMatchObject({ status: 'queued' });
    await service.submit('succeeds');
  });

  test('calls also fail if the server keeps its connections but does not answer', async () => {
    const { id } = await service.submit('succeeds');
    server.freeze();
    try {
      await expect(service.jobs.get(id)).rejects.toMatchObject({ code: 'redis_unavailable' });
    } finally {
      server.thaw();
    }
    await expect(service.jobs.get(id)).resolves.toMatchObject({ id });
  });
});
