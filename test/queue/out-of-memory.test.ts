/** Trainers with limited memory: the job continues with half the micro batch, or ends with advice on what would fit. */
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Frame } from '../../src/contracts/jobs/frame.js';
import { type JobRequest, resolveJob } from '../../src/contracts/jobs/job.js';
import { fromShortForm } from '../../src/contracts/json-schema/short-form.js';
import { datasets, describeDataset } from '../../src/datasets/index.js';
import { preprocessingMetadata } from '../../src/formats/preprocessing-recipe.js';
import { createTrainerStarter } from '../../src/processes/trainer-process.js';
import { type AdviseOnMemory, halvedMicroBatch } from '../../src/queue/out-of-memory.js';
import { openModelStore } from '../../src/store/index.js';
import { variableShapes, writeWeights } from '../../src/training/result/serving-graph.js';
import { adviseOnMemory } from '../../src/training/step/training-memory.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { openService, type Service } from '../support/running-service.js';
import { runJob, stopAfter } from '../support/runs.js';

const request: JobRequest = {
  network: 'resnet',
  networkOptions: { width: 32, blocks: [1, 1] },
  dataset: { name: 'synthetic', resize: 64, trainSamples: 2048, testSamples: 16 },
  batchSize: 2048,
  epochs: 1,
};
/** Enough for TensorFlow, but not for 2048 images at once: a step takes more than 3.1 GB, on a busy CPU less than 2.8 GB. */
const ADDRESS_SPACE = 2_150_000_000;
const ADDRESS_SPACE_OF_ALL = 100_000_000_000;

/** A network that does not fit with any micro batch. */
const large: JobRequest = {
  network: 'resnet',
  networkOptions: { variant: 'resnet18', stem: 'small', width: 64 },
  dataset: { name: 'synthetic', resize: 512, trainSamples: 1, testSamples: 1 },
  batchSize: 1,
  epochs: 1,
  optimizer: { name: 'sgd' },
};

let server: TestRedis;
let service: Service;

beforeAll(async () => {
  server = await startRedis();
  service = await openService(server);
});
afterAll(async () => {
  await service.close();
  await server.close();
});

/** Starts a worker that stops with the test, also if an expectation fails: otherwise it would take the jobs of later tests. */
async function workUntilEnd(options: Parameters<Service['work']>[0]) {
  const worker = await service.work(options);
  onTestFinished(() => worker.close());
  return worker;
}

/** Starts a worker whose trainers have this much address space besides that of Node.js. */
const workWith = (bytes: number) =>
  workUntilEnd({
    startTrainer: createTrainerStarter({
      datasetsDir: '',
      modelsDir: join(server.folder, 'models'),
      checkpointsDir: join(server.folder, 'checkpoints'),
      trainerUrl: new URL('../fixtures/limited-trainer.js', import.meta.url),
      environment: { ...process.env, TRAINER_ADDRESS_SPACE: String(bytes), MALLOC_ARENA_MAX: '1' },
    }),
    hooks: { adviseOnMemory: (spec, peakBytes = bytes) => adviseOnMemory(spec, datasets.synthetic, 10, peakBytes) },
  });

const reductions = (frames: readonly Frame[]) =>
  frames.flatMap((frame) => (frame.type === 'status' && frame.microBatchSize !== undefined ? [frame] : []));

/**
 * Returns the number of attempts before a frame whose trainer crashed in native code that does not check an allocation. Such an attempt
 * says nothing about memory: the job restarts with the same micro batch.
 */
const crashesBefore = (frames: readonly Frame[], seq = Number.POSITIVE_INFINITY): number =>
  frames.filter(
    (frame) =>
      frame.type === 'status' &&
      frame.seq < seq &&
      // With a new micro batch, the trainer has reported the lack of memory before it crashed.
      frame.microBatchSize === undefined &&
      /died \(SIGSEGV\)/.test(frame.reason?.message ?? ''),
  ).length;

