/** Corrupt records in Redis: each is skipped and logged once, and nothing else is affected. */
import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Frame } from '../../src/contracts/jobs/frame.js';
import { createCorruptRecordLog, createEventReader, keys } from '../../src/events/index.js';
import { createTrainerStarter } from '../../src/processes/trainer-process.js';
import { createJobs, createRates, createRetention, createWorkers } from '../../src/queue/index.js';
import { removeEventFile } from '../../src/tensorboard/index.js';
import { createDeliverer, createDeliveryLog, startDeliveries } from '../../src/webhooks/index.js';
import { captureLog } from '../support/capture-log.js';
import { idOf } from '../support/ids.js';
import { openReceiver } from '../support/receiver.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { isStep, openService, type Service, specOf } from '../support/running-service.js';
import { workerOf } from '../support/workers.js';

const soon = { timeout: 20_000 };
const OUTSIDE = '../../victim';

let server: TestRedis;
let service: Service;
let folder: string;
let log: ReturnType<typeof captureLog>;

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.close());
beforeEach(async () => {
  service = await openService(server);
  await service.redis.flushall();
  folder = await mkdtemp(join(tmpdir(), 'trainyard-corrupt-'));
  log = captureLog();
});
afterEach(async () => {
  await service.close();
  await rm(folder, { recursive: true, force: true });
});

const skippedRecords = () => log.lines.filter(({ msg }) => msg === 'corrupt record in Redis skipped');

/** Writes a corrupt record of a queued job under any id, and adds it to all indexes. */
async function plant(id: string, fields: Record<string, string> = {}): Promise<string> {
  const template = await service.submit('succeeds');
  const record = await service.redis.hgetall(keys.job(template.id));
  await service.jobs.cancel(template.id);
  await service.redis.hset(keys.job(id), { ...record, id, status: 'queued', ...fields });
  for (const list of [keys.jobs, keys.jobsIn('queued'), keys.queue]) await service.redis.zadd(list, 1, id);
  return id;
}

const corruptFields: readonly (readonly [what: string, id: string, fields: Record<string, string>])[] = [
  ['an id that leads elsewhere', OUTSIDE, {}],
  ['another id than its key', idOf('other'), { id: OUTSIDE }],
  ['a model name that leads elsewhere', idOf('name'), { spec: JSON.stringify({ ...specOf('x'), name: OUTSIDE }) }],
  [
    'a data set name that leads elsewhere',
    idOf('data'),
    { spec: JSON.stringify({ ...specOf('x'), dataset: { ...specOf('x').dataset, name: '../..' } }) },
  ],
  ['a spec that is no JSON', idOf('json'), { spec: '{' }],
  ['a spec that is null', idOf('null'), { spec: 'null' }],
  ['an attempt that is none', idOf('attempt'), { attempt: '../1' }],
  ['an attempt below 0', idOf('below'), { attempt: '-1' }],
  ['a status that is none', idOf('status'), { status: 'sleeping' }],
  ['a model that leads elsewhere', idOf('model'), { model: '{"name":"../x","version":1}' }],
  ['a billion changes', idOf('changes'), { changes: '1000000000' }],
  ['webhooks that are none', idOf('hooks'), { webhooks: '[{"url":7}]' }],
];

