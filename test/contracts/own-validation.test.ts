/** `dataset.validation`: which images a job trains on, and which are scored. */
import { describe, expect, it } from 'vitest';
import { resolveJob, stepsOf, trainedImages } from '../../src/contracts/jobs/job.js';
import { fromShortForm } from '../../src/contracts/json-schema/short-form.js';
import { mergeRequest } from '../../src/contracts/submission/job-from.js';
import { imagesOf } from '../../src/queue/rates.js';
import { estimateTrainingMemory } from '../../src/training/step/training-memory.js';

const sizes = { height: 40, trainSamples: 100, testSamples: 30 };
const withOwn = { ...sizes, validationSamples: 20 };
type Asked = NonNullable<Parameters<typeof resolveJob>[0]['dataset']>;
const resolved = (dataset: Asked, of: typeof sizes = withOwn) =>
  resolveJob(
    { network: 'resnet', dataset: { name: 'ants', ...fromShortForm(dataset ?? {}) } },
    undefined,
    undefined,
    of,
  ).dataset;

describe('the default', () => {
  it.each<[what: string, asked: Asked, of: typeof sizes, expected: object, trained: number]>([
    ['is the data set’s own split, if it has one', {}, withOwn, { validation: 'own', validationSamples: 20 }, 100],
    ['is no validation, if it has none', {}, sizes, { validationSamples: 0 }, 100],
    ['is to draw, if a number is given', { validationSamples: 7 }, withOwn, { validationSamples: 7 }, 93],
    ['is none, if the number is 0', { validationSamples: 0 }, withOwn, { validationSamples: 0 }, 100],
    ['is given up on wish', { validation: 'drawn' }, withOwn, { validationSamples: 0 }, 100],
    [
      'takes the first of its own split',
      { validation: 'own', validationSamples: 7 },
      withOwn,
      { validation: 'own', validationSamples: 7 },
      100,
    ],
  ])('%s', (_, asked, of, expected, trained) => {
    const dataset = resolved(asked, of);
    expect(dataset).toMatchObject(expected);
    expect('validation' in dataset).toBe('validation' in expected);
    expect(trainedImages(dataset)).toBe(trained);
  });
});

it('steps, rates and memory count the images that are trained on and those that are scored', () => {
  const job = { epochs: 2, batchSize: 10 };
  expect(stepsOf({ ...job, dataset: resolved({}) })).toBe(20);
  expect(stepsOf({ ...job, dataset: resolved({ validationSamples: 20 }) })).toBe(16);
  expect(imagesOf({ dataset: resolved({}) })).toEqual({ training: 100, evaluated: 50 });
  const bytes = (dataset: Asked) => {
    const spec = resolveJob(
      { network: 'resnet', networkOptions: { width: 8, blocks: [1, 1, 1, 1] }, dataset },
      undefined,
      undefined,
      withOwn,
    );
    return estimateTrainingMemory(spec, { height: 40, width: 40, channels: 3 }, 3).totalBytes;
  };
  expect(bytes({}) - bytes({ validationSamples: 20 })).toBe(20 * 40 * 40 * 3);
});

it('a job that starts from another takes its split, or another one', () => {
  const source = resolveJob({ network: 'resnet', dataset: { name: 'ants' } }, undefined, undefined, withOwn);
  const from = { model: 'a' };
  expect(mergeRequest({ from }, source).dataset).toMatchObject({ validation: 'own', validationSamples: 20 });
  const { dataset } = mergeRequest({ from, dataset: { validation: 'drawn' } }, source);
  expect(dataset).not.toHaveProperty('validationSamples');
  expect(dataset).toMatchObject({ validation: 'drawn' });
});
