/** A job on a disk that fills up: it pauses at its last checkpoint, and continues to the same bits once there is space. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Frame } from '../../src/contracts/jobs/frame.js';
import { type JobRequest, resolveJob } from '../../src/contracts/jobs/job.js';
import { openModelStore } from '../../src/store/index.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { openService, type Service } from '../support/running-service.js';

const request: JobRequest = {
  name: 'full',
  network: 'resnet',
  networkOptions: { width: 8, blocks: [1, 1] },
  dataset: { name: 'synthetic', resize: 16, trainSamples: 256, testSamples: 16 },
  batchSize: 32,
  epochs: 40,
};
/** Whether this machine allows a file system that only the worker and its trainers see. */
const SMALL_DISK = ['-Urm', 'sh', '-c', 'mount -t tmpfs -o size=8m tmpfs "$0" && exec "$@"'];
const smallDisk = spawnSync('unshare', [...SMALL_DISK, tmpdir(), 'true']).status === 0;
if (!smallDisk) console.log('Skipped: the test of a full disk needs a user namespace that may mount a tmpfs.');

let server: TestRedis;
let service: Service;
let dataDir: string;
let worker: ChildProcess | undefined;

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.close());
beforeEach(async () => {
  service = await openService(server);
  await service.redis.flushall();
  dataDir = await mkdtemp(join(tmpdir(), 'trainyard-full-'));
});
afterEach(async () => {
  await service.close();
  if (worker !== undefined) {
    const gone = once(worker, 'exit');
    worker.kill('SIGTERM');
    await gone;
  }
  await rm(dataDir, { recursive: true, force: true });
});

/** Starts a worker with a disk of 8 MiB in this folder. `path` is the folder as the worker sees it. */
async function startWorker(folder: string) {
  await mkdir(folder, { recursive: true });
  const entry = new URL('../../dist/worker.js', import.meta.url).pathname;
  const child = spawn('unshare', [...SMALL_DISK, folder, process.execPath, entry], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DATA_DIR: dataDir, REDIS_URL: server.url },
  });
  worker = child;
  const seen = (path: string): string => `/proc/${child.pid}/root${path}`;
  const filler = join(seen(folder), 'filler');
  const fill = async (): Promise<void> => {
    for (const size of [2 ** 20, 2 ** 12]) {
      while (await appendFile(filler, Buffer.alloc(size)).then(() => true, isFull));
    }
  };
  return { seen, fill, free: () => rm(filler) };
}

function isFull(error: NodeJS.ErrnoException): boolean {
  if (error.code === 'ENOSPC') return false;
  throw error;
}

const isPaused = (frame: Frame): boolean => frame.type === 'status' && frame.status === 'paused';

async function digests(modelsDir: string): Promise<string[]> {
  const store = await openModelStore(modelsDir);
  const [model] = await store.list();
  const models = (model?.versions ?? []).map((version) => store.get({ name: 'full', version }));
  return (await Promise.all(models)).map(({ manifest }) => manifest.files.weights.sha256);
}

describe.skipIf(!smallDisk)('a job whose disk is full', () => {
  test.each([
    ['at a checkpoint', '.', 2, 'The checkpoint of job'],
    ['when its model is stored', 'models', 0, 'The model full could not be saved'],
  ])('%s pauses with its last checkpoint intact, and continues from it', async (_, folder, epoch, sentence) => {
    const disk = await startWorker(join(dataDir, folder));
    const { id: undisturbed } = await service.jobs.submit(resolveJob(request));
    expect((await service.history(undisturbed)).at(-1)).toMatchObject({ status: 'succeeded' });

    const { id } = await service.jobs.submit(resolveJob(request));
    await service.frame(id, ({ type, ...frame }) => type === 'epoch' && 'epoch' in frame && frame.epoch > epoch);
    // Files that are removed while the disk fills up free space again.
    let frame: Frame | undefined;
    const paused = service.frame(id, isPaused).then((found) => (frame = found));
    while (frame === undefined) await Promise.race([disk.fill(), paused]);
    await disk.fill();
    const reason = { code: 'insufficient_storage', message: expect.stringContaining(sentence) };
    expect(frame).toMatchObject({ type: 'status', attempt: 1, reason });
    expect(await service.jobs.get(id)).toMatchObject({ status: 'paused', error: reason });
    const left = await readdir(join(disk.seen(dataDir), 'checkpoints', id, '1'));
    expect(left).toEqual(left.filter((file) => /^[0-9]+\.safetensors$/.test(file)));
    expect(left).not.toEqual([]);
    expect(await digests(disk.seen(join(dataDir, 'models')))).toHaveLength(1);

    await disk.free();
    await service.pauses.resume(id);
    const resume = await service.frame(id, ({ type }) => type === 'resume');
    expect(resume).not.toHaveProperty('faults');
    expect((await service.history(id)).at(-1)).toMatchObject({ type: 'end', status: 'succeeded' });
    expect(await service.jobs.get(id)).not.toHaveProperty('error');
    const [first, second] = await digests(disk.seen(join(dataDir, 'models')));
    expect(second).toBe(first);
  });
});
