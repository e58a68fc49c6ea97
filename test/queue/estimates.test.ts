/** Estimated start and end of jobs, from real trainings. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { EpochEvent, Frame } from '../../src/contracts/jobs/frame.js';
import { type JobRequest, resolveJob } from '../../src/contracts/jobs/job.js';
import { datasets } from '../../src/datasets/index.js';
import { createRates, type WorkerKind } from '../../src/queue/index.js';
import { countWork } from '../../src/training/step/step-work.js';
import { buildTrainingGraph } from '../../src/training/step/training-graph.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { isRunning, openService, type Service } from '../support/running-service.js';

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
beforeEach(() => service.redis.flushall());

/** Sums the durations of the steps that fit. The first step of a run takes longer. */
function secondsPerImage(frames: readonly Frame[], fits: (frame: { epoch: number }) => boolean): number {
  const times = frames
    .flatMap((frame) => (frame.type === 'step' ? [frame] : []))
    .slice(1)
    .filter(fits)
    .map(({ imagesPerSecond }) => 1 / (imagesPerSecond ?? 0));
  return times.reduce((sum, time) => sum + time, 0) / times.length;
}

describe('a job on a real worker', () => {
  let dataDir: string;
  let worker: ChildProcess;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'trainyard-estimates-'));
    worker = fork(new URL('../../dist/worker.js', import.meta.url), {
      env: { ...process.env, DATA_DIR: dataDir, REDIS_URL: server.url, LOG_LEVEL: 'silent' },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
  });
  afterAll(async () => {
    const gone = once(worker, 'exit');
    worker.kill('SIGTERM');
    await gone;
    await rm(dataDir, { recursive: true, force: true });
  });

  test('has an estimate within a quarter of its real end after its first epoch, and so has the next job', async () => {
    const request: JobRequest = {
      network: 'resnet',
      networkOptions: { width: 16, blocks: [1, 1] },
      dataset: { name: 'synthetic', resize: 28, trainSamples: 4_000, testSamples: 500 },
      batchSize: 100,
      epochs: 8,
    };
    const spec = resolveJob({ ...request, name: 'estimated' });
    const work = countWork(buildTrainingGraph(spec, datasets.synthetic, 10));
    const first = await service.jobs.submit(spec, { work });
    const second = await service.jobs.submit({ ...spec, epochs: 2 }, { work });
    const estimateOf = async (id: string) =>
      (await service.estimates.withEstimate(await service.jobs.get(id))).estimate;
    await service.frame(first.id, isRunning);
    // No epoch was measured yet.
    expect(await service.estimates.seconds(spec)).toBeUndefined();
    expect(await service.workers.list()).toMatchObject([{ operationsPerSecond: expect.any(Number) }]);
    expect(await estimateOf(second.id)).toMatchObject({ basis: 'computed', endAt: expect.any(String) });
    await service.frame(first.id, (frame) => frame.type === 'step');
    expect(await estimateOf(first.id)).toMatchObject({ explanation: 'Measured in the latest steps of this run.' });

    await service.frame(first.id, (frame) => frame.type === 'epoch');
    await expect.poll(() => estimateOf(first.id)).toMatchObject({ basis: 'measured' });
    await expect.poll(() => service.estimates.seconds(spec)).toBeDefined();
    const now = Date.now();
    const expected = { first: await estimateOf(first.id), second: await estimateOf(second.id) };
    const estimated = (await service.estimates.seconds(spec)) ?? 0;
    const [frames, others] = [await service.history(first.id), await service.history(second.id)];
    const end = (all: readonly Frame[]): number => Date.parse(all.at(-1)?.at ?? '');
    // Other processes change the rate, so the real time is computed at the rate of the first epoch.
    const disturbance =
      secondsPerImage(frames, ({ epoch }) => epoch > 1) / secondsPerImage(frames, ({ epoch }) => epoch === 1);
    const error = (at: string | undefined, actual: number): number =>
      Math.abs((Date.parse(at ?? '') - now) / ((actual - now) / disturbance) - 1);
    expect(end(frames) - now).toBeGreaterThan(2_000);
    expect(error(expected.first?.endAt, end(frames))).toBeLessThan(0.25);
    expect(error(expected.second?.startAt, end(frames))).toBeLessThan(0.25);
    expect(error(expected.second?.endAt, end(others))).toBeLessThan(0.25);
    // The duration of another such job before its submission.
    const started = Date.parse(frames.find(isRunning)?.at ?? '');
    expect(Math.abs((1000 * estimated) / ((end(frames) - started) / disturbance) - 1)).toBeLessThan(0.25);
    expect(await service.estimates.seconds({ ...spec, batchSize: 50, microBatchSize: 50 })).toBeUndefined();
    expect((await service.jobs.get(first.id)).status).toBe('succeeded');
    expect(await estimateOf(first.id)).toBeUndefined();
  }, 120_000);
});

describe('rates', () => {
  const kind: WorkerKind = { device: 'cpu', processor: 'A', cores: 2, concurrency: 1 };
  const scores = { trainLoss: 1, trainAccuracy: 0, testLoss: 1, testAccuracy: 0 };
  const specOf = (resize: number) =>
    resolveJob({ network: 'resnet', dataset: { name: 'synthetic', resize, trainSamples: 100, testSamples: 50 } });
  /** 100 images trained in 2 seconds, 50 scored in 1 second. */
  const epoch: EpochEvent = { type: 'epoch', epoch: 1, epochs: 1, ...scores, seconds: 3, imagesPerSecond: 50 };

  test('differ by network, input, batch size, precision and kind of worker', async () => {
    const rates = createRates(service);
    const spec = specOf(28);
    rates.measure(spec, kind).note(epoch);
    await expect.poll(() => rates.of(spec, [kind])).toMatchObject({ perTrainingImage: 0.02, perEvaluatedImage: 0.02 });
    expect(await rates.of({ ...spec, seed: 7, epochs: 2 } as typeof spec, [kind])).toBeDefined();
    for (const other of [
      { ...spec, batchSize: 128 },
      { ...spec, microBatchSize: 64 },
      { ...spec, precision: 'bfloat16' as const },
      specOf(32),
    ])
      expect(await rates.of(other, [kind])).toBeUndefined();
    expect(await rates.of(spec, [{ ...kind, processor: 'B' }])).toBeUndefined();
    expect(await rates.of(spec, [])).toBeUndefined();
  });

  test('are limited to the latest measurements', async () => {
    const rates = createRates({ ...service, most: 3 });
    for (const resize of [8, 9, 10, 11, 12]) {
      rates.measure(specOf(resize), kind).note(epoch);
      await expect.poll(() => rates.of(specOf(resize), [kind])).toBeDefined();
    }
    expect(await service.redis.hlen('trainyard:rates')).toBe(3);
    expect(await rates.of(specOf(9), [kind])).toBeUndefined();
    expect(await rates.of(specOf(10), [kind])).toBeDefined();
  });
});
