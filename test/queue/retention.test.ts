/** Retention: removes jobs by age, count and size, with everything that belongs to them. */
import { describe, expect, test } from 'vitest';
import { createRetention, type RetentionLimits } from '../../src/queue/index.js';
import { createDeliveryLog } from '../../src/webhooks/index.js';
import { type Service, specOf } from '../support/running-service.js';
import { openServiceForEachTest } from '../support/service-for-each-test.js';

const DAY = 86_400_000;

let service: Service;

openServiceForEachTest((opened) => {
  service = opened;
});

const once = (key: string) => ({ key, request: {} });

async function submit(key: string): Promise<string> {
  const details = { metadata: { team: 'a:b', place: 'Zürich' } };
  return (await service.jobs.submitOnce(specOf('succeeds'), details, once(key))).job.id;
}

/** Makes a job that ended this many days ago by its record and by the list of ended jobs. */
async function ended(daysAgo: number): Promise<string> {
  const id = await submit(`key ${daysAgo}`);
  await service.jobs.cancel(id);
  const at = Date.now() - daysAgo * DAY;
  await service.redis.hset(`trainyard:job:${id}`, 'endedAt', new Date(at).toISOString());
  await service.redis.zadd('trainyard:ended', at, id);
  return id;
}

const sweep = (retention: RetentionLimits, now?: number): Promise<number> =>
  createRetention({ redis: service.redis, logger: service.logger, ...retention }).sweep(now);

const left = async (): Promise<string[]> => (await service.jobs.list({ limit: 100 })).jobs.map(({ id }) => id);

