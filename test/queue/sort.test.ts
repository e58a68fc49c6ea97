/** GET /jobs in every order: the same jobs as a sort of all records in JavaScript, page by page, and in step with every write. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Job } from '../../src/contracts/jobs/job.js';
import { JOB_SORT_FIELDS, type JobSort, type JobSortField } from '../../src/contracts/submission/job-sort.js';
import { keys } from '../../src/events/index.js';
import { openService, specOf } from '../support/running-service.js';
import { openServiceForFile } from '../support/service-for-file.js';

const JOBS = 250;

const { server, service } = await openServiceForFile();
/** Submission number of each job. */
const orders = new Map<string, number>();

/** Writes a job as a worker would. Every third job has not been scored, and many values are equal. */
async function write(index: number): Promise<void> {
  const spec = specOf(`run-${index % 30}`);
  const { optimizer } = spec;
  const { id } = await service.jobs.submit({
    ...spec,
    batchSize: 8 * (1 + (index % 4)),
    optimizer: { ...optimizer, learningRate: 10 ** -(index % 5) } as typeof optimizer,
  });
  orders.set(id, index);
  if (index % 3 === 0) return;
  const accuracy = (index % 10) / 10;
  const scores = { epoch: 1, trainLoss: index % 20 === 1 ? Number.NaN : 1 - accuracy, trainAccuracy: accuracy };
  const scored = { ...scores, testLoss: 1, testAccuracy: accuracy, validationAccuracy: accuracy / 2 };
  const startedAt = new Date(Date.UTC(2024, 1, 28 + (index % 3), 23, 59, index % 60, index)).toISOString();
  const endedAt = new Date(Date.parse(startedAt) + 1_000 * (index % 7) + 90_000_000).toISOString();
  await service.journal.write({ jobId: id, from: ['queued'], to: 'running', patch: { startedAt } });
  const results = { scores: JSON.stringify(scored), bestScores: JSON.stringify(scored) };
  await service.journal.write({ jobId: id, from: ['running'], patch: results });
  if (index % 3 === 1) await service.journal.write({ jobId: id, from: ['running'], to: 'failed', patch: { endedAt } });
}

beforeAll(async () => {
  await service.redis.flushall();
  for (let index = 0; index < JOBS; index++) await write(index);
}, 120_000);

