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
import { PredictResponse } from '../../src/contracts/prediction/prediction-messages.js';
import { digestOf, loadDataset } from '../../src/datasets/index.js';
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

let api: PredictApi;
let evaluated: ModelEvaluation;
let testScore: { loss: number; accuracy: number };
let data: Awaited<ReturnType<typeof loadDataset>>;
beforeAll(async () => {
  api = await openPredictApi();
  data = await loadDataset(spec.dataset, spec.seed, { datasetsDir: 'none' });
  const { info, train } = data;
  const program = openProgram(spec, info, info.classes.length);
  for (let step = 1; step <= 6; step++)
    program.train({ images: train.images, labels: Int32Array.from(train.labels) }, step);
  evaluated = await evaluateModel(program, data, { batchSize: 32, signal });
  testScore = await evaluate(program, data.test, 32, signal);
  const preprocessing = describePreprocessing(info, spec.dataset.resize);
  const { temperature } = evaluated.evaluation.calibration;
  const description = {
    ...describeModel({ name: 'stripes', classes: [...info.classes] }),
    spec,
    preprocessing,
    temperature,
  };
  await api.store.save(
    { ...description, datasetSha256: digestOf(data) },
    {
      weights: Buffer.from('weights'),
      ...writeServingModels(spec, info, info.classes.length, program.weights()),
      ...evaluationFiles(evaluated),
    },
  );
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

it('names data, recipe, scores and confusion in the model card', async () => {
  const { text } = await get('/card')
    .expect(200)
    .expect('content-type', /text\/markdown/);
  for (const part of ['# stripes, version 1', digestOf(data), '"network": "resnet"', '## Confusion', '## Intended use'])
    expect(text).toContain(part);
});

it('predicts calibrated probabilities once the model has passed the parity check', async () => {
  const [pixels = Buffer.alloc(0)] = [data.test.images.subarray(0, 784)];
  const png = await sharp(pixels, { raw: { width: 28, height: 28, channels: 1 } })
    .png()
    .toBuffer();
  const { body } = await request(api.address)
    .post('/predict?model=stripes&topK=10&logits=true')
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
  const { body: metadata } = await request(api.address).get('/v2/models/stripes').expect(200);
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