describe('a job that runs out of memory', () => {
  /** The resize that the failure advised. */
  let resize = 0;

  test('continues with half the micro batch until it fits, with the weights of a job that used it from there', async () => {
    const worker = await workWith(ADDRESS_SPACE);
    const job = await service.jobs.submit(resolveJob({ ...request, name: 'halved' }));
    const frames = await service.history(job.id);
    expect(frames.at(-1)).toMatchObject({ type: 'end', status: 'succeeded' });
    const steps = reductions(frames);
    expect(steps.length).toBeGreaterThan(0);
    for (const [index, frame] of steps.entries()) {
      expect(frame).toMatchObject({
        status: 'queued',
        attempt: index + 1 + crashesBefore(frames, frame.seq),
        microBatchSize: 2048 / 2 ** (index + 1),
        reason: { code: 'out_of_memory', peakBytes: expect.any(Number) },
      });
    }
    const ended = await service.jobs.get(job.id);
    expect(ended).toMatchObject({
      attempt: steps.length + 1 + crashesBefore(frames),
      microBatchSize: 2048 / 2 ** steps.length,
    });
    expect(ended.spec.microBatchSize).toBe(2048);
    const fits = await service.jobs.submit(
      resolveJob({ ...request, name: 'fits', microBatchSize: ended.microBatchSize ?? 0 }),
    );
    expect(reductions(await service.history(fits.id))).toEqual([]);
    const store = await openModelStore(join(server.folder, 'models'));
    const [one, other] = [await store.get({ name: 'halved' }), await store.get({ name: 'fits' })];
    expect(one.manifest.files.weights.sha256).toBe(other.manifest.files.weights.sha256);
    await worker.close();
    await rm(join(server.folder, 'models'), { recursive: true });
  }, 240_000);

  test('ends with its peak memory and advice if one image does not fit', async () => {
    const worker = await workWith(ADDRESS_SPACE);
    const job = await service.jobs.submit(resolveJob({ ...large, name: 'large' }));
    const frames = await service.history(job.id);
    expect(reductions(frames)).toEqual([]);
    const end = frames.at(-1);
    expect(end).toMatchObject({
      type: 'end',
      status: 'failed',
      error: {
        code: 'out_of_memory',
        peakBytes: expect.any(Number),
        message: expect.stringMatching(
          /with 1 image at once, the smallest number possible, at a peak of \d\.\d\d GB: reduce batchSize or resize; by the estimate \d+ images? of \d+ pixels would fit/,
        ),
      },
    });
    [, resize = 0] = (/images? of (\d+) pixels/.exec((end?.type === 'end' && end.error?.message) || '') ?? []).map(
      Number,
    );
    await worker.close();
  }, 240_000);

  test('gives advice that fits', async () => {
    const worker = await workWith(ADDRESS_SPACE);
    const dataset = { ...fromShortForm(large.dataset ?? {}), resize };
    const smaller = await service.jobs.submit(resolveJob({ ...large, name: 'smaller', dataset } as JobRequest));
    expect((await service.history(smaller.id)).at(-1)).toMatchObject({ status: 'succeeded' });
    await worker.close();
  }, 240_000);
});

describe('a job whose trainer the kernel kills for lack of memory with a micro batch of one image', () => {
  /** Returns the error of a job for this advice of the worker. */
  async function errorAfter(adviseOnMemory: AdviseOnMemory) {
    const worker = await workUntilEnd({ hooks: { adviseOnMemory }, maxRestarts: 0 });
    const { id } = await service.submit('gets-no-memory', { batchSize: 1, microBatchSize: 1 });
    await service.history(id);
    await worker.close();
    return (await service.jobs.get(id)).error;
  }

  test('ends with advice on what would fit', async () => {
    const error = await errorAfter((spec, peakBytes = 1e9) => adviseOnMemory(spec, datasets.synthetic, 10, peakBytes));
    expect(error).toMatchObject({
      code: 'out_of_memory',
      message: expect.stringMatching(
        /smallest number possible.*: reduce batchSize or resize; by the estimate .*std::bad_alloc/,
      ),
    });
  });

  test('ends with general advice if its data set is gone', async () => {
    const error = await errorAfter(async () => {
      await describeDataset('gone', { importedDir: server.folder });
      return '';
    });
    expect(error).toMatchObject({
      code: 'out_of_memory',
      message: expect.stringMatching(/smallest number possible.*: reduce batchSize or resize\. .*std::bad_alloc/),
    });
  });
});

