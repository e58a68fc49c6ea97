/** From a trained program to what the API says of its model: evaluation, images, card, and calibrated predictions behind the parity check. */

import sharp from 'sharp';
import request from 'supertest';
import type { TSchema } from 'typebox';
import { Check } from 'typebox/value';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { resolveJob } from '../../src/contracts/jobs/job.js';
import { Evaluation } from '../../src/contracts/models/evaluation.js';
import { LabelState } from '../../src/contracts/models/label.js';
import { ModelSummary } from '../../src/contracts/models/model.js';
import { ModelVersion } from '../../src/contracts/models/stored-model.js';
import { EvaluationComparison, TestPredictionPage } from '../../src/contracts/models/test-image.js';
import { PredictResponse } from '../../src/contracts/prediction/prediction-messages.js';
import { digestOf, loadDataset, testDigest } from '../../src/datasets/index.js';
import { TrainyardError } from '../../src/errors/errors.js';
import { evaluateModel, evaluationFiles, type ModelEvaluation } from '../../src/training/result/evaluate-model.js';
import { writeServingModels } from '../../src/training/result/serving-graph.js';
import { evaluate } from '../../src/training/run/scoring.js';
import { describePreprocessing } from '../../src/training/step/preprocessing.js';
import { openProgram } from '../../src/training/step/program.js';
import { describeModel, saveTinyModel } from '../support/models.js';
import { openPredictApi, type PredictApi } from '../support/predict-api.js';

const dataset = { name: 'synthetic', resize: 32, trainSamples: 128, testSamples: 60, validationSamples: 40 } as const;
const spec = resolveJob({
  network: 'resnet',
  networkOptions: { variant: 'resnet18', width: 8, blocks: [1, 1, 1, 1] },
  name: 'stripes',
  dataset,
  batchSize: 32,
});
const { signal } = new AbortController();
/** Test images that the training is said to have seen. */
const LEAKS = [
  { image: 3, kind: 'same' },
  { image: 5, kind: 'near' },
  { image: 59, kind: 'near' },
] as const;

let api: PredictApi;
let evaluated: ModelEvaluation;
let testScore: { loss: number; accuracy: number };
let data: Awaited<ReturnType<typeof loadDataset>>;
/** Replaces the digests of test splits; undefined: the real ones. */
let digestNow: (() => Promise<string>) | undefined;
beforeAll(async () => {
  api = await openPredictApi({ testDigest: (name, seed) => digestNow?.() ?? testDigest(name, seed, {}) });
  data = await loadDataset(spec.dataset, spec.seed, { datasetsDir: 'none' });
  const { info, train } = data;
  const program = openProgram(spec, info, info.classes.length);
  for (let step = 1; step <= 6; step++)
    program.train({ images: train.images, labels: Int32Array.from(train.labels) }, step);
  const testSplit = { dataset: 'synthetic', sha256: await testDigest('synthetic', spec.seed, {}) };
  evaluated = await evaluateModel(program, data, { batchSize: 32, signal, testSplit, leaks: LEAKS });
  testScore = await evaluate(program, data.test, 32, signal);
  const preprocessing = describePreprocessing(info, spec.dataset.resize);
  const { temperature } = evaluated.evaluation.calibration;
  const weights = program.weights();
  program.train({ images: train.images, labels: Int32Array.from(train.labels) }, 7);
  const later = await evaluateModel(program, data, { batchSize: 32, signal, testSplit });
  const description = {
    ...describeModel({ name: 'stripes', classes: [...info.classes] }),
    spec,
    preprocessing,
    temperature,
  };
  const save = (jobId: string, evaluation: ModelEvaluation, values: typeof weights) =>
    api.store.save(
      { ...description, jobId, datasetSha256: digestOf(data) },
      {
        weights: Buffer.from('weights'),
        ...writeServingModels(spec, info, info.classes.length, values),
        ...evaluationFiles(evaluation),
      },
    );
  await save('first', evaluated, weights);
  await save('second', later, program.weights());
  program.close();
});
afterAll(() => api.close());

const get = (path: string) => request(api.address).get(`/models/stripes/versions/1${path}`);

