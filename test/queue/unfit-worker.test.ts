/** A worker that becomes unfit while it runs: it returns its entries, and takes jobs again once it is fit. */
import { copyFile, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createProbe } from '../../src/files/storage.js';
import { createHealthChecks, type HealthChecks } from '../../src/processes/health-checks.js';
import { createStartCheck } from '../../src/processes/start-check.js';
import { createTrainerStarter } from '../../src/processes/trainer-process.js';
import { captureLog } from '../support/capture-log.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { openService, type Service, summarizeFrames } from '../support/running-service.js';

const soon = { timeout: 60_000 };

let server: TestRedis;
let service: Service;
let folder: string;
let log: ReturnType<typeof captureLog>;
let health: HealthChecks | undefined;

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.close());
beforeEach(async () => {
  service = await openService(server);
  await service.redis.flushall();
  folder = await mkdtemp(join(tmpdir(), 'trainyard-unfit-'));
  await copyFile(new URL('../fixtures/trainer.js', import.meta.url), trainerFile());
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  log = captureLog();
});
afterEach(async () => {
  health?.close();
  await service.close();
  await rm(folder, { recursive: true, force: true });
});

const trainerFile = (): string => join(folder, 'trainer.js');
const data = (): string => join(folder, 'data');

/** Starts a worker with its own trainer file and data folder. `everyMs` and `backOffMs`: intervals of its own checks. */
async function work(everyMs: number, backOffMs = everyMs) {
  const trainerUrl = pathToFileURL(trainerFile());
  const { signal } = new AbortController();
  const start = createStartCheck({ url: trainerUrl, name: 'trainer', logger: log.logger, signal });
  health = createHealthChecks({
    checks: [
      { run: createProbe([{ setting: 'DATA_DIR', root: data(), path: join(data(), 'models') }]) },
      { run: start, isCostly: true },
    ],
    logger: log.logger,
    messages: { unhealthy: 'unfit', healthy: 'fit' },
    intervalMs: { healthy: everyMs, unhealthy: everyMs },
    backOffMs,
  });
  await health.runAll();
  const folders = { datasetsDir: '', modelsDir: join(data(), 'models'), checkpointsDir: join(data(), 'checkpoints') };
  const startTrainer = createTrainerStarter({ ...folders, trainerUrl });
  return service.work({ health, startTrainer });
}

async function breakStorage(): Promise<void> {
  await rename(data(), join(folder, 'aside'));
  await writeFile(data(), '');
}
async function mendStorage(): Promise<void> {
  await rm(data());
  await rename(join(folder, 'aside'), data());
}

const NEVER_MS = 3_600_000;

describe('a worker whose storage fails while it runs', () => {
  test('returns a queue entry before the attempt begins, for another worker', async () => {
    await work(NEVER_MS);
    await breakStorage();
    const { id } = await service.submit('succeeds');
    expect(await log.line('unfit')).toMatchObject({
      fault: expect.stringMatching(/^DATA_DIR .* cannot be written by user/),
    });
    await service.work(); // has its own folders
    expect(summarizeFrames(await service.history(id)).slice(0, 2)).toEqual(['queued 0', 'running 1']);
    expect(await service.jobs.get(id)).toMatchObject({ status: 'succeeded', attempt: 1 });
  });

  test('takes jobs again by itself once the storage is back', async () => {
    await work(50);
    await breakStorage();
    await log.line('unfit');
    const { id } = await service.submit('succeeds');
    await mendStorage();
    expect((await service.history(id)).at(-1)).toMatchObject({ type: 'end', status: 'succeeded' });
    expect(health?.fault()).toBeUndefined();
    expect(await service.jobs.get(id)).toMatchObject({ attempt: 1 });
  });
});

describe('a worker whose trainers can no longer start', () => {
  test('returns the job without counting a restart, and takes it again when they can', async () => {
    await work(50, 100);
    await rename(trainerFile(), join(folder, 'away.js'));
    const { id } = await service.submit('succeeds');
    const back = await service.frame(id, (frame) => frame.type === 'status' && 'reason' in frame);
    expect(back).toMatchObject({
      status: 'queued',
      attempt: 1,
      reason: {
        code: 'worker_unfit',
        message: expect.stringMatching(/^The worker cannot train now.*trainer process cannot work/),
      },
    });
    expect(await service.redis.hget(`trainyard:job:${id}`, 'restarts')).toBeNull();
    await rename(join(folder, 'away.js'), trainerFile());
    expect((await service.history(id)).at(-1)).toMatchObject({ type: 'end', status: 'succeeded' });
  });

  test('counts a trainer that dies by itself', async () => {
    await mkdir(data(), { recursive: true });
    await work(NEVER_MS);
    const { id } = await service.submit('leaves-without-a-word');
    expect((await service.history(id)).at(-1)).toMatchObject({ status: 'failed', error: { code: 'trainer_died' } });
    expect(health?.fault()).toBeUndefined();
    expect(await service.redis.hget(`trainyard:job:${id}`, 'restarts')).toBe('2');
  });
});

test('takes no jobs while it is unfit, even after Redis refused its commands', async () => {
  let isSick = false;
  let looks = 0;
  const look = async (): Promise<void> => {
    looks += 1;
    if (isSick) throw new Error('The disk is full.');
  };
  health = createHealthChecks({
    checks: [{ run: look }],
    logger: log.logger,
    messages: { unhealthy: 'unfit', healthy: 'fit' },
    intervalMs: { healthy: NEVER_MS, unhealthy: NEVER_MS },
  });
  await service.redis.config('SET', 'maxmemory', '1');
  await service.work({ health, logger: log.logger });
  await log.line('no jobs taken: Redis refuses commands');
  isSick = true;
  await health.runAll();
  looks = 0;
  const other = captureLog();
  await service.work({ logger: other.logger });
  await other.line('no jobs taken: Redis refuses commands');
  await service.redis.config('SET', 'maxmemory', '0');
  // The other worker backs off until Redis has recovered, as the unfit one would.
  const jobs = await Promise.all(Array.from({ length: 4 }, () => service.submit('succeeds')));
  for (const { id } of jobs) expect((await service.history(id)).at(-1)).toMatchObject({ status: 'succeeded' });
  expect(looks).toBe(0);
});

test('a probe has a time limit, and does not run twice at once', async () => {
  const probe = createProbe([{ setting: 'DATA_DIR', root: data(), path: data() }], { deadlineMs: 0 });
  await expect(probe()).rejects.toMatchObject({
    code: 'storage_unavailable',
    message: expect.stringMatching(/cannot be written by user \d+: no answer within 0 seconds\.$/),
  });
  await expect.poll(() => createProbe([{ setting: 'DATA_DIR', root: data(), path: data() }])(), soon).toBeUndefined();
  // The first probe goes on after its answer.
  await expect.poll(() => readdir(data()), soon).not.toContainEqual(expect.stringContaining('probe-'));
});
