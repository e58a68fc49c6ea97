/** Estimated start and end of jobs, from real trainings. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { EpochEvent, Frame } from '../../src/contracts/jobs/frame.js';
import { type JobRequest, type JobSpec, resolveJob } from '../../src/contracts/jobs/job.js';
import { datasets } from '../../src/datasets/index.js';
import { forecast, ownForecast } from '../../src/queue/forecast.js';
import { createRates, type WorkerKind } from '../../src/queue/index.js';
import { countWork } from '../../src/training/step/step-work.js';
import { buildTrainingGraph } from '../../src/training/step/training-graph.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { isRunning, numbered, openService, type Service } from '../support/running-service.js';
import { workerOf } from '../support/workers.js';

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

type FrameOf<Type extends Frame['type']> = Extract<Frame, { type: Type }>;
const framesOf = <Type extends Frame['type']>(frames: readonly Frame[], type: Type) =>
  frames.filter((frame): frame is FrameOf<Type> => frame.type === type);

const lastOf = <Item>(items: readonly Item[]): Item => {
  const last = items.at(-1);
  if (last === undefined) throw new Error('There is no item yet.');
  return last;
};

const secondsBetween = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / 1000;

/** Computes the seconds of one training image and of one evaluated image from the frames of the latest epoch with scores. */
function measuredIn(frames: readonly Frame[], { trainSamples, testSamples }: JobSpec['dataset']) {
  const { epoch, seconds, imagesPerSecond } = lastOf(framesOf(frames, 'epoch'));
  // The first steps of a process take longer than all others.
  const steps = framesOf(frames, 'step').slice(1);
  const times = steps.flatMap((step) => (step.epoch === epoch ? [1 / (step.imagesPerSecond ?? Number.NaN)] : []));
  return {
    training: times.reduce((sum, time) => sum + time, 0) / times.length,
    evaluated: (seconds - trainSamples / (imagesPerSecond ?? Number.NaN)) / testSamples,
  };
}

/** Computes the seconds of an epoch from the latest epoch with scores. */
function epochSeconds(frames: readonly Frame[], { dataset }: JobSpec): number {
  const { training, evaluated } = measuredIn(frames, dataset);
  return dataset.trainSamples * training + dataset.testSamples * evaluated;
}

/** Computes the seconds from the last frame to the end of the last epoch. */
function secondsLeft(frames: readonly Frame[], { dataset, batchSize, epochs }: JobSpec): number {
  const { training, evaluated } = measuredIn(frames, dataset);
  const { epoch, step } = lastOf(framesOf(frames, 'step'));
  const scored = lastOf(framesOf(frames, 'epoch')).epoch;
  const images = Math.max(0, dataset.trainSamples - step * batchSize) + (epochs - epoch) * dataset.trainSamples;
  return images * training + (epochs - scored) * dataset.testSamples * evaluated;
}

/** Estimated seconds after the last epoch until a job has ended. */
const UNMEASURED_END = 2;

