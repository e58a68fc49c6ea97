/** An interrupted run that resumes from a checkpoint ends with the same bits as an uninterrupted run. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobRequest } from '../../../src/contracts/jobs/job.js';
import { fromShortForm } from '../../../src/contracts/json-schema/short-form.js';
import type { CheckpointHeader } from '../../../src/contracts/processes/checkpoint-header.js';
import { type Checkpoint, openCheckpoints } from '../../../src/store/checkpoints.js';
import { createCheckpointing } from '../../../src/training/run/checkpointing.js';
import { idOf } from '../../support/ids.js';
import { runJob, stopAfter } from '../../support/runs.js';

/** Every option with a state or random numbers, a smaller last batch, a smaller last micro batch and a validation split. */
const rich: JobRequest = {
  network: 'resnet',
  networkOptions: { width: 8, blocks: [1, 1], dropRate: 0.2 },
  dataset: { name: 'synthetic', resize: 16, trainSamples: 110, testSamples: 20, validationSamples: 20 },
  batchSize: 24,
  microBatchSize: 8,
  epochs: 3,
  stepInterval: 1,
  seed: 11,
  emaDecay: 0.9,
  labelSmoothing: 0.1,
  gradientClipNorm: 1,
  optimizer: { name: 'adamw', weightDecay: 0.01 },
  schedule: { name: 'one-cycle' },
  augmentation: { crop: 2, flip: true, mixup: 0.2, erasing: 0.3 },
};

let checkpointsDir: string;
beforeEach(async () => {
  checkpointsDir = await mkdtemp(join(tmpdir(), 'trainyard-resume-'));
});
afterEach(() => rm(checkpointsDir, { recursive: true, force: true }));

/** Trains from the last checkpoint to the end of the run, or until `until` steps of the whole run are done. */
async function run(request: JobRequest, attempt: number, until = Number.POSITIVE_INFINITY) {
  const { events, digest, state, header } = await runJob(request, { checkpointsDir, attempt, on: stopAfter(until) });
  return { events, digest, state, ...(header && { header }) };
}

describe('a run that resumes from a checkpoint', () => {
  it.each([
    ['in the middle of an epoch, three times', [1, 6, 7]],
    ['after the last step of an epoch, before it is scored', [4]],
    ['twice at the same place, between two epochs', [8, 8]],
    ['when only the last epoch is left to be scored', [12]],
  ])('has the same numbers and events %s', async (_, cuts) => {
    const whole = await run(rich, 1);
    expect(whole.events).toHaveLength(3 * 4 + 3);
    await rm(checkpointsDir, { recursive: true });
    for (const [index, cut] of cuts.entries()) await run(rich, index + 1, cut);
    const { header: _header, ...resumed } = await run(rich, cuts.length + 1);
    expect(whole).toMatchObject(resumed);
  });

  it.each(['sgd', 'adam'] as const)('has the same numbers with %s and no micro batches', async (name) => {
    const { microBatchSize: _, emaDecay: __, ...request } = rich;
    const plain = {
      ...request,
      optimizer: { name, ...(name === 'sgd' && { momentum: 0.9 }) },
      epochs: 2,
    } as JobRequest;
    const whole = await run(plain, 1);
    await rm(checkpointsDir, { recursive: true });
    await run(plain, 1, 3);
    await run(plain, 2, 6);
    expect(await run(plain, 3)).toMatchObject({ digest: whole.digest, state: whole.state, events: whole.events });
  });

  it('has the same numbers with augmentation for photographs and balanced classes', async () => {
    const photos: JobRequest = {
      ...rich,
      epochs: 2,
      augmentation: {
        ...{ flip: true, verticalFlip: true, randomResizedCrop: {}, affine: { degrees: 20 }, mixup: 0.2, cutmix: 1 },
        colorJitter: { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 },
      },
      classWeights: 'balanced',
      sampler: 'balanced',
      earlyStopping: { metric: 'validationMacroF1', patience: 2 },
    };
    const whole = await run(photos, 1);
    await rm(checkpointsDir, { recursive: true });
    await run(photos, 1, 2);
    await run(photos, 2, 5);
    expect(await run(photos, 3)).toMatchObject({ digest: whole.digest, state: whole.state, events: whole.events });
  });

  it.each([
    ['TrivialAugmentWide', { trivialAugmentWide: true }],
    ['RandAugment', { randAugment: { operations: 2 } }],
  ])('has the same numbers with %s', async (_, augmentation) => {
    const varied: JobRequest = { ...rich, epochs: 1, augmentation: { flip: true, cutmix: 1, ...augmentation } };
    const whole = await run(varied, 1);
    await rm(checkpointsDir, { recursive: true });
    await run(varied, 1, 2);
    expect(await run(varied, 2)).toMatchObject({ digest: whole.digest, state: whole.state, events: whole.events });
  });

  it('has other numbers if a part of its state is lost', async () => {
    const whole = await run(rich, 1);
    await rm(checkpointsDir, { recursive: true });
    await run(rich, 1, 5);
    const first = await openCheckpoints({ checkpointsDir, jobId: idOf('a-job'), attempt: 2 });
    const { checkpoint } = await first.load();
    if (checkpoint === undefined) throw new Error('There is no checkpoint.');
    const [name] = [...checkpoint.tensors.keys()].filter((each) => /running_mean$/.test(each));
    const tensors = new Map(
      [...checkpoint.tensors].map(
        ([key, { shape, values }]) =>
          [key, { shape, values: key === name ? new Float32Array(values.length) : values }] as const,
      ),
    );
    await first.save({ ...checkpoint, tensors });
    expect((await run(rich, 3)).state).not.toBe(whole.state);
  });

  it('keeps the epoch with the best validation score, and never decides by the test set', async () => {
    const { header } = await run(rich, 1);
    const epochs = (header?.events ?? []).filter((event) => event.type === 'epoch');
    const most = Math.max(...epochs.map(({ validationAccuracy = 0 }) => validationAccuracy));
    const first = epochs.find(({ validationAccuracy }) => validationAccuracy === most)?.epoch ?? 0;
    expect(header?.best).toEqual({ epoch: first, steps: 4 * first, value: most });
    const { dataset, ...rest } = rich;
    await rm(checkpointsDir, { recursive: true });
    const plain = await run(
      { ...rest, dataset: { ...fromShortForm(dataset ?? {}), validationSamples: 0 }, epochs: 1 } as JobRequest,
      1,
    );
    expect(plain.header).not.toHaveProperty('best');
  });
});

