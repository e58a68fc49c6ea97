/** Merges a request with `from` into the spec of its starting point. */
import { describe, expect, test } from 'vitest';
import { resolveJob } from '../../src/contracts/jobs/job.js';
import { type JobFromRequest, mergeRequest } from '../../src/contracts/submission/job-from.js';

const source = resolveJob({
  network: 'resnet',
  networkOptions: { width: 8, dropRate: 0.1 },
  dataset: { name: 'synthetic', resize: 16, trainSamples: 100, testSamples: 10, validationSamples: 20 },
  ...{ batchSize: 32, epochs: 7, emaDecay: 0.9, maxSeconds: 60 },
  augmentation: { crop: 2, flip: true },
  optimizer: { name: 'adamw', weightDecay: 0.05, beta1: 0.8 },
  schedule: { name: 'cosine', finalFactor: 0.1, warmupEpochs: 1 },
  earlyStopping: { metric: 'validationAccuracy', patience: 3, minDelta: 0.01 },
});
const { precisionReason: _, ...same } = source;
const whole = (body: Omit<JobFromRequest, 'from'>, of = source) => mergeRequest({ from: { model: 'a' }, ...body }, of);

test('keeps the fields that the request does not name', () => {
  expect(whole({})).toEqual(same);
  expect(resolveJob(whole({}))).toEqual({ ...source, precisionReason: 'The job requests it.' });
});

test('changes the named fields of an object and keeps its others', () => {
  expect(
    whole({ networkOptions: { dropRate: 0 }, dataset: { resize: 24 }, augmentation: { crop: 0 }, epochs: 9 }),
  ).toEqual({
    ...same,
    ...{ networkOptions: { ...source.networkOptions, dropRate: 0 }, dataset: { ...source.dataset, resize: 24 } },
    ...{ augmentation: { ...source.augmentation, crop: 0 }, epochs: 9 },
  });
  expect(whole({ dataset: { name: 'fashion-mnist' } }).dataset).toEqual({ name: 'fashion-mnist', resize: 16 });
});

test('keeps the model name for the same data set only', () => {
  expect(resolveJob(whole({}))).toMatchObject({ name: 'synthetic-resnet' });
  const named = { ...source, name: 'base' };
  expect(resolveJob(whole({}, named)).name).toBe('base');
  expect(resolveJob(whole({ dataset: { name: 'synthetic', resize: 24 } }, named)).name).toBe('base');
  expect(resolveJob(whole({ dataset: 'boots' }, named)).name).toBe('boots-resnet');
  expect(resolveJob(whole({ dataset: 'boots', name: 'mine' }, named)).name).toBe('mine');
});

describe('options with a name', () => {
  test('keep their other fields if the request keeps the name', () => {
    expect(whole({ optimizer: { learningRate: 0.1 } }).optimizer).toEqual({ ...source.optimizer, learningRate: 0.1 });
    const schedule = { name: 'cosine', warmupEpochs: 2 } as const;
    expect(whole({ schedule }).schedule).toEqual({ ...source.schedule, warmupEpochs: 2 });
  });
  test('have only the fields of another name if the request gives one', () => {
    expect(whole({ optimizer: { name: 'sgd' } }).optimizer).toEqual({ name: 'sgd' });
    expect(whole({ schedule: { name: 'step' } }).schedule).toEqual({ name: 'step' });
  });
});

describe('early stopping', () => {
  const { earlyStopping } = source;
  test.each([
    ['stays the same', undefined, earlyStopping],
    ['keeps the fields that the request does not name', { patience: 9 }, { ...earlyStopping, patience: 9 }],
    ['stays the same if the request repeats the metric', { metric: 'validationAccuracy' }, earlyStopping],
    [
      'keeps only its patience if the metric changes',
      { metric: 'validationLoss' },
      { metric: 'validationLoss', patience: 3 },
    ],
    ['can be left out', null, null],
  ] as const)('%s', (_, said, expected) => {
    expect(whole(said === undefined ? {} : { earlyStopping: said }).earlyStopping).toEqual(expected);
  });
  test('comes from the request if the spec has none', () => {
    const said = { earlyStopping: { patience: 2 } };
    expect(whole(said, { ...source, earlyStopping: null }).earlyStopping).toEqual({ patience: 2 });
  });
});

test('takes whole batches after a change of the batch size if it did before', () => {
  expect(whole({ batchSize: 64 })).not.toHaveProperty('microBatchSize');
  expect(whole({ batchSize: 64 }, { ...source, microBatchSize: 16 })).toMatchObject({ microBatchSize: 16 });
});