/** Computes the seconds from the start of the attempt to its first step. */
function startSeconds(frames: readonly Frame[]): number {
  const [running, [first]] = [frames.find(isRunning), framesOf(frames, 'epoch')];
  return secondsBetween(running?.at ?? '', first?.at ?? '') - (first?.seconds ?? 0);
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

  const request = {
    network: 'resnet',
    networkOptions: { width: 16, blocks: [1, 1] },
    dataset: { name: 'synthetic', resize: 28, trainSamples: 2_000, testSamples: 500 },
    batchSize: 100,
    epochs: 6,
  } satisfies JobRequest;
  const estimateOf = async (id: string) =>
    (await service.estimates.withEstimate(await service.jobs.get(id))).estimate ?? {};
  const submit = (changes: Partial<JobRequest>) => {
    const spec = resolveJob({ ...request, ...changes } as JobRequest);
    const work = countWork(buildTrainingGraph(spec, datasets.synthetic, 10));
    return service.jobs.submit(spec, { work });
  };

  /**
   * Returns estimates divided by what the frames give: the seconds to the end of a running job, the seconds to the start of the next job,
   * and the duration of the next job, of two epochs. Undefined if the running job got another frame meanwhile.
   */
  async function compareEstimates(id: string, nextId: string): Promise<number[] | undefined> {
    const frames = await service.events.list(id, 0, 1_000).then((all) => all.map(numbered));
    const [running, next] = [await estimateOf(id), await estimateOf(nextId)];
    const { at, seq } = lastOf(frames);
    if ((await service.events.list(id, seq, 1)).length > 0) return undefined;
    const { spec } = await service.jobs.get(id);
    const left = secondsLeft(frames, spec) + UNMEASURED_END;
    const duration = startSeconds(frames) + 2 * epochSeconds(frames, spec) + UNMEASURED_END;
    return [
      secondsBetween(at, running.endAt ?? '') / left,
      secondsBetween(at, next.startAt ?? '') / left,
      secondsBetween(next.startAt ?? '', next.endAt ?? '') / duration,
    ];
  }

  test('has a computed estimate, and one from its own steps before its first epoch ends', async () => {
    // The first epoch lasts much longer than this test.
    const dataset = { ...request.dataset, trainSamples: 60_000 };
    const first = await submit({ dataset, networkOptions: { width: 64, blocks: [2, 2] }, stepInterval: 1 });
    const second = await submit({ epochs: 2 });
    await service.frame(first.id, isRunning);
    await expect.poll(() => service.workers.list()).toMatchObject([{ operationsPerSecond: expect.any(Number) }]);
    expect(await service.estimates.seconds(first.spec)).toBeUndefined();
    expect(await estimateOf(second.id)).toMatchObject({ basis: 'computed', endAt: expect.any(String) });
    await service.frame(first.id, (frame) => frame.type === 'step');
    expect(await estimateOf(first.id)).toMatchObject({ explanation: 'Measured in the latest steps of this run.' });
    await Promise.all([service.jobs.cancel(second.id), service.jobs.cancel(first.id)]);
    await service.history(first.id);
  });

  test('has the estimate that its measured epochs give, and so has the next job', async () => {
    const { id, spec } = await submit({ name: 'estimated' });
    const next = await submit({ epochs: 2 });
    await service.frame(id, (frame) => frame.type === 'epoch');
    await expect.poll(() => compareEstimates(id, next.id)).toEqual([1, 1, 1].map((ratio) => expect.closeTo(ratio, 1)));
    await service.jobs.cancel(next.id);

    const frames = await service.history(id);
    const end = secondsBetween(lastOf(framesOf(frames, 'epoch')).at, lastOf(frames).at);
    const whole = startSeconds(frames) + spec.epochs * epochSeconds(frames, spec) + end;
    const ratio = async () => ((await service.estimates.seconds(spec)) ?? 0) / whole;
    await expect.poll(ratio).toBeCloseTo(1, 1);
    expect(await service.estimates.seconds({ ...spec, batchSize: 50, microBatchSize: 50 })).toBeUndefined();
    expect(await service.jobs.get(id)).toMatchObject({ status: 'succeeded' });
    expect(await estimateOf(id)).toEqual({});
  });
});

const RUN = { perImage: 1e9, perRun: 1e6, nodes: 100 };