describe('the checkpoints of a run', () => {
  const header = { epoch: 1, totals: { loss: 0, correct: 0, images: 0, seconds: 0 }, seconds: 0 };
  const at = (step: number) => ({ ...header, step });
  const none = new Map<string, number[]>();
  const program = { state: () => new Map<string, Float32Array>(), stateShapes: none, shapes: none };
  /** A checkpoint store whose writes end when the test decides. */
  function openStore() {
    const writes: { steps: number; end: (error?: Error) => void }[] = [];
    const save = ({ header: { steps } }: Checkpoint) =>
      new Promise<void>((resolve, reject) => {
        writes.push({ steps, end: (error) => (error ? reject(error) : resolve()) });
      });
    return { writes, save };
  }
  const options = { program, jobId: idOf('a-job'), attempt: 1, stepsPerEpoch: 10 };

  it('are written one at a time during training', async () => {
    const store = openStore();
    const checkpointing = createCheckpointing({ ...options, checkpoints: store, checkpointSeconds: 1e-9 });
    for (const step of [1, 2, 3]) await checkpointing.onPosition(at(step));
    expect(store.writes.map(({ steps }) => steps)).toEqual([1]);
    store.writes[0]?.end();
    await checkpointing.finished();
    await checkpointing.onPosition(at(4));
    expect(store.writes.map(({ steps }) => steps)).toEqual([1, 4]);
  });

  it('are written only after epochs if `checkpointSeconds` is 0', async () => {
    const store = openStore();
    const checkpointing = createCheckpointing({ ...options, checkpoints: store, checkpointSeconds: 0 });
    for (const step of [1, 2, 10]) await checkpointing.onPosition(at(step));
    expect(store.writes).toEqual([]);
    await checkpointing.onPosition({ ...at(0), epoch: 2 });
    expect(store.writes.map(({ steps }) => steps)).toEqual([10]);
  });

  it('end the run if one cannot be written', async () => {
    const store = openStore();
    const checkpointing = createCheckpointing({ ...options, checkpoints: store, checkpointSeconds: 1e-9 });
    await checkpointing.onPosition(at(1));
    store.writes[0]?.end(new Error('no space'));
    await expect(checkpointing.finished()).rejects.toThrow('no space');
    await expect(checkpointing.onPosition(at(2))).rejects.toThrow('no space');
  });

  it('contain every epoch and the latest steps', async () => {
    const headers: CheckpointHeader[] = [];
    const save = async ({ header: saved }: Checkpoint) => void headers.push(saved);
    const checkpointing = createCheckpointing({ ...options, checkpoints: { save }, checkpointSeconds: 0 });
    const step = { type: 'step', steps: 10, loss: 1, accuracy: 0, learningRate: 1, imagesPerSecond: 1 } as const;
    const scores = { trainLoss: 1, trainAccuracy: 0, testLoss: 1, testAccuracy: 0 };
    for (let epoch = 1; epoch <= 100; epoch++) {
      for (let number = 1; number <= 10; number++) checkpointing.record({ ...step, epoch, step: number });
      checkpointing.record({ type: 'epoch', epoch, epochs: 100, ...scores, seconds: 1, imagesPerSecond: 1 });
    }
    await checkpointing.onPosition({ ...at(0), epoch: 101 });
    await checkpointing.finished();
    const events = headers[0]?.events ?? [];
    expect(events.flatMap((event) => (event.type === 'epoch' ? [event.epoch] : []))).toEqual(
      Array.from({ length: 100 }, (_, i) => i + 1),
    );
    expect(events.flatMap((event) => (event.type === 'step' ? [event.epoch] : []))).toEqual(
      Array.from({ length: 500 }, (_, i) => 51 + Math.floor(i / 10)),
    );
  });
});