test('does not halve the micro batch so far that a BatchNorm gets single values', async () => {
  const worker = await workWith(ADDRESS_SPACE_OF_ALL);
  const single = {
    ...large,
    dataset: { ...fromShortForm(large.dataset ?? {}), resize: 8, trainSamples: 3 },
    batchSize: 2,
  } as JobRequest;
  const { id } = await service.jobs.submit(resolveJob({ ...single, name: 'single' }));
  const frames = await service.history(id);
  expect(reductions(frames)).toMatchObject([{ microBatchSize: 1 }]);
  expect(frames.at(-1)).toMatchObject({
    ...{ type: 'end', status: 'failed' },
    error: {
      code: 'out_of_memory',
      message: expect.stringMatching(/the smallest number possible.*BatchNorm has one pixel of one/),
    },
  });
  expect(frames.filter(({ type }) => type === 'step')).toEqual([]);
  await worker.close();
}, 60_000);

describe('a job that runs out of memory once it has a checkpoint', () => {
  test('continues from it with half the micro batch, like a job that used this micro batch', async () => {
    const longer: JobRequest = { ...request, epochs: 3, stepInterval: 1 };
    const { id } = await service.jobs.submit(resolveJob({ ...longer, name: 'shrunk' }));
    const ample = await workWith(ADDRESS_SPACE_OF_ALL);
    await service.frame(id, (frame) => frame.type === 'epoch');
    await service.pauses.pause(id);
    await service.frame(id, (frame) => frame.type === 'status' && frame.status === 'paused');
    await ample.close();
    const scarce = await workWith(ADDRESS_SPACE);
    await service.pauses.resume(id);
    // Each wait has its own time limit.
    await service.frame(id, (frame) => frame.type === 'status' && frame.microBatchSize !== undefined);
    const frames = await service.history(id);
    expect(frames.at(-1)).toMatchObject({ type: 'end', status: 'succeeded' });
    const [first, ...others] = reductions(frames);
    const attempt = 2 + crashesBefore(frames, first?.seq);
    expect(first).toMatchObject({ attempt, microBatchSize: 1024, reason: { code: 'out_of_memory' } });
    const microBatchSize = others.at(-1)?.microBatchSize ?? 1024;
    const places = frames.flatMap((frame) => (frame.type === 'resume' ? [`${frame.epoch}:${frame.step}`] : []));
    expect(places.length).toBeGreaterThan(1);
    expect(new Set(places).size).toBe(1);
    // One step per epoch.
    const [epoch = 0, step = 0] = (places[0] ?? '').split(':').map(Number);
    const done = epoch - 1 + step;
    expect(done).toBeGreaterThan(0);

    const { manifest } = await (await openModelStore(join(server.folder, 'models'))).get({ name: 'shrunk' });
    expect(manifest.spec).toMatchObject({ microBatchSize });
    const options = { checkpointsDir: join(server.folder, 'again') };
    await runJob(longer, { ...options, on: stopAfter(done) });
    const { final } = await runJob({ ...longer, microBatchSize }, { ...options, attempt: 2 });
    const shapes = variableShapes(manifest.spec, datasets.synthetic, 10);
    const metadata = preprocessingMetadata(manifest.preprocessing);
    const weights = final && writeWeights(final.weights, shapes, final.steps, metadata);
    const digest = createHash('sha256')
      .update(weights ?? '')
      .digest('hex');
    expect(digest).toBe(manifest.files.weights.sha256);
    await scarce.close();
  }, 240_000);
});

test.each([
  [256, 256, 128],
  [100, 25, 10],
  [100, 10, 5],
  [7, 7, 1],
  [96, 9, 4],
  [8, 1, undefined],
])('halves a micro batch: of a batch of %i, %i images become %s', (batchSize, microBatchSize, fewer) => {
  expect(halvedMicroBatch({ batchSize, microBatchSize })).toBe(fewer);
});
