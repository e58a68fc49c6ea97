/** Real workers and trainers, killed at random moments of a job: it goes on, and ends with the bits of an undisturbed run. */
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Frame } from '../../src/contracts/jobs/frame.js';
import { type JobRequest, resolveJob } from '../../src/contracts/jobs/job.js';
import { openModelStore } from '../../src/store/index.js';
import { modelReference } from '../support/models.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { everyPlace, isStep, openService, type Service, toldOf } from '../support/running-service.js';
import { openWorkerProcesses, type WorkerProcesses } from '../support/worker-processes.js';

const EPOCHS = 12;
/** Steps of an epoch. */
const STEPS = 8;
const request: JobRequest = {
  network: 'resnet',
  networkOptions: { width: 8, blocks: [1, 1] },
  dataset: { name: 'synthetic', resize: 16, trainSamples: 256, testSamples: 16, validationSamples: 16 },
  batchSize: 32,
  microBatchSize: 16,
  epochs: EPOCHS,
  stepInterval: 1,
  emaDecay: 0.95,
  schedule: { name: 'one-cycle' },
  augmentation: { crop: 2, flip: true },
};

let server: TestRedis;
let service: Service;
let workers: WorkerProcesses;

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.close());
beforeEach(async () => {
  service = await openService(server);
  await service.redis.flushall();
  workers = await openWorkerProcesses();
});
afterEach(async () => {
  await workers.close();
  await service.close();
});

/** A worker process of the service with short locks, and the pid of the trainer it last started. */
function startWorker() {
  const child = workers.start({ REDIS_URL: server.url, MAX_RESTARTS: '100', LOG_LEVEL: 'info' }, { stdout: 'pipe' });
  const seen: { trainer?: number } = {};
  if (child.stdout === null) throw new Error('The worker has no output.');
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { trainerPid, msg } = JSON.parse(line) as { trainerPid?: number; msg: string };
    if (msg === 'trainer started' && trainerPid !== undefined) seen.trainer = trainerPid;
  });
  return { child, seen };
}

const submit = () => service.jobs.submit(resolveJob({ ...request, name: 'exact' }));

/** The digest of the weights of a job's model. */
async function digestOf(id: string): Promise<string> {
  const job = await service.jobs.get(id);
  const { manifest } = await (await openModelStore(join(workers.dataDir, 'models'))).get(modelReference(job));
  expect(manifest.jobId).toBe(id);
  return manifest.files.weights.sha256;
}

/** Frames of a job that has ended: none is missing, none is told twice, and each is of the run. */
async function check(id: string): Promise<void> {
  const frames = await service.history(id);
  expect(frames.at(-1)).toMatchObject({ type: 'end', status: 'succeeded' });
  expect(frames.map(({ seq }) => seq)).toEqual(frames.map((_, index) => index + 1));
  const told = toldOf(frames);
  expect(told).toEqual(everyPlace(EPOCHS, STEPS).filter((place) => told.includes(place)));
  expect(told.filter((place) => !place.includes(':'))).toHaveLength(EPOCHS);
  expect(new Set(told).size).toBe(EPOCHS * (STEPS + 1));
}

/** The files of a job's checkpoints. */
const checkpointsOf = async (id: string): Promise<string[]> =>
  (await readdir(join(workers.dataDir, 'checkpoints', id), { recursive: true }))
    .filter((path) => path.endsWith('.safetensors'))
    .map((path) => basename(path));

/** What the frames say of the course of the run, without times. */
const course = async (id: string): Promise<object[]> =>
  (await service.history(id)).flatMap((frame) => {
    if (frame.type !== 'step' && frame.type !== 'epoch') return [];
    const { seq: _, at: __, jobId: ___, imagesPerSecond: ____, ...rest } = frame;
    return [{ ...rest, seconds: 0 }];
  });