describe('rates', () => {
  beforeEach(() => service.redis.flushall());

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
    const measured = [{ perTrainingImage: 0.02, perEvaluatedImage: 0.02, recent: [0.02] }];
    await expect.poll(() => rates.measured(spec, [kind])).toEqual(measured);
    expect(await rates.measured({ ...spec, seed: 7, epochs: 2 } as typeof spec, [kind])).toEqual(measured);
    for (const other of [
      { ...spec, batchSize: 128 },
      { ...spec, microBatchSize: 64 },
      { ...spec, precision: 'bfloat16' as const },
      specOf(32),
    ])
      expect(await rates.measured(other, [kind])).toEqual([undefined]);
    expect(await rates.measured(spec, [{ ...kind, processor: 'B' }, kind])).toEqual([undefined, ...measured]);
    expect(await rates.measured(spec, [])).toEqual([]);
  });

  test('differ by phase, and an estimate adds the phases up', async () => {
    const worker = workerOf();
    await service.workers.heartbeat(worker);
    const phases = [{ epochs: 2, freeze: 'backbone', batchNorm: 'frozen' } as const, { epochs: 3 }];
    const { network, dataset } = specOf(28);
    const phased = resolveJob({ network, dataset, phases });
    const measurement = createRates(service).measure(phased, worker);
    measurement.note({ ...epoch, phase: 1, seconds: 2, imagesPerSecond: 100 });
    expect(await service.estimates.seconds(phased)).toBeUndefined();
    measurement.note({ ...epoch, epoch: 3, phase: 2 });
    // Neither a start nor an end was measured.
    const [start, end] = [2.5 + 0.01 * phased.microBatchSize, UNMEASURED_END];
    await expect.poll(() => service.estimates.seconds(phased)).toBeCloseTo(start + 2 * 2 + 3 * 3 + end, 6);
    const edges = start + 0.003 * RUN.nodes + end;
    expect(await service.estimates.duration(phased, { step: RUN, scoring: RUN })).toMatchObject({
      ...{
        basis: 'measured',
        seconds: { low: expect.closeTo(11.05 + 0.4 * edges, 0), high: expect.closeTo(16.25 + 2.5 * edges, 0) },
        epochSeconds: { low: 0.85 * 2, high: 3.75 },
      },
    });
    // A run without phases that trains all layers is as fast as the second phase.
    const single = start + 0.01 * phased.microBatchSize + 3 + end;
    expect(await service.estimates.seconds({ ...specOf(28), epochs: 1 })).toBeCloseTo(single, 6);
  });

  test('have a start and an end only once these were measured', async () => {
    const [rates, worker] = [createRates(service), workerOf()];
    const measurement = rates.measure(specOf(28), worker);
    measurement.trained(); // no epoch has ended
    measurement.note(epoch);
    const read = () => rates.measured(specOf(28), [worker]);
    const perImage = { perTrainingImage: 0.02, perEvaluatedImage: 0.02 };
    await expect.poll(read).toEqual([{ ...perImage, recent: [0.02] }]);
    measurement.trained();
    await expect.poll(read).toEqual([{ ...perImage, recent: [0.02], end: expect.any(Number) }]);
    // An earlier version stored 0 for both.
    const [field = ''] = await service.redis.hkeys('trainyard:rates');
    await service.redis.hset('trainyard:rates', field, JSON.stringify({ ...perImage, start: 0, end: 0 }));
    expect(await read()).toEqual([{ ...perImage, recent: [0.02] }]);
  });

  test('of later phases are computed from their work while an earlier phase runs', () => {
    const work = { step: RUN, scoring: RUN, phases: [RUN, { ...RUN, perImage: 3 * RUN.perImage }] };
    const perImage = (current: number) => {
      const { rates, basis } = ownForecast(1, { imagesPerSecond: 100, current }, work);
      return { basis, seconds: rates.mid.perTrainingImage };
    };
    expect(perImage(0)).toEqual({ basis: 'computed', seconds: expect.closeTo(0.03, 9) });
    expect(perImage(1)).toEqual({ basis: 'measured', seconds: expect.closeTo(0.01, 9) });
  });

  test('of later phases are measured ones as soon as these exist', async () => {
    const [rates, worker] = [createRates(service), { ...workerOf(), seenAt: new Date().toISOString() }];
    const { network, dataset } = specOf(28);
    const phases = [{ epochs: 2, freeze: 'backbone' }, { epochs: 3 }];
    const phased = resolveJob({ network, dataset, phases });
    rates.measure(specOf(28), worker).note(epoch); // trains all layers, as the second phase does
    const known = () => forecast(phased, undefined, [worker], rates, { imagesPerSecond: 1_000, current: 0 });
    await expect.poll(known).toMatchObject({
      basis: 'measured',
      rates: { mid: [{ perTrainingImage: 0.001 }, { perTrainingImage: 0.02 }] },
    });
  });

  test('are limited to the latest measurements', async () => {
    const rates = createRates({ ...service, most: 3 });
    for (const resize of [8, 9, 10, 11, 12]) {
      rates.measure(specOf(resize), kind).note(epoch);
      await expect.poll(() => rates.measured(specOf(resize), [kind])).not.toEqual([undefined]);
    }
    expect(await service.redis.hlen('trainyard:rates')).toBe(3);
    expect(await rates.measured(specOf(9), [kind])).toEqual([undefined]);
    expect(await rates.measured(specOf(10), [kind])).not.toEqual([undefined]);
  });
});