it('returns the stored evaluation on the test images', async () => {
  const { body } = await get('/evaluation').expect(200);
  expect(body).toEqual(evaluated.evaluation);
  const { accuracy, confusion = [], classes, calibration, confused, images } = evaluated.evaluation;
  expect(accuracy).toBeCloseTo(testScore.accuracy, 10);
  expect(images).toBe(60);
  expect(confusion.flat().reduce((sum, value) => sum + value, 0)).toBe(60);
  expect(classes.map(({ support }) => support)).toEqual(confusion.map((row) => row.reduce((a, b) => a + b, 0)));
  expect(calibration).toMatchObject({
    temperature: expect.any(Number),
    fitted: expect.stringContaining('40 validation images'),
  });
  expect(confused.length).toBe(Math.min(24, Math.round(60 * (1 - accuracy))));
  for (const { image, label, predicted } of confused) {
    expect(label).toBe(data.info.classes[data.test.labels[image] ?? -1]);
    expect(predicted).not.toBe(label);
  }
});

it('returns the confused images with the pixels of the test set', async () => {
  for (const [place, { image }] of evaluated.evaluation.confused.slice(0, 3).entries()) {
    const { body } = await get(`/evaluation/images/${place}`).expect(200).expect('content-type', 'image/png');
    const pixels = await sharp(body as Buffer)
      .toColourspace('b-w')
      .raw()
      .toBuffer();
    expect(pixels.equals(data.test.images.subarray(image * 784, (image + 1) * 784))).toBe(true);
  }
  await get('/evaluation/images/9999').expect(404);
  await get('/evaluation/images/-1').expect(400);
});

const readAll = async (query = '') => {
  const found: TestPredictionPage['images'] = [];
  for (let cursor: string | undefined; ; ) {
    const { body } = await get(`/evaluation/images?limit=7${query}${cursor ? `&cursor=${cursor}` : ''}`).expect(200);
    const page = body as TestPredictionPage;
    found.push(...page.images);
    if (page.nextCursor === undefined) return { found, total: page.total };
    cursor = page.nextCursor;
  }
};

it('lists every test image once with the prediction of the confusion matrix, in the order of its probability', async () => {
  const { found, total } = await readAll();
  const { classes } = data.info;
  expect([total, found.length, new Set(found.map(({ image }) => image)).size]).toEqual([60, 60, 60]);
  for (const [i, { image, actual, probability }] of found.entries()) {
    expect(actual).toBe(classes[data.test.labels[image] ?? -1]);
    expect(probability).toBeLessThanOrEqual(found[i - 1]?.probability ?? 1);
  }
  for (const [row, counts] of (evaluated.evaluation.confusion ?? []).entries()) {
    for (const [column, count] of counts.entries()) {
      const cell = found.filter(({ actual, predicted }) => actual === classes[row] && predicted === classes[column]);
      expect(cell.length).toBe(count);
    }
  }
  const ascending = await readAll('&order=ascending');
  expect(ascending.found).toEqual(found.toReversed());
});

it('lists the images of a cell, of a class and the wrong ones', async () => {
  const { found } = await readAll();
  const [{ actual, predicted } = { actual: '', predicted: '' }] = found.filter((row) => row.actual !== row.predicted);
  const query = `&actual=${encodeURIComponent(actual)}&predicted=${encodeURIComponent(predicted)}`;
  expect((await readAll(query)).found).toEqual(
    found.filter((row) => row.actual === actual && row.predicted === predicted),
  );
  expect((await readAll('&correct=false')).found).toEqual(found.filter((row) => row.actual !== row.predicted));
  const { body } = await get('/evaluation/images?actual=boots').expect(400);
  expect(body).toMatchObject({ code: 'invalid_request', errors: [{ pointer: '?actual' }] });
  expect(body.detail).toContain('is not a class of this model: "boots"');
});

it('says whether the data set still has the pictures', async () => {
  const pictures = async () => (await get('/evaluation/images?limit=1').expect(200)).body.pictures as object;
  expect(await pictures()).toEqual({ dataset: 'synthetic', state: 'present' });
  digestNow = async () => 'another';
  expect(await pictures()).toMatchObject({ state: 'replaced', message: expect.stringContaining('was replaced') });
  digestNow = async () => {
    throw new TrainyardError('dataset_not_found', 'It is gone.');
  };
  expect(await pictures()).toMatchObject({ state: 'deleted', message: expect.stringContaining('was deleted') });
  digestNow = undefined;
});