describe('retention', () => {
  test('removes jobs by age', async () => {
    const [old, young] = [await ended(31), await ended(29)];
    expect(await sweep({ days: 30, count: 0 })).toBe(1);
    expect(await left()).toEqual([young]);
    await expect(service.jobs.get(old)).rejects.toMatchObject({ code: 'job_not_found' });
  });

  test('removes jobs by count, those that ended first, whenever they were submitted', async () => {
    const [first, second, third] = [await ended(1), await ended(3), await ended(2)];
    expect(await sweep({ days: 0, count: 2 })).toBe(1);
    expect(await left()).toEqual([third, first]);
    await expect(service.jobs.get(second)).rejects.toMatchObject({ code: 'job_not_found' });
  });

  test('leaves nothing of a job in Redis: no frames, no index, no idempotency key', async () => {
    await ended(40);
    await sweep({ days: 30, count: 0 });
    const own = (await service.redis.keys('trainyard:*')).filter((key) => !key.startsWith('trainyard:turns:'));
    expect(own.toSorted()).toEqual(['trainyard:messages', 'trainyard:submitted']);
    expect((await service.jobs.submitOnce(specOf('succeeds'), {}, once('key 40'))).replayed).toBe(false);
  });

  test('removes no queued or running job, however old', async () => {
    const running = await service.submit('waits');
    const worker = await service.work();
    await service.frame(running.id, (frame) => frame.type === 'step');
    const queued = await submit('queued');
    // As if both had ended.
    for (const id of [running.id, queued]) await service.redis.zadd('trainyard:ended', 1, id);
    expect(await sweep({ days: 1, count: 1 }, Date.now() + 1_000 * DAY)).toBe(0);
    expect(await left()).toEqual([queued, running.id]);
    await service.jobs.cancel(running.id);
    await service.history(running.id);
    await worker.close();
  });

  test('removes jobs by size, those that ended first, but none that has not ended', async () => {
    const jobs = [await ended(3), await ended(1), await ended(2)];
    const waiting = await submit('waiting');
    const total = Number(await service.redis.get('trainyard:ended:bytes'));
    expect(total).toBeGreaterThan(1_000);
    const limits = { days: 0, count: 0 };
    expect(await sweep({ ...limits, bytes: total })).toBe(0);
    expect(await sweep({ ...limits, bytes: total - 1 })).toBe(1);
    expect(await left()).toEqual([waiting, jobs[2], jobs[1]]);
    expect(await sweep({ ...limits, bytes: 1 })).toBe(2);
    expect(await left()).toEqual([waiting]);
    expect(await service.redis.exists('trainyard:ended:bytes')).toBe(0);
  });

  test('counts the bytes of a job, its frames, and its deliveries after its end', async () => {
    await service.work();
    const { id } = await service.submit('walks', { epochs: 40 });
    await service.history(id);
    const log = createDeliveryLog(service.redis);
    const delivery = {
      messageId: 'm',
      type: 'job.end',
      url: 'http://hook',
      attempt: 1,
      at: 'now',
      milliseconds: 1,
    } as const;
    for (let index = 0; index < 50; index++) await log.note(id, { ...delivery, outcome: 'delivered' });
    const names = ['job', 'events', 'steps', 'deliveries'].map((kind) => `trainyard:${kind}:${id}`);
    const sizes = await Promise.all(names.map((name) => service.redis.memory('USAGE', name)));
    const bytes = sizes.reduce<number>((sum, size) => sum + Number(size), 0);
    const counted = Number(await service.redis.get('trainyard:ended:bytes'));
    expect(Math.abs(counted - bytes)).toBeLessThan(bytes / 20);
  });

  test('measures jobs of a release that did not measure', async () => {
    const id = await ended(1);
    const total = await service.redis.get('trainyard:ended:bytes');
    await service.redis.hdel(`trainyard:job:${id}`, 'bytes');
    await service.redis.del('trainyard:ended:bytes');
    expect(await sweep({ days: 0, count: 0, bytes: 2 ** 20 })).toBe(0);
    const counted = Number(await service.redis.get('trainyard:ended:bytes'));
    expect(Math.abs(counted - Number(total))).toBeLessThan(200);
  });

  test('removes a job whose size is not a number', async () => {
    const id = await ended(3);
    const young = await ended(1);
    const total = Number(await service.redis.get('trainyard:ended:bytes'));
    await service.redis.hset(`trainyard:job:${id}`, 'bytes', 'many');
    expect(await sweep({ days: 2, count: 0 })).toBe(1);
    expect(await left()).toEqual([young]);
    await service.redis.hset(`trainyard:job:${young}`, 'bytes', 'many');
    expect(await sweep({ days: 0, count: 0, bytes: total / 4 })).toBe(1);
    expect(await left()).toEqual([]);
  });

  test('keeps everything without limits', async () => {
    const id = await ended(10_000);
    expect(await sweep({ days: 0, count: 0 })).toBe(0);
    expect(await left()).toEqual([id]);
  });

  test('removes each job once if several processes sweep at the same moment', async () => {
    for (let index = 0; index < 150; index++) await ended(50 + index);
    const removed = await Promise.all([1, 2, 3].map(() => sweep({ days: 30, count: 0 })));
    expect(removed.reduce((sum, count) => sum + count)).toBe(150);
    expect(await left()).toEqual([]);
  });

  test.each(['count', 'bytes'] as const)(
    'removes no more than it has to when several processes sweep (%s)',
    async (by) => {
      const jobs = 60;
      // Jobs differ in size, so the limit is the size of the jobs that stay.
      const half = { count: jobs / 2, bytes: 0 };
      for (let index = 0; index < jobs; index++) {
        const id = await ended(50 + index);
        if (index < half.count) half.bytes += Number(await service.redis.hget(`trainyard:job:${id}`, 'bytes'));
      }
      const sweeping: Promise<number>[] = [];
      for (let process = 0; process < 40; process++) {
        sweeping.push(sweep({ days: 0, count: 0, [by]: half[by] }));
        await service.redis.ping();
      }
      await Promise.all(sweeping);
      expect(await left()).toHaveLength(jobs / 2);
    },
  );
});