describe.each(corruptFields)('a record with %s', (_, id, fields) => {
  test('is not trained, and the next job is', async () => {
    await plant(id, fields);
    await service.entries.add({ jobId: id, priority: 0, place: 1 });
    const attempts: string[] = [];
    const startTrainer = createTrainerStarter({
      datasetsDir: '',
      modelsDir: folder,
      checkpointsDir: folder,
      trainerUrl: new URL('../fixtures/trainer.js', import.meta.url),
    });
    await service.work({
      logger: log.logger,
      startTrainer(options) {
        attempts.push(options.jobId);
        return startTrainer(options);
      },
    });
    const intact = await service.submit('succeeds');
    expect((await service.history(intact.id)).at(-1)).toMatchObject({ type: 'end', status: 'succeeded' });
    expect(attempts).toEqual([intact.id]);
    expect(skippedRecords()).toHaveLength(1);
  });

  test('is left out of lists, estimates and retention, and has its own error code', async () => {
    const intact = await service.submit('succeeds');
    await plant(id, fields);
    const { redis, journal, entries } = service;
    const jobs = createJobs({ redis, journal, entries, logger: log.logger });
    for (let look = 0; look < 3; look++) {
      const { jobs: listed } = await jobs.list({ limit: 10, status: ['queued', 'running'] });
      expect(listed.map((job) => job.id)).toEqual([intact.id]);
      await jobs.restoreEntries();
      await service.estimates.withEstimate(intact);
    }
    expect(skippedRecords().length).toBeLessThanOrEqual(2); // the record and, if it has none, its position
    await expect(jobs.get(id)).rejects.toMatchObject({ code: 'record_corrupt' });

    await redis.hset(keys.job(id), 'status', 'succeeded');
    await redis.zadd(keys.ended, 1, id);
    const removed: string[] = [];
    const retention = { days: 1, count: 0, onRemoved: (job: { id: string }) => removed.push(job.id) };
    const sweep = createRetention({ redis, logger: log.logger, ...retention }).sweep;
    expect(await sweep()).toBe(1);
    expect(removed.filter((each) => each.includes('..'))).toEqual([]);
    expect(await redis.exists(keys.job(id))).toBe(0);
  });
});

test('lists, restores and removes jobs although one key has another type', async () => {
  const intact = await service.submit('succeeds');
  const id = idOf('string');
  await service.redis.set(keys.job(id), 'text');
  for (const list of [keys.jobs, keys.jobsIn('queued'), keys.ended]) await service.redis.zadd(list, 1, id);
  const { redis, journal, entries } = service;
  const jobs = createJobs({ redis, journal, entries, logger: log.logger });
  expect((await jobs.list({ limit: 10 })).jobs.map((job) => job.id)).toEqual([intact.id]);
  await jobs.restoreEntries();
  expect(await createRetention({ redis, logger: log.logger, days: 1, count: 0 }).sweep()).toBe(0);
  expect(await redis.zscore(keys.ended, id)).toBeNull();
});

test('skips a queue entry without a job', async () => {
  await service.work({ logger: log.logger });
  for (const jobId of [OUTSIDE, '', 'x'.repeat(10_000)]) await service.entries.add({ jobId, priority: 0, place: 1 });
  const intact = await service.submit('succeeds');
  expect((await service.history(intact.id)).at(-1)).toMatchObject({ status: 'succeeded' });
});

test('a trainer touches no file outside its folders if ids and names contain paths', async () => {
  const victim = join(folder, 'victim');
  for (const each of ['1', '2', '3']) await mkdir(join(victim, each), { recursive: true });
  const startTrainer = createTrainerStarter({
    datasetsDir: '',
    modelsDir: join(folder, 'data/models'),
    checkpointsDir: join(folder, 'data/checkpoints'),
    trainerUrl: new URL('../../dist/trainer.js', import.meta.url),
  });
  const outcome = (jobId: string, name: string) =>
    startTrainer({ jobId, spec: { ...specOf('x'), name }, attempt: 4, logger: log.logger, onEvent: () => undefined })
      .outcome;
  expect(await outcome('../../victim', 'x')).toMatchObject({ type: 'failed', error: { code: 'record_corrupt' } });
  expect((await readdir(victim)).sort()).toEqual(['1', '2', '3']);
});

test('removes no event file outside its folder or behind a link', async () => {
  const victim = join(folder, 'victim');
  await mkdir(join(victim, idOf('a')), { recursive: true });
  const logs = join(folder, 'tensorboard');
  await mkdir(logs);
  await expect(removeEventFile(logs, { name: 'x', id: '../../victim' })).rejects.toMatchObject({
    code: 'record_corrupt',
  });
  await expect(removeEventFile(logs, { name: '..', id: idOf('a') })).rejects.toMatchObject({ code: 'record_corrupt' });
  await symlink(victim, join(logs, 'linked'));
  await expect(removeEventFile(logs, { name: 'linked', id: idOf('a') })).rejects.toMatchObject({
    code: 'record_corrupt',
  });
  expect(await readdir(victim)).toEqual([idOf('a')]);
});