it('compares two versions image by image', async () => {
  const compare = (query: string) => get(`/evaluation/comparison?${query}`);
  const { body } = await compare('with=stripes@2').expect(200);
  const { bothRight, fixed, broken, bothWrong, images } = body as EvaluationComparison;
  expect(bothRight + fixed + broken + bothWrong).toBe(60);
  expect(bothRight + fixed).toBe(Math.round(60 * evaluated.evaluation.accuracy));
  expect(images.length).toBe(fixed + broken);
  const { body: reverse } = await request(api.address)
    .get('/models/stripes/versions/2/evaluation/comparison?with=stripes@1')
    .expect(200);
  expect(reverse).toMatchObject({ fixed: broken, broken: fixed, bothRight, bothWrong, pValue: body.pValue });
  const { body: wrong } = await compare('with=stripes@2&change=bothWrong').expect(200);
  expect(wrong.images.length).toBe(bothWrong);
  for (const { actual, before, after } of wrong.images)
    expect([before.predicted, after.predicted]).not.toContain(actual);
  const { body: same } = await compare('with=stripes@1').expect(200);
  expect(same).toMatchObject({ fixed: 0, broken: 0, pValue: 1, images: [] });
});

it('refuses to compare versions that were evaluated on other test images', async () => {
  const { description, files } = await otherSplit();
  await api.store.save(description, files);
  const { body } = await get('/evaluation/comparison?with=other').expect(409);
  expect(body).toMatchObject({ code: 'evaluation_mismatch', detail: expect.stringContaining('Their digests differ') });
  await get('/evaluation/comparison?with=none@1').expect(404);
  await get('/evaluation/comparison').expect(400);
});

/** The first model under another name, evaluated on the test images of another seed. */
async function otherSplit() {
  const { manifest } = await api.store.get({ name: 'stripes', version: 1 });
  const { format: _, name: __, version: ___, files: ____, ...description } = manifest;
  const testSplit = { dataset: 'synthetic', sha256: await testDigest('synthetic', 99, {}) };
  const evaluation = { ...evaluated.evaluation, testSplit };
  return {
    description: { ...description, jobId: 'other', spec: { ...description.spec, name: 'other' } },
    files: {
      weights: Buffer.from('weights'),
      savedModel: Buffer.from('graph'),
      ...evaluationFiles({ ...evaluated, evaluation }),
    },
  };
}

it('bins the probabilities for a reliability diagram', () => {
  const { reliability = [], calibratedReliability = [], expectedCalibrationError } = evaluated.evaluation.calibration;
  for (const bins of [reliability, calibratedReliability]) {
    expect(bins.length).toBe(15);
    expect(bins.reduce((sum, { images }) => sum + images, 0)).toBe(60);
    for (const { from, to, images, confidence } of bins.filter(({ images }) => images > 0))
      expect([images, confidence > from - 1e-6, confidence < to + 1e-6]).toEqual([images, true, true]);
  }
  const error = reliability.reduce((sum, bin) => sum + (bin.images / 60) * Math.abs(bin.accuracy - bin.confidence), 0);
  expect(error).toBeCloseTo(expectedCalibrationError, 10);
});

it('names data, recipe, scores and confusion in the model card', async () => {
  const { text } = await get('/card')
    .expect(200)
    .expect('content-type', /text\/markdown/);
  for (const part of ['# stripes, version 1', digestOf(data), '"network": "resnet"', '## Confusion', '## Intended use'])
    expect(text).toContain(part);
});

it('names the leaks in the model card, with the accuracy on and without them', async () => {
  const { text } = await get('/card').expect(200);
  const { labels, predicted, images } = evaluated.predictions;
  const isSeen = (image: number) => LEAKS.some((leak) => leak.image === image);
  const shareOf = (wanted: boolean): string => {
    const right = [...images.keys()].filter((row) => isSeen(images[row] ?? -1) === wanted);
    const correct = right.filter((row) => labels[row] === predicted[row]).length;
    return `${((100 * correct) / right.length).toFixed(2)} %`;
  };
  expect(text).toContain('has seen 3 of the 60 test images: 1 with the same pixels, 2 nearly equal.');
  expect(text).toContain(`The accuracy is ${shareOf(true)} on them and ${shareOf(false)} without them.`);
});

