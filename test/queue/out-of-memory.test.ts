/** Out of memory as an outcome: a trainer with a limited address space goes on with half the images at once, or says what would fit. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Frame } from '../../src/contracts/event.js';
import { type JobRequest, resolveJob } from '../../src/contracts/job.js';
import { datasets } from '../../src/datasets/index.js';
import { halved } from '../../src/queue/memory.js';
import { openModelStore } from '../../src/store/index.js';
import { createTrainerStarter } from '../../src/supervisor/trainer-process.js';
import { adviseOnMemory } from '../../src/training/memory.js';
import { variableShapes, writeWeights } from '../../src/training/serving.js';
import { captureLog } from '../support/capture-log.js';
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
/** Too little for 2048 images at once, and enough for the process. */
const ADDRESS_SPACE = 3_500_000_000;

/** Too much for any number of images at once. */
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

/** A worker whose trainers have so much address space. */
const workWith = (bytes: number) =>
  service.work({
    startTrainer: createTrainerStarter({
      datasetsDir: '',
      modelsDir: join(server.folder, 'models'),
      checkpointsDir: join(server.folder, 'checkpoints'),
      trainerUrl: new URL('../fixtures/limited-trainer.js', import.meta.url),
      environment: { ...process.env, TRAINER_ADDRESS_SPACE: String(bytes), MALLOC_ARENA_MAX: '1' },
    }),
    adviseOnMemory: (spec, peakBytes = bytes) => adviseOnMemory(spec, datasets.synthetic, 10, peakBytes),
  });

const reductions = (frames: readonly Frame[]) =>
  frames.flatMap((frame) => (frame.type === 'status' && frame.microBatchSize !== undefined ? [frame] : []));

describe('a job that runs out of memory', () => {
  /** That the failure advised. */
  let resize = 0;

  test('goes on with half the images at once until they fit, with the weights of one that had so many from there', async () => {
    const worker = await workWith(ADDRESS_SPACE);
    const job = await service.jobs.submit(resolveJob({ ...request, name: 'halved' }));
    const frames = await service.history(job.id);
    expect(frames.at(-1)).toMatchObject({ type: 'end', status: 'succeeded' });
    const steps = reductions(frames);
    expect(steps.length).toBeGreaterThan(0);
    for (const [index, frame] of steps.entries()) {
      expect(frame).toMatchObject({
        status: 'queued',
        attempt: index + 1,
        microBatchSize: 2048 / 2 ** (index + 1),
        reason: { code: 'out_of_memory', peakBytes: expect.any(Number) },
      });
    }
    const ended = await service.jobs.get(job.id);
    expect(ended).toMatchObject({ attempt: steps.length + 1, microBatchSize: 2048 / 2 ** steps.length });
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

  test('ends with the peak and what would fit, once one image at once is too much', async () => {
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
          /with 1 image at once, the fewest there can be, at a peak of \d\.\d\d GB: reduce batchSize or resize; by the estimate \d+ images? of \d+ pixels would fit/,
        ),
      },
    });
    [, resize = 0] = (/images? of (\d+) pixels/.exec((end?.type === 'end' && end.error?.message) || '') ?? []).map(
      Number,
    );
    await worker.close();
  }, 240_000);

  test('and what it says would fit does', async () => {
    const worker = await workWith(ADDRESS_SPACE);
    const dataset = { ...large.dataset, resize };
    const smaller = await service.jobs.submit(resolveJob({ ...large, name: 'smaller', dataset } as JobRequest));
    expect((await service.history(smaller.id)).at(-1)).toMatchObject({ status: 'succeeded' });
    await worker.close();
  }, 240_000);
});

/** One that fits: until its trainer is given less, once it has checkpoints. */
const shrunk: JobRequest = {
  network: 'resnet',
  networkOptions: { width: 16, blocks: [1, 1] },
  dataset: { name: 'synthetic', resize: 64, trainSamples: 1280, testSamples: 16 },
  batchSize: 640,
  epochs: 5,
  stepInterval: 1,
};

describe('a job that runs out of memory once it has a checkpoint', () => {
  test('goes on from there with half the images at once, and from there on as one that had so many', async () => {
    const log = captureLog();
    const checkpointsDir = join(server.folder, 'checkpoints');
    const worker = await service.work({
      logger: log.logger,
      startTrainer: createTrainerStarter({
        ...{ datasetsDir: '', modelsDir: join(server.folder, 'models'), checkpointsDir },
        trainerUrl: new URL('../../dist/trainer.js', import.meta.url),
        environment: { ...process.env, MALLOC_ARENA_MAX: '1' },
      }),
    });
    const { id } = await service.jobs.submit(resolveJob({ ...shrunk, name: 'shrunk' }));
    const pid = Number((await log.line('trainer started'))['trainerPid']);
    // The checkpoint of the first epoch is written by the end of the second.
    const { seq } = await service.frame(id, (frame) => frame.type === 'epoch' && frame.epoch === 2);
    const ranOut = service.frame(id, (frame) => frame.type === 'status', seq);
    await takeMemory(pid, ranOut);
    expect(await ranOut).toMatchObject({ status: 'queued', microBatchSize: 320, reason: { code: 'out_of_memory' } });
    const frames = await service.history(id);
    expect(frames.at(-1)).toMatchObject({ type: 'end', status: 'succeeded' });
    expect(reductions(frames)).toHaveLength(1);
    const resumed = frames.find((frame) => frame.type === 'resume');
    if (resumed?.type !== 'resume') throw new Error('The job did not go on from a checkpoint.');
    expect(resumed).toMatchObject({ attempt: 2, step: 0 });
    expect(resumed.epoch).toBeGreaterThan(1);

    const { manifest } = await (await openModelStore(join(server.folder, 'models'))).get({ name: 'shrunk' });
    expect(manifest.spec).toMatchObject({ microBatchSize: 320 });
    const options = { checkpointsDir: join(server.folder, 'again') };
    await runJob(shrunk, { ...options, on: stopAfter(2 * (resumed.epoch - 1)) });
    const { final } = await runJob({ ...shrunk, microBatchSize: 320 }, { ...options, attempt: 2 });
    const shapes = variableShapes(manifest.spec, datasets.synthetic, 10);
    const weights = final && writeWeights(final.weights, shapes, final.steps);
    expect(
      createHash('sha256')
        .update(weights ?? '')
        .digest('hex'),
    ).toBe(manifest.files.weights.sha256);
    await worker.close();
  }, 240_000);
});

/** Lowers what a process may have from the most it has had, little by little, until it has noticed. */
async function takeMemory(pid: number, noticed: Promise<unknown>): Promise<void> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const peak = 1024 * Number(/^VmPeak:\s+(\d+) kB$/m.exec(status)?.[1]);
  const ended = noticed.then(() => true);
  for (let limit = peak - 2 ** 26; ; limit -= 2 ** 26) {
    await promisify(execFile)('prlimit', ['--pid', String(pid), `--as=${limit}`]).catch(() => undefined); // it may be gone
    if (await Promise.race([ended, delay(300, false)])) return;
  }
}

test.each([
  [256, 256, 128],
  [100, 25, 10],
  [100, 10, 5],
  [7, 7, 1],
  [96, 9, 4],
  [8, 1, undefined],
])('of a batch of %i, %i images at once become %s', (batchSize, microBatchSize, fewer) => {
  expect(halved({ batchSize, microBatchSize })).toBe(fewer);
});