describe('a job whose trainer and workers are killed again and again', () => {
  test('ends with the weights and frames of one that was left alone', async () => {
    let { child, seen } = startWorker();
    const { id: undisturbed } = await submit();
    await check(undisturbed);

    const { id } = await submit();
    let last = 0;
    const resumed: Frame[] = [];
    for (const victim of ['trainer', 'worker', 'trainer', 'drain', 'trainer'] as const) {
      ({ seq: last } = await service.frame(id, isStep, last));
      // Anywhere in the steps of the next moments.
      await delay(150 * Math.random());
      if (victim === 'trainer') process.kill(Number(seen.trainer), 'SIGKILL');
      else {
        const ended = once(child, 'exit');
        child.kill(victim === 'drain' ? 'SIGTERM' : 'SIGKILL');
        await ended;
        // As its lock does by itself 30 seconds after a worker was killed.
        await service.redis.del(`trainyard:turns:${id}:lock`);
        ({ child, seen } = startWorker());
      }
      const again = await service.frame(id, (frame) => frame.type !== 'step' && frame.type !== 'epoch', last);
      expect(again).toMatchObject({ type: 'status', status: 'queued' });
      const next = await service.frame(id, (frame) => frame.type === 'resume' || frame.type === 'step', again.seq);
      if (next.type === 'resume') resumed.push(next);
      last = next.seq;
    }
    await check(id);
    expect(resumed.length).toBeGreaterThan(0);
    expect(await course(id)).toEqual(await course(undisturbed));
    expect(await digestOf(id)).toBe(await digestOf(undisturbed));
    // The last checkpoint, and the best where that is another, stay for other jobs to start from.
    await expect.poll(async () => (await checkpointsOf(id)).length).toBeLessThanOrEqual(2);
    expect(await checkpointsOf(id)).toContain(`${EPOCHS * STEPS}.safetensors`);
  }, 240_000);
});

describe('a trainer that is frozen while another attempt takes over', () => {
  test('harms nothing when it wakes', async () => {
    const first = startWorker();
    const { id: undisturbed } = await submit();
    await check(undisturbed);
    const { id } = await submit();
    await service.frame(id, (frame) => frame.type === 'epoch' && frame.epoch === 2);
    const frozen = first.seen.trainer ?? 0;
    // The worker too, so that nobody kills the trainer when it is overtaken.
    first.child.kill('SIGSTOP');
    process.kill(frozen, 'SIGSTOP');
    await service.redis.del(`trainyard:turns:${id}:lock`);
    startWorker();
    const resume = await service.frame(id, (frame) => frame.type === 'resume');
    expect(resume).toMatchObject({ attempt: 2 });
    process.kill(frozen, 'SIGCONT');
    await check(id);
    expect(await course(id)).toEqual(await course(undisturbed));
    expect(await digestOf(id)).toBe(await digestOf(undisturbed));
    first.child.kill('SIGCONT');
    const models = await (await openModelStore(join(workers.dataDir, 'models'))).list();
    expect(models).toMatchObject([{ name: 'exact', versions: [1, 2] }]);
  }, 240_000);
});

describe('a worker that is told to stop', () => {
  test('has its job checkpointed where it is, and the next one goes on from there', async () => {
    const { child } = startWorker();
    const { id } = await submit();
    await service.frame(id, (frame) => frame.type === 'step' && frame.epoch === 1 && frame.step === 3);
    const asked = performance.now();
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(performance.now() - asked).toBeLessThan(30_000);
    const { progress } = await service.jobs.get(id);
    const [file = ''] = await readdir(join(workers.dataDir, 'checkpoints', id, '1'));
    expect((await readFile(join(workers.dataDir, 'checkpoints', id, '1', file))).length).toBeGreaterThan(1_000);
    startWorker();
    const resume = await service.frame(id, (frame) => frame.type === 'resume');
    expect(resume).toMatchObject({ attempt: 2, epoch: progress?.epoch, step: progress?.step });
    await check(id);
  }, 120_000);
});