test('leaves invalid workers and rates out of the list and of estimates', async () => {
  const report = createCorruptRecordLog(log.logger);
  const workers = createWorkers(service.redis, report);
  await workers.heartbeat(workerOf({ pid: 1 }));
  for (const [name, value] of [
    ['a:1', '{'],
    ['b:2', 'null'],
    ['c:3', '{"host":"c"}'],
  ] as const) {
    await service.redis.sadd(keys.workers, name);
    await service.redis.set(keys.worker(name), value);
  }
  for (let look = 0; look < 2; look++) expect((await workers.list()).map(({ pid }) => pid)).toEqual([1]);
  expect(skippedRecords()).toHaveLength(3);

  const rates = createRates({ redis: service.redis, logger: log.logger });
  const measuring = rates.measure(specOf('x'), workerOf());
  const scores = { trainLoss: 1, trainAccuracy: 1, testLoss: 1, testAccuracy: 1 };
  measuring.note({ type: 'epoch', epoch: 1, epochs: 1, ...scores, seconds: 1, imagesPerSecond: 10 });
  await expect.poll(() => service.redis.hlen(keys.rates), soon).toBe(1);
  const [field = ''] = await service.redis.hkeys(keys.rates);
  for (const value of ['{', 'null', '{"start":"soon"}']) {
    await service.redis.hset(keys.rates, field, value);
    expect(await rates.measured(specOf('x'), [workerOf()])).toEqual([undefined]);
  }
});

describe('corrupt frames', () => {
  test('reach no follower and end no stream, whether stored or published', async () => {
    await service.work();
    const report = createCorruptRecordLog(log.logger);
    const events = createEventReader(service.redis, service.subscriber, { report });
    const { id } = await service.submit('waits');
    const frames: Frame[] = [];
    const following = (async () => {
      for await (const frame of events.followMany({ after: new Map() }, AbortSignal.timeout(60_000))) {
        if (frame.type === 'gap') continue;
        frames.push(frame);
        if (frame.type === 'end' && frame.jobId === id) return;
      }
    })();
    await service.frame(id, isStep);
    for (const text of ['{', 'null', '7', '{"seq":"1"}', `{"seq":9,"type":"end","jobId":"${OUTSIDE}"}`]) {
      await service.redis.publish(keys.frames(id), text);
      await service.redis.publish(keys.frames(OUTSIDE), text);
    }
    await service.redis.publish(keys.requests, OUTSIDE);
    await service.jobs.cancel(id);
    await following;
    expect(frames.at(-1)).toMatchObject({ type: 'end', status: 'cancelled' });
    expect(frames.map((frame) => frame.jobId)).not.toContain(OUTSIDE);
    // A corrupt frame in the stream itself becomes a gap.
    const [first] = await service.redis.xrange(keys.steps(id), '-', '+', 'COUNT', 1);
    await service.redis.xdel(keys.steps(id), first?.[0] ?? '');
    await service.redis.del(keys.steps(id));
    await service.redis.xadd(keys.steps(id), first?.[0] ?? '', 'frame', '{');
    expect((await events.list(id, 0, 100)).map(({ type }) => type)).toEqual(['status', 'status', 'gap', 'end']);
  });

  test('reach no webhook, and the next frame is delivered', async () => {
    const receiver = await openReceiver();
    const secret = `whsec_${Buffer.alloc(32).toString('base64')}`;
    const deliverer = createDeliverer({
      redis: service.redis,
      log: createDeliveryLog(service.redis),
      logger: log.logger,
      secret,
      networks: 'private',
    });
    for (const [job, seq] of [
      [OUTSIDE, '1'],
      ['a:b', '1'],
      [idOf('a'), '../1'],
      [idOf('b'), '1e99'],
      ['', ''],
    ] as const)
      await service.redis.xadd(keys.webhookFrames, '*', 'job', job, 'seq', seq);
    await service.redis.hset(keys.job(idOf('c')), 'webhooks', '{');
    await service.redis.xadd(keys.webhookFrames, '*', 'job', idOf('c'), 'seq', '1');
    const blocking = service.redis.duplicate({ maxRetriesPerRequest: null, enableOfflineQueue: true });
    const deliveries = startDeliveries({ redis: service.redis, blocking, deliverer, logger: log.logger });
    await service.jobs.submit(specOf('succeeds'), { webhooks: [{ url: receiver.url, events: ['status'] }] });
    await receiver.count(1);
    await expect.poll(() => service.redis.xlen(keys.webhookFrames), soon).toBe(0);
    expect(skippedRecords().length).toBeGreaterThanOrEqual(5);
    await deliveries.close();
    blocking.disconnect();
    receiver.close();
  });
});
