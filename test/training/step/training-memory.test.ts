/** Memory estimate of a job against measured trainer processes and published parameter counts. */
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type JobRequest, type JobSpec, resolveJob } from '../../../src/contracts/jobs/job.js';
import type { TrainerCommand, TrainerMessage } from '../../../src/contracts/processes/trainer-messages.js';
import {
  describeShortage,
  estimateTrainingMemory,
  planTrainingMemory,
} from '../../../src/training/step/training-memory.js';
import { measureCpuMs } from '../../support/cpu-time.js';

const image = { height: 28, width: 28, channels: 1 };
const estimate = (spec: JobSpec) => estimateTrainingMemory(spec, image, 10);

/** A job of two steps and a short evaluation. */
function specOf(network: JobRequest['network'], resize: number, batchSize: number, more: Partial<JobRequest> = {}) {
  const dataset = { name: 'synthetic', resize, trainSamples: 2 * batchSize, testSamples: 32 } as const;
  return resolveJob({ network, batchSize, epochs: 1, dataset, ...more } as JobRequest);
}

let modelsDir: string;
beforeAll(async () => {
  modelsDir = await mkdtemp(join(tmpdir(), 'trainyard-memory-'));
});
afterAll(() => rm(modelsDir, { recursive: true, force: true }));

/** Runs the job in a trainer process. Returns its last message and its peak resident memory. */
async function run(spec: JobSpec, memoryBytes?: number): Promise<{ end: TrainerMessage; peakBytes: number }> {
  const child = fork(new URL('../../fixtures/measured-trainer.js', import.meta.url), {
    stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
    execArgv: [],
  });
  const messages: TrainerMessage[] = [];
  child.on('message', (message: TrainerMessage) => messages.push(message));
  const limit = memoryBytes === undefined ? {} : { memoryBytes };
  const folders = { datasetsDir: '', modelsDir, checkpointsDir: join(modelsDir, 'checkpoints') };
  const attempt = { jobId: randomUUID(), attempt: 1, checkpointSeconds: 60, checkpointsKept: 1 };
  child.send({ type: 'train', ...attempt, spec, ...folders, ...limit } satisfies TrainerCommand);
  if (child.stdout === null) throw new Error('The trainer has no output.');
  const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
  const end = messages.find(({ type }) => type !== 'event' && type !== 'beat');
  const peak = /^peak (\d+)$/m.exec(output)?.[1];
  if (end === undefined || peak === undefined) throw new Error(`The trainer did not end well: ${output}`);
  return { end, peakBytes: Number(peak) };
}

describe('the memory estimate', () => {
  test.each([
    ['resnet', 64, 32],
    ['resnet', 64, 96],
    ['densenet', 64, 32],
    ['densenet', 64, 128],
  ] as const)(
    'of %s at %i pixels in batches of %i is within a quarter of what a trainer takes at most',
    async (network, resize, batch) => {
      const spec = specOf(network, resize, batch);
      const { end, peakBytes } = await run(spec);
      expect(end.type).toBe('trained');
      const { totalBytes } = estimate(spec);
      expect(totalBytes).toBeGreaterThan(0.75 * peakBytes);
      expect(totalBytes).toBeLessThan(1.25 * peakBytes);
    },
    120_000,
  );

  test('counts the published numbers of parameters and the slots of each optimizer', () => {
    const [parameters, runningValues] = [11_178_378, 7_808];
    const of = (optimizer: NonNullable<JobRequest['optimizer']>) => estimate(specOf('resnet', 28, 1, { optimizer }));
    const adam = of({ name: 'adam' });
    expect(adam.parametersBytes).toBe(4 * (parameters + runningValues));
    // A bias before a BatchNorm has no effect, so an optimizer need not keep slots for it: 3,904 numbers here.
    expect(adam.slotsBytes / (4 * 2 * parameters)).toBeGreaterThan(0.999);
    expect(adam.slotsBytes / (4 * 2 * parameters)).toBeLessThanOrEqual(1);
    expect(of({ name: 'sgd', momentum: 0.9 }).slotsBytes).toBe(adam.slotsBytes / 2);
    expect(of({ name: 'sgd' }).slotsBytes).toBe(0);
  });

  test('is the sum of its parts and includes the images of the data set', () => {
    const small = estimate(specOf('densenet', 32, 8));
    const { parametersBytes, slotsBytes, activationsBytes, baseBytes, totalBytes } = small;
    expect(totalBytes).toBe(parametersBytes + slotsBytes + activationsBytes + baseBytes);
    const dataset = { name: 'synthetic', resize: 32, trainSamples: 1_016, testSamples: 32 } as const;
    expect(estimate(specOf('densenet', 32, 8, { dataset })).baseBytes - baseBytes).toBe(1_000 * 28 * 28);
  });

  test('grows with the micro batch, and fourfold with twice the side', () => {
    const activations = (resize: number, batch: number, microBatchSize = batch) =>
      estimate(specOf('densenet', resize, batch, { microBatchSize })).activationsBytes;
    expect(activations(64, 256, 64) / activations(64, 64)).toBe(1);
    expect(activations(64, 512) / activations(64, 256)).toBeCloseTo(2, 1);
    expect(activations(128, 256) / activations(64, 256)).toBeCloseTo(4, 1);
  });

  test('takes less than 100 ms of CPU time', async () => {
    const spec = specOf('resnet', 96, 256);
    const times: number[] = [];
    for (let i = 0; i < 5; i++) times.push(await measureCpuMs(() => estimate(spec)));
    expect(Math.min(...times)).toBeLessThan(100);
  });
});

describe('the largest batch', () => {
  test('fits, but not with one image more', () => {
    const plan = planTrainingMemory(specOf('densenet', 96, 256), image, 10);
    const bytes = 4e9;
    const largest = plan.largestBatch(bytes);
    expect(plan.at(largest).totalBytes).toBeLessThanOrEqual(bytes);
    expect(plan.at(largest + 1).totalBytes).toBeGreaterThan(bytes);
  });

  test('is 0 if no image fits, and the largest allowed batch if all fit', () => {
    const plan = planTrainingMemory(specOf('densenet', 32, 256), image, 10);
    expect([plan.largestBatch(1e8), plan.largestBatch(1e15)]).toEqual([0, 8_192]);
  });
});

describe('a job that does not fit', () => {
  test('is described with the memory needed, the memory available and the largest batch', () => {
    const spec = specOf('resnet', 96, 4_096);
    const options = { image, classes: 10, bytes: 8e9, holder: 'this worker' };
    const [, largest] = /the largest batch that fits is (\d+)$/.exec(describeShortage(spec, options) ?? '') ?? [];
    expect(describeShortage(spec, options)).toMatch(
      /^needs about \d+\.\d GB of memory with 4096 images at once, and this worker has 8\.0 GB: /,
    );
    expect(describeShortage(specOf('resnet', 96, Number(largest)), options)).toBeUndefined();
    expect(describeShortage(spec, { ...options, bytes: 1e8 })).toMatch(/: not even one image at a time fits$/);
  });

  test('is refused by the trainer before it loads TensorFlow', async () => {
    const { end, peakBytes } = await run(specOf('resnet', 96, 256), 1e9);
    expect(end).toMatchObject({
      type: 'failed',
      error: {
        code: 'out_of_memory',
        message: expect.stringMatching(/^The job needs about .* this worker has 1\.0 GB/),
      },
    });
    expect(peakBytes).toBeLessThan(200e6);
  });
});