it('predicts calibrated probabilities once the model has passed the parity check', async () => {
  const [pixels = Buffer.alloc(0)] = [data.test.images.subarray(0, 784)];
  const png = await sharp(pixels, { raw: { width: 28, height: 28, channels: 1 } })
    .png()
    .toBuffer();
  const { body } = await request(api.address)
    .post('/predict?model=stripes@1&topK=10&logits=true')
    .set('content-type', 'image/png')
    .send(png)
    .expect(200);
  const classes = body.predictions[0] as { logit: number; calibrated: number; index: number }[];
  const temperature = evaluated.evaluation.calibration.temperature ?? Number.NaN;
  const powers = classes.map(({ logit }) => Math.exp(logit / temperature));
  const sum = powers.reduce((total, power) => total + power, 0);
  for (const [place, { calibrated }] of classes.entries())
    expect(calibrated).toBeCloseTo((powers[place] ?? 0) / sum, 5);
  for (const { logit, index } of classes) expect(logit).toBeCloseTo(evaluated.golden.logits[index] ?? Number.NaN, 3);
  expect((await get('').expect(200)).body.state).toMatchObject({ loaded: true, passed: true, runtime: 'onnxruntime' });
  const { body: metadata } = await request(api.address).get('/v2/models/stripes/versions/1').expect(200);
  expect(metadata).toMatchObject({ platform: 'onnx_onnxv1', outputs: [{}, {}, { name: 'calibrated' }] });
  expect((await request(api.address).get('/models/stripes').expect(200)).body.loaded).toEqual([1]);
});

it.each([
  ['older', {}, 'It was stored before models had an evaluation. Train it again to get one.'],
  [
    'kept',
    { reason: { code: 'kept', message: 'The job was cancelled.' } } as const,
    'It was saved by a cancelled job, which skips the evaluation. Only its scores of epoch 1 are known.',
  ],
])(
  'a model that is %s has no evaluation, says why, and has a card and no calibrated probability',
  async (name, said, why) => {
    await saveTinyModel(api.store, { name, ...said });
    const older = (path: string) => request(api.address).get(`/models/${name}/versions/1${path}`);
    expect((await older('/evaluation').expect(404)).body).toMatchObject({
      code: 'evaluation_not_found',
      detail: `Model ${name}@1 has no evaluation. ${why}`,
    });
    for (const part of ['images', 'comparison?with=stripes@1'])
      expect((await older(`/evaluation/${part}`).expect(404)).body).toMatchObject({ code: 'evaluation_not_found' });
    expect((await older('/card').expect(200)).text).toContain(why);
    expect((await older('/evaluation/images/0').expect(404)).body).toMatchObject({ code: 'evaluation_not_found' });
    expect((await older('/card').expect(200)).text).not.toContain('## Confusion');
    const instances = [new Array(28).fill(new Array(28).fill(0))];
    const { body } = await request(api.address).post('/predict').send({ model: name, instances }).expect(200);
    expect(body.predictions[0][0]).not.toHaveProperty('calibrated');
  },
);

it('returns only answers that match their contract', async () => {
  const answers: [string, TSchema][] = [
    ['/models/stripes', ModelSummary],
    ['/models/stripes/versions/1', ModelVersion],
    ['/models/stripes/versions/1/evaluation', Evaluation],
    ['/models/stripes/versions/1/evaluation/images', TestPredictionPage],
    ['/models/stripes/versions/1/evaluation/comparison?with=stripes@2', EvaluationComparison],
    ['/models/stripes/labels/stable', LabelState],
  ];
  await request(api.address).put('/models/stripes/labels/stable').send({ version: 1 }).expect(200);
  for (const [path, schema] of answers) {
    const { body } = await request(api.address).get(path).expect(200);
    expect([path, Check(schema, body)]).toEqual([path, true]);
  }
  const instances = [new Array(28).fill(new Array(28).fill(0))];
  const { body } = await request(api.address).post('/predict').send({ model: 'stripes@stable', instances }).expect(200);
  expect(Check(PredictResponse, body)).toBe(true);
});
