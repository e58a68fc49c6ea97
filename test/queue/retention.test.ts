/** Retention: what is removed by age and count, all of it, and what never is. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createRetention, type Retention } from '../../src/queue/index.js';
import { createDeliveryLog } from '../../src/webhooks/index.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { openService, type Service, specOf } from '../support/running-service.js';

const DAY = 86_400_000;

let server: TestRedis;
let service: Service;

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.close());
beforeEach(async () => {
  service = await openService(server);
  await service.redis.flushall();
});
afterEach(() => service.close());

const once = (key: string) => ({ key, request: {} });

async function submit(key: string): Promise<string> {
  const details = { metadata: { team: 'a:b', place: 'Zürich' } };
  return (await service.jobs.submitOnce(specOf('succeeds'), details, once(key))).job.id;
}

/** A job that ended so many days ago, as the record and the list of those that have ended say. */
async function ended(daysAgo: number): Promise<string> {
  const id = await submit(`key ${daysAgo}`);
  await service.jobs.cancel(id);
  const at = Date.now() - daysAgo * DAY;
  await service.redis.hset(`trainyard:job:${id}`, 'endedAt', new Date(at).toISOString());
  await service.redis.zadd('trainyard:ended', at, id);
  return id;
}

const sweep = (retention: Retention, now?: number): Promise<number> =>
  createRetention({ redis: service.redis, logger: service.logger, ...retention }).sweep(now);

const left = async (): Promise<string[]> => (await service.jobs.list({ limit: 100 })).jobs.map(({ id }) => id);

describe('retention', () => {
  test('removes the jobs that ended before the days it keeps', async () => {
    const [old, young] = [await ended(31), await ended(29)];
    expect(await sweep({ days: 30, count: 0 })).toBe(1);
    expect(await left()).toEqual([young]);
    await expect(service.jobs.get(old)).rejects.toMatchObject({ code: 'job_not_found' });
  });

  test('removes by count those that ended first, whenever they were submitted', async () => {
    const [first, second, third] = [await ended(1), await ended(3), await ended(2)];
    expect(await sweep({ days: 0, count: 2 })).toBe(1);
    expect(await left()).toEqual([third, first]);
    await expect(service.jobs.get(second)).rejects.toMatchObject({ code: 'job_not_found' });
  });

  test('leaves nothing of a job in Redis: no frames, no index, no idempotency key', async () => {
    await ended(40);
    await sweep({ days: 30, count: 0 });
    const own = (await service.redis.keys('trainyard:*')).filter((key) => !key.startsWith('trainyard:turns:'));
    expect(own).toEqual(['trainyard:submitted']);
    expect((await service.jobs.submitOnce(specOf('succeeds'), {}, once('key 40'))).replayed).toBe(false);
  });

  test('removes no job that is queued or runs, however old', async () => {
    const running = await service.submit('waits');
    const worker = await service.work();
    await service.frame(running.id, (frame) => frame.type === 'step');
    const queued = await submit('queued');
    // As though both had ended.
    for (const id of [running.id, queued]) await service.redis.zadd('trainyard:ended', 1, id);
    expect(await sweep({ days: 1, count: 1 }, Date.now() + 1_000 * DAY)).toBe(0);
    expect(await left()).toEqual([queued, running.id]);
    await service.jobs.cancel(running.id);
    await service.history(running.id);
    await worker.close();
  });

  test('removes by bytes those that ended first, until the others fit, and no job that has not ended', async () => {
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

  test('counts the bytes that Redis has for a job, its frames and what was posted of it after its end', async () => {
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

  test('counts jobs of a release that did not', async () => {
    const id = await ended(1);
    const total = await service.redis.get('trainyard:ended:bytes');
    await service.redis.hdel(`trainyard:job:${id}`, 'bytes');
    await service.redis.del('trainyard:ended:bytes');
    expect(await sweep({ days: 0, count: 0, bytes: 2 ** 20 })).toBe(0);
    const counted = Number(await service.redis.get('trainyard:ended:bytes'));
    expect(Math.abs(counted - Number(total))).toBeLessThan(200);
  });

  test('removes a job whose size is no number', async () => {
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

  test('keeps everything for ever where it is told to', async () => {
    const id = await ended(10_000);
    expect(await sweep({ days: 0, count: 0 })).toBe(0);
    expect(await left()).toEqual([id]);
  });

  test('removes each job once when several processes do it at the same moment', async () => {
    for (let index = 0; index < 150; index++) await ended(50 + index);
    const removed = await Promise.all([1, 2, 3].map(() => sweep({ days: 30, count: 0 })));
    expect(removed.reduce((sum, count) => sum + count)).toBe(150);
    expect(await left()).toEqual([]);
  });

  test.each(['count', 'bytes'] as const)(
    'removes no more than it has to when several processes sweep (%s)',
    async (by) => {
      const jobs = 60;
      // Redis does not need the same bytes for each: the limit is what the jobs to be kept need.
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
