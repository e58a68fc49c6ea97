/** Order of the queue: priorities, submission order, positions, and the limit on queued jobs. */
import { describe, expect, test } from 'vitest';
import type { Job } from '../../src/contracts/jobs/job.js';
import type { TestRedis } from '../support/redis.js';
import { openService, type Service, specOf } from '../support/running-service.js';
import { openServiceForEachTest } from '../support/service-for-each-test.js';

let server: TestRedis;
let service: Service;

openServiceForEachTest((opened, redis) => {
  [service, server] = [opened, redis];
});

const submit = (priority = 0): Promise<Job> => service.jobs.submit(specOf('succeeds'), { priority });

/** Has one worker train all jobs. Returns their ids in the order of their starts. */
async function order(jobs: readonly Job[]): Promise<string[]> {
  await service.work();
  for (const { id } of jobs) await service.history(id);
  const trained = await Promise.all(jobs.map(({ id }) => service.jobs.get(id)));
  return trained.toSorted((a, b) => ((a.startedAt ?? '') < (b.startedAt ?? '') ? -1 : 1)).map(({ id }) => id);
}

const positions = async (jobs: readonly Job[]): Promise<(number | undefined)[]> =>
  (await Promise.all(jobs.map(({ id }) => service.jobs.get(id)))).map(({ position }) => position);

describe('queued jobs', () => {
  test('are trained by priority, then in the order of submission', async () => {
    const jobs = [await submit(), await submit(-100), await submit(100), await submit(), await submit(1)] as const;
    const [first, last, highest, second, high] = jobs;
    expect(await positions(jobs)).toEqual([3, 5, 1, 4, 2]);
    expect(await order(jobs)).toEqual([highest.id, high.id, first.id, second.id, last.id]);
    expect(await positions(jobs)).toEqual(jobs.map(() => undefined));
  });

  test('have their position from the first response', async () => {
    expect((await submit()).position).toBe(1);
    expect((await submit()).position).toBe(2);
    expect((await submit(5)).position).toBe(1);
  });

  test('move when their priority changes, which adds a frame to the stream', async () => {
    const jobs = [await submit(), await submit(), await submit()] as const;
    const [first, second, third] = jobs;
    expect(await service.jobs.change(third.id, { priority: 10 })).toMatchObject({
      outcome: 'changed',
      job: { priority: 10, position: 1 },
    });
    await service.jobs.change(first.id, { priority: -1 });
    expect(await positions(jobs)).toEqual([3, 2, 1]);
    expect(await service.events.list(third.id, 1, 10)).toMatchObject([
      { seq: 2, type: 'change', number: 1, from: { priority: 0 }, to: { priority: 10 } },
    ]);
    // Back at its old position: behind the job before it, not behind all jobs.
    await service.jobs.change(first.id, { priority: 0 });
    expect(await positions(jobs)).toEqual([2, 3, 1]);
    expect(await order(jobs)).toEqual([third.id, first.id, second.id]);
  });

  test('keep their order when a lost queue entry is restored', async () => {
    const jobs = [await submit(), await submit(), await submit(5)] as const;
    const [first, second, high] = jobs;
    await service.entries.remove(first.id);
    expect(await service.jobs.restoreEntries()).toBe(1);
    expect(await order(jobs)).toEqual([high.id, first.id, second.id]);
  });

  test('keep their order when BullMQ lost all its keys, and precede later jobs', async () => {
    const early = [await submit(), await submit(3), await submit()] as const;
    for (const key of await service.redis.keys('trainyard:turns:*')) await service.redis.del(key);
    expect(await service.jobs.restoreEntries()).toBe(3);
    const late = await submit();
    const [first, high, second] = early;
    expect(await order([...early, late])).toEqual([high.id, first.id, second.id, late.id]);
  });

  test('return to the front when their worker stops', async () => {
    const running = await service.jobs.submit(specOf('waits-once'));
    const worker = await service.work();
    await service.frame(running.id, (frame) => frame.type === 'step');
    const later = await submit();
    await worker.close();
    expect(await positions([running, later])).toEqual([1, 2]);
    expect(await order([running, later])).toEqual([running.id, later.id]);
  });
});

describe('a change of priority', () => {
  test('returns an error with the state of a job that is not queued', async () => {
    const { id } = await submit();
    await service.pauses.pause(id);
    await expect(service.jobs.change(id, { priority: 1 })).rejects.toMatchObject({
      code: 'job_not_queued',
      message: expect.stringMatching(/is paused\. Only the priority of a queued job/),
    });
    await expect(service.jobs.change('nobody', { priority: 1 })).rejects.toMatchObject({ code: 'job_not_found' });
  });
});

describe('a full queue', () => {
  test('accepts exactly its limit of concurrent submissions, and another one when a job has left', async () => {
    const bounded = [await openService(server, { queueDepth: 5 }), await openService(server, { queueDepth: 5 })];
    try {
      const answers = await Promise.allSettled(
        Array.from({ length: 20 }, (_, index) => bounded[index % 2]?.submit('succeeds')),
      );
      const taken = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
      expect(taken).toHaveLength(5);
      for (const answer of answers)
        if (answer.status === 'rejected')
          expect(answer.reason).toMatchObject({
            code: 'queue_full',
            message: expect.stringMatching(/The queue is full: 5 jobs/),
          });
      await service.jobs.cancel(taken[0]?.id ?? '');
      await bounded[0]?.submit('succeeds');
      await expect(bounded[0]?.submit('succeeds')).rejects.toMatchObject({ code: 'queue_full' });
    } finally {
      for (const each of bounded) await each.close();
    }
  });
});