async function allPages(sort: JobSort, filter: { status?: 'queued' | 'running' | 'failed'; name?: string } = {}) {
  const found: Job[] = [];
  let cursor: string | undefined;
  do {
    const page = await service.jobs.list({ ...filter, sort, limit: 37, ...(cursor !== undefined && { cursor }) });
    found.push(...page.jobs);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return found;
}

const VALUES: Readonly<Record<JobSortField, (job: Job) => number | string | undefined>> = {
  created: ({ id }) => orders.get(id),
  name: ({ spec }) => spec.name,
  dataset: ({ spec }) => spec.dataset.name,
  network: ({ spec }) => spec.network,
  learningRate: ({ spec }) => spec.optimizer.learningRate,
  batchSize: ({ spec }) => spec.batchSize,
  bestAccuracy: ({ bestScores }) => bestScores?.validationAccuracy,
  validationAccuracy: ({ scores }) => scores?.validationAccuracy,
  testAccuracy: ({ scores }) => scores?.testAccuracy,
  trainLoss: ({ scores }) => scores?.trainLoss ?? undefined,
  duration: ({ startedAt, endedAt }) =>
    startedAt && endedAt ? Date.parse(endedAt) - Date.parse(startedAt) : undefined,
  ended: () => undefined,
  position: ({ position }) => position,
};

const natural = new Intl.Collator('en', { numeric: true });

/** Whether `a` may precede `b`. */
function areOrdered(a: number | string | undefined, b: number | string | undefined, rises: boolean): boolean {
  if (a === undefined || b === undefined) return b === undefined;
  const order = typeof a === 'number' && typeof b === 'number' ? a - b : natural.compare(String(a), String(b));
  return rises ? order <= 0 : order >= 0;
}

describe('a list of jobs', () => {
  test.each(JOB_SORT_FIELDS.filter((field) => field !== 'ended').flatMap((field): JobSort[] => [field, `-${field}`]))(
    'has every job once, in the order %s',
    async (sort) => {
      const jobs = await allPages(sort);
      expect(new Set(jobs.map(({ id }) => id))).toEqual(new Set(orders.keys()));
      expect(jobs).toHaveLength(JOBS);
      const value = VALUES[sort.replace('-', '') as JobSortField];
      const wrong = jobs.findIndex((job, i) => {
        const next = jobs[i + 1];
        return next !== undefined && !areOrdered(value(job), value(next), !sort.startsWith('-'));
      });
      expect(wrong).toBe(-1);
      const rest = jobs.filter((job) => value(job) === undefined).map(({ id }) => orders.get(id) ?? 0);
      expect(rest).toEqual(rest.toSorted((a, b) => b - a));
    },
  );

  test('is sorted by the end of jobs, jobs without an end last', async () => {
    const ids = (await allPages('ended')).map(({ id }) => id);
    const ended = await service.redis.zrange(keys.ended, '0', '-1');
    expect(ids.slice(0, ended.length)).toEqual(ended);
    expect(ids).toHaveLength(JOBS);
    expect((await allPages('-ended')).map(({ id }) => id).slice(0, ended.length)).toEqual(ended.toReversed());
  });

  test('is sorted within its filters', async () => {
    const jobs = await allPages('-bestAccuracy', { status: 'failed' });
    const all = (await allPages('-bestAccuracy')).filter(({ status }) => status === 'failed');
    expect(jobs.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
    const named = await allPages('created', { status: 'running', name: 'run-8' });
    expect(named.map(({ id }) => orders.get(id))).toEqual([8, 38, 68, 98, 128, 158, 188, 218, 248]);
  });

  test('continues behind a job that was removed or has changed since', async () => {
    const all = await allPages('-testAccuracy');
    const first = await service.jobs.list({ sort: '-testAccuracy', limit: 10 });
    const last = all[9]?.id ?? '';
    const key = 'trainyard:jobs:by:testAccuracy';
    const score = await service.redis.zscore(key, last);
    await service.redis.zrem(key, last);
    const second = await service.jobs.list({ sort: '-testAccuracy', limit: 10, cursor: first.nextCursor ?? '' });
    await service.redis.zadd(key, Number(score), last);
    expect(second.jobs.map(({ id }) => id)).toEqual(all.slice(10, 20).map(({ id }) => id));
  });

  test('rejects a cursor of another order', async () => {
    const { nextCursor = '' } = await service.jobs.list({ sort: 'name', limit: 1 });
    await expect(service.jobs.list({ sort: 'created', limit: 1, cursor: nextCursor })).rejects.toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer: '?cursor' }],
    });
  });

  test('is sorted after an upgrade from a release without these indexes', async () => {
    const before = await allPages('-duration');
    for (const key of await service.redis.keys('trainyard:jobs:by:*')) await service.redis.del(key);
    await service.redis.del(keys.sorted);
    const upgraded = await openService(server);
    try {
      const { jobs } = await upgraded.jobs.list({ sort: '-duration', limit: 100 });
      expect(jobs.map(({ id }) => id)).toEqual(before.slice(0, 100).map(({ id }) => id));
      expect((await allPages('name')).length).toBe(JOBS);
    } finally {
      await upgraded.close();
    }
  });

  test('leaves nothing of deleted jobs in its indexes', async () => {
    const [job] = await allPages('-ended');
    const id = job?.id ?? '';
    const indexes = await service.redis.keys('trainyard:jobs:by:*');
    const membersOf = async (): Promise<string[]> =>
      (await Promise.all(indexes.map((key) => service.redis.zrange(key, '0', '-1')))).flat();
    expect((await membersOf()).filter((member) => member.endsWith(id)).length).toBe(indexes.length);
    await service.jobs.remove(id);
    expect((await membersOf()).filter((member) => member.endsWith(id))).toEqual([]);
    orders.delete(id);
  });
});
