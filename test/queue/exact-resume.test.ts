/** Real workers and trainers that are killed at random moments: the job continues and ends with the bits of an undisturbed run. */
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Frame } from '../../src/contracts/jobs/frame.js';
import { type JobRequest, resolveJob } from '../../src/contracts/jobs/job.js';
import { openModelStore } from '../../src/store/index.js';
import { modelReference } from '../support/models.js';
import type { TestRedis } from '../support/redis.js';
import { isStep, progressOf, type Service, wholeProgress } from '../support/running-service.js';
import { openServiceForEachTest } from '../support/service-for-each-test.js';
import { openWorkerProcesses, type WorkerProcesses } from '../support/worker-processes.js';

const EPOCHS = 12;
/** Steps per epoch. */
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

/** One epoch of the head, then one of all layers, with an automatic augmentation. */
const phased: JobRequest = {
  ...request,
  epochs: 2,
  augmentation: { flip: true, trivialAugmentWide: true },
  phases: [
    { epochs: 1, freeze: 'backbone', batchNorm: 'frozen' },
    { epochs: 1, learningRate: 0.0005, layerDecay: 0.5 },
  ],
};

let server: TestRedis;
let service: Service;
let workers: WorkerProcesses;

openServiceForEachTest((opened, redis) => {
  [service, server] = [opened, redis];
});
beforeEach(async () => {
  workers = await openWorkerProcesses();
});
afterEach(() => workers.close());

/** Returns the steps before a position: step 8 of epoch 2 and step 0 of epoch 3 are the same. */
const stepsDone = ({ epoch, step }: Readonly<{ epoch: number; step: number }>): number => (epoch - 1) * STEPS + step;

/** Starts a worker process with short locks. `seen` has the pid of its latest trainer. */
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

const submit = (wanted = request) => service.jobs.submit(resolveJob({ ...wanted, name: 'exact' }));

/** Returns the digest of the weights of a job's model. */
async function digestOf(id: string): Promise<string> {
  const job = await service.jobs.get(id);
  const { manifest } = await (await openModelStore(join(workers.dataDir, 'models'))).get(modelReference(job));
  expect(manifest.jobId).toBe(id);
  return manifest.files.weights.sha256;
}

/** Returns the frames of an ended job. Checks that none is missing or repeated, and that each belongs to the run. */
async function check(id: string, epochs = EPOCHS): Promise<void> {
  const frames = await service.history(id);
  expect(frames.at(-1)).toMatchObject({ type: 'end', status: 'succeeded' });
  expect(frames.map(({ seq }) => seq)).toEqual(frames.map((_, index) => index + 1));
  const positions = progressOf(frames);
  expect(positions).toEqual(wholeProgress(epochs, STEPS).filter((place) => positions.includes(place)));
  expect(positions.filter((place) => !place.includes(':'))).toHaveLength(epochs);
  expect(new Set(positions).size).toBe(epochs * (STEPS + 1));
}

/** Returns the checkpoint files of a job. */
const checkpointsOf = async (id: string): Promise<string[]> =>
  (await readdir(join(workers.dataDir, 'checkpoints', id), { recursive: true }))
    .filter((path) => path.endsWith('.safetensors'))
    .map((path) => basename(path));

/** Returns the frames of the run without times. */
const runFrames = async (id: string): Promise<object[]> =>
  (await service.history(id)).flatMap((frame) => {
    if (frame.type !== 'step' && frame.type !== 'epoch') return [];
    const { seq: _, at: __, jobId: ___, imagesPerSecond: ____, usage: _____, ...rest } = frame;
    return [{ ...rest, seconds: 0 }];
  });

describe('a job whose trainer and workers are killed again and again', () => {
  test('ends with the weights and frames of an undisturbed job', async () => {
    let { child, seen } = startWorker();
    const { id: undisturbed } = await submit();
    await check(undisturbed);

    const { id } = await submit();
    let last = 0;
    const resumed: Frame[] = [];
    for (const victim of ['trainer', 'worker', 'trainer', 'drain', 'trainer'] as const) {
      ({ seq: last } = await service.frame(id, isStep, last));
      // At a random step soon after.
      await delay(150 * Math.random());
      if (victim === 'trainer') process.kill(Number(seen.trainer), 'SIGKILL');
      else {
        const ended = once(child, 'exit');
        child.kill(victim === 'drain' ? 'SIGTERM' : 'SIGKILL');
        await ended;
        // Like the lock of a killed worker, which expires after 30 seconds.
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
    expect(await runFrames(id)).toEqual(await runFrames(undisturbed));
    expect(await digestOf(id)).toBe(await digestOf(undisturbed));
    // The last checkpoint, and the best one if it is another, stay as starting points for other jobs.
    await expect.poll(async () => (await checkpointsOf(id)).length).toBeLessThanOrEqual(2);
    expect(await checkpointsOf(id)).toContain(`${EPOCHS * STEPS}.safetensors`);
  }, 240_000);
});

describe('a job whose worker is killed before and at the border between two phases', () => {
  test('ends with the weights and frames of an undisturbed job', async () => {
    let { child } = startWorker();
    const { id: undisturbed } = await submit(phased);
    await check(undisturbed, 2);
    const { id } = await submit(phased);
    for (const isNear of [
      (frame: Frame) => frame.type === 'step' && frame.epoch === 1 && frame.step >= STEPS - 1,
      (frame: Frame) => frame.type === 'epoch',
    ]) {
      await service.frame(id, isNear);
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      await service.redis.del(`trainyard:turns:${id}:lock`);
      ({ child } = startWorker());
    }
    await check(id, 2);
    expect(await runFrames(id)).toEqual(await runFrames(undisturbed));
    expect(await digestOf(id)).toBe(await digestOf(undisturbed));
  }, 120_000);
});

describe('a trainer that is frozen while another attempt takes over', () => {
  test('does no harm when it wakes up', async () => {
    const first = startWorker();
    const { id: undisturbed } = await submit();
    await check(undisturbed);
    const { id } = await submit();
    await service.frame(id, (frame) => frame.type === 'epoch' && frame.epoch === 2);
    const frozen = first.seen.trainer ?? 0;
    // The worker is frozen too, so that it does not kill the overtaken trainer.
    first.child.kill('SIGSTOP');
    process.kill(frozen, 'SIGSTOP');
    await service.redis.del(`trainyard:turns:${id}:lock`);
    startWorker();
    const resume = await service.frame(id, (frame) => frame.type === 'resume');
    expect(resume).toMatchObject({ attempt: 2 });
    process.kill(frozen, 'SIGCONT');
    await check(id);
    expect(await runFrames(id)).toEqual(await runFrames(undisturbed));
    expect(await digestOf(id)).toBe(await digestOf(undisturbed));
    first.child.kill('SIGCONT');
    const models = await (await openModelStore(join(workers.dataDir, 'models'))).list();
    expect(models).toMatchObject([{ name: 'exact', versions: [1, 2] }]);
  }, 240_000);
});

describe('a worker that stops', () => {
  test('saves a checkpoint of its job at the current step, and the next worker continues there', async () => {
    const { child } = startWorker();
    const { id } = await submit();
    await service.frame(id, (frame) => frame.type === 'step' && frame.epoch === 1 && frame.step === 3);
    const started = performance.now();
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(performance.now() - started).toBeLessThan(30_000);
    const { progress } = await service.jobs.get(id);
    const [file = ''] = await readdir(join(workers.dataDir, 'checkpoints', id, '1'));
    expect((await readFile(join(workers.dataDir, 'checkpoints', id, '1', file))).length).toBeGreaterThan(1_000);
    startWorker();
    const resume = await service.frame(id, (frame) => frame.type === 'resume');
    if (resume.type !== 'resume' || progress === undefined) throw new Error('The job has no position.');
    expect(resume.attempt).toBe(2);
    expect(stepsDone(resume)).toBe(stepsDone(progress));
    await check(id);
  }, 120_000);
});
