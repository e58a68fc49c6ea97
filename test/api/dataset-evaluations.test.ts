/** Evaluations of models on data sets: from the request through queue, worker and evaluator to scores and predictions. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import request from 'supertest';
import { Check } from 'typebox/value';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SplitName } from '../../src/contracts/datasets/dataset-content.js';
import { resolveImagePreprocessing } from '../../src/contracts/images/image-preprocessing.js';
import {
  DatasetComparison,
  DatasetEvaluation,
  DatasetEvaluationDetails,
  type EvaluatedImagePage,
} from '../../src/contracts/models/dataset-evaluation.js';
import { resolveNetworkOptions } from '../../src/contracts/networks/network.js';
import { createEvaluatorStarter, type StartEvaluator } from '../../src/processes/evaluator-process.js';
import { createEvaluationRecords } from '../../src/queue/index.js';
import { openModelEvaluations } from '../../src/store/model-evaluations.js';
import { variableShapes } from '../../src/training/result/serving-graph.js';
import { type Api, openApi } from '../support/api.js';
import { zipOf } from '../support/archive.js';
import { runCommand } from '../support/command.js';
import { type Imports, openImports, tinies } from '../support/imports.js';
import { saveTinyModel } from '../support/models.js';
import { openPredictApi, type PredictApi } from '../support/predict-api.js';
import { formulaPth } from '../support/pth-of-network.js';
import { openServiceForFile } from '../support/service-for-file.js';

const { service } = await openServiceForFile();
let predict: PredictApi;
let imports: Imports;
let api: Api;
/** Replaces the start of the process; undefined: the real one. */
let startInstead: StartEvaluator | undefined;

beforeAll(async () => {
  predict = await openPredictApi();
  imports = await openImports();
  const [train, test, own] = [
    await tinies(['a', 'b', 'c'], 3),
    await tinies(['a', 'b', 'c'], 5),
    await tinies(['a', 'b', 'c'], 1),
  ];
  const under = (folder: string, files: Record<string, Buffer>) =>
    Object.fromEntries(Object.entries(files).map(([path, file]) => [`${folder}/${path}`, file]));
  await imports.import(await zipOf({ ...under('train', train), ...under('test', test), ...under('val', own) })); // set-1
  await imports.import(await zipOf(await tinies(['a', 'b', 'd', 'e'], 4))); // set-2
  // The model takes 12 × 12 grey pixels, and the data set has 8 × 8 coloured ones; the order of the classes differs, too.
  await saveTinyModel(predict.store, {
    name: 'tiny',
    classes: ['c', 'a', 'b'],
    side: 12,
    seed: 3,
    factor: 4,
    temperature: 2,
  });
  await saveTinyModel(predict.store, { name: 'tiny', classes: ['c', 'a', 'b'], side: 12, seed: 4, factor: 4 });
  const crop = { fit: 'resize-crop', cropShare: 0.5 } as const;
  await imports.import(await zipOf(await tinies(['a', 'b', 'c'], 4)), { ...crop, testShare: 0.5 }); // set-3
  const images = resolveImagePreprocessing(crop);
  await saveTinyModel(predict.store, { name: 'cropping', channels: 3, side: 8, seed: 6, factor: 4, images });
  api = await openApi(service, { modelsDir: predict.folder, importedDir: imports.importedDir, queueDepth: 3 });
  const starter = createEvaluatorStarter({
    modelsDir: predict.folder,
    datasetsDir: 'none',
    importedDir: imports.importedDir,
    evaluatorUrl: new URL('../../dist/evaluator.js', import.meta.url),
  });
  const evaluations = {
    records: createEvaluationRecords(service.redis),
    storedIn: () => openModelEvaluations(predict.folder),
    startEvaluator: ((...args) => (startInstead ?? starter)(...args)) as StartEvaluator,
  };
  await service.work({ evaluations });
});
afterAll(async () => {
  await api.close();
  await predict.close();
  await imports.close();
});

const post = (body: object, model = 'tiny@1') => request(api.address).post(`/models/${model}/evaluations`).send(body);
const get = (path: string) => request(api.address).get(path);

async function submit(body: object, model?: string): Promise<DatasetEvaluation> {
  const { body: evaluation } = await post(body, model).expect(202);
  return evaluation as DatasetEvaluation;
}

const pathOf = ({ id, model }: DatasetEvaluation): string =>
  `/models/${model.name}/versions/${model.version}/evaluations/${id}`;

/** Resolves once the evaluation has one of the states. */
async function reach(evaluation: DatasetEvaluation, ...states: string[]): Promise<DatasetEvaluationDetails> {
  const read = async () => (await get(pathOf(evaluation)).expect(200)).body as DatasetEvaluationDetails;
  await expect.poll(async () => states.includes((await read()).state), { timeout: 60_000 }).toBe(true);
  return read();
}

const end = async (body: object, model?: string) => reach(await submit(body, model), 'succeeded', 'failed');

/** Evaluates, and throws the error of a failed evaluation. */
async function evaluate(body: object, model?: string): Promise<DatasetEvaluationDetails> {
  const evaluation = await end(body, model);
  if (evaluation.error !== undefined) throw new Error(JSON.stringify(evaluation.error));
  return evaluation;
}

type Predicted = Readonly<{ actual: string; predicted: string; probability: number; loss: number }>;

/** Predicts the pictures of a split with `POST /predict`, one after the other. */
async function predictSplit(split: SplitName, count: number, model = 'tiny@1'): Promise<Predicted[]> {
  const { body: page } = await get(`/datasets/set-1/images?split=${split}&limit=${count}`).expect(200);
  const { images } = page as { images: { class: string }[] };
  const found: Predicted[] = [];
  for (let index = 0; index < count; index++) {
    const { body: png } = await get(`/datasets/set-1/images/${split}/${index}`).expect(200);
    const { body } = await request(predict.address)
      .post(`/predict?model=${model}&topK=3&logits=true`)
      .set('content-type', 'image/png')
      .send(png as Buffer)
      .expect(200);
    const classes = body.predictions[0] as { label: string; logit: number; probability: number }[];
    const actual = images[index]?.class ?? '';
    const total = classes.reduce((sum, { logit }) => sum + Math.exp(logit), 0);
    const own = classes.find(({ label }) => label === actual)?.logit ?? Number.NaN;
    const [best = { label: '', probability: Number.NaN }] = classes;
    found.push({ actual, predicted: best.label, probability: best.probability, loss: Math.log(total) - own });
  }
  return found;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('an evaluation', () => {
  it('answers with the scores that follow from the answers of POST /predict', async () => {
    const evaluation = await evaluate({ dataset: 'set-1' });
    expect(Check(DatasetEvaluationDetails, evaluation)).toBe(true);
    expect(evaluation).toMatchObject({
      state: 'succeeded',
      split: 'test',
      attempt: 1,
      model: { name: 'tiny', version: 1 },
    });
    const predicted = await predictSplit('test', 15);
    const classes = ['c', 'a', 'b'];
    const recalls = classes.map((name) =>
      mean(predicted.filter(({ actual }) => actual === name).map((row) => Number(row.predicted === name))),
    );
    const f1 = classes.map((name) => {
      const hits = predicted.filter((row) => row.actual === name && row.predicted === name).length;
      const total =
        predicted.filter((row) => row.actual === name).length +
        predicted.filter((row) => row.predicted === name).length;
      return total === 0 ? 0 : (2 * hits) / total;
    });
    const { scores, result } = evaluation;
    expect(scores?.images).toBe(15);
    expect(scores?.accuracy).toBeCloseTo(mean(predicted.map((row) => Number(row.actual === row.predicted))), 10);
    expect(scores?.loss).toBeCloseTo(mean(predicted.map(({ loss }) => loss)), 4);
    expect(scores?.balancedAccuracy).toBeCloseTo(mean(recalls), 10);
    expect(scores?.macroF1).toBeCloseTo(mean(f1), 10);
    expect(result?.confusion).toEqual(
      classes.map((row) =>
        classes.map((column) => predicted.filter((one) => one.actual === row && one.predicted === column).length),
      ),
    );
    expect(result?.calibration).toMatchObject({ temperature: 2, calibratedError: expect.any(Number) });
    const { body } = await get(`${pathOf(evaluation)}/images?limit=100`).expect(200);
    const page = body as EvaluatedImagePage;
    expect(page).toMatchObject({ total: 15, split: 'test', pictures: { dataset: 'set-1', state: 'present' } });
    expect(new Set(page.images.map(({ path }) => path)).size).toBe(15);
    expect(page.images.every(({ actual, path }) => path?.startsWith(`test/${actual}/`))).toBe(true);
    for (const { image, actual, predicted: answer, probability } of page.images) {
      expect({ actual, predicted: answer }).toEqual({
        actual: predicted[image]?.actual,
        predicted: predicted[image]?.predicted,
      });
      expect(probability).toBeCloseTo(predicted[image]?.probability ?? Number.NaN, 5);
    }
  });

  it('takes the training images, and the validation split of its own', async () => {
    expect((await evaluate({ dataset: 'set-1', split: 'train' })).scores?.images).toBe(9);
    expect((await evaluate({ dataset: 'set-1', split: 'validation' })).scores?.images).toBe(3);
  });

  it('is listed with its version, newest first, and can be filtered', async () => {
    const { body } = await get('/models/tiny/versions/1/evaluations').expect(200);
    expect(body.evaluations.map(({ split }: DatasetEvaluation) => split)).toEqual(['validation', 'train', 'test']);
    const { body: some } = await get('/models/tiny/versions/1/evaluations?split=train').expect(200);
    expect(some.evaluations).toHaveLength(1);
    expect(Check(DatasetEvaluation, some.evaluations[0])).toBe(true);
    expect((await get('/models/tiny/versions/2/evaluations').expect(200)).body).toEqual({ evaluations: [] });
    await get('/models/none/versions/1/evaluations').expect(404);
  });

  it('is deleted with its files', async () => {
    const evaluation = await evaluate({ dataset: 'set-1' }, 'tiny@2');
    await request(api.address).delete(pathOf(evaluation)).expect(204);
    const { body } = await get(pathOf(evaluation)).expect(404);
    expect(body.code).toBe('evaluation_not_found');
    expect(await readdir(join(predict.folder, 'tiny', '2', 'evaluations'))).toEqual([]);
    await request(api.address).delete(pathOf(evaluation)).expect(404);
  });

  it('is queued once for an idempotency key, and refused with another body', async () => {
    const send = (body: object) => post(body).set('idempotency-key', 'once');
    const first = await send({ dataset: 'set-1' }).expect(202);
    expect(first.headers['location']).toBe(pathOf(first.body as DatasetEvaluation));
    const again = await send({ split: 'test', dataset: 'set-1' }).expect(200);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.body.id).toBe(first.body.id);
    expect((await send({ dataset: 'set-1', split: 'train' }).expect(422)).body.code).toBe('idempotency_conflict');
    await reach(first.body as DatasetEvaluation, 'succeeded');
  });
});

describe('an evaluation of imported weights', () => {
  it('has the predictions of POST /predict', async () => {
    const image = { height: 20, width: 24, channels: 3 } as const;
    const networkOptions = resolveNetworkOptions('resnet', { variant: 'resnet18', width: 8, blocks: [1, 1] });
    const spec = { network: 'resnet', networkOptions, dataset: { resize: 32 } } as const;
    const imported = {
      ...{ name: 'imported', network: 'resnet', networkOptions: { variant: 'resnet18', width: 8, blocks: [1, 1] } },
      ...{ classes: ['b', 'c', 'a'], image, resize: 32, preprocessing: { preset: 'torchvision' } },
    };
    await request(predict.address)
      .post('/models')
      .field('spec', JSON.stringify(imported))
      .attach('weights', formulaPth(variableShapes(spec, image, 3)), 'weights.pth')
      .expect(201);
    const evaluation = await evaluate({ dataset: 'set-1' }, 'imported');
    const predicted = await predictSplit('test', 15, 'imported@1');
    expect(evaluation.scores?.accuracy).toBe(mean(predicted.map((row) => Number(row.actual === row.predicted))));
    expect(evaluation.scores?.loss).toBeCloseTo(mean(predicted.map(({ loss }) => loss)), 4);
    expect(evaluation.result).not.toHaveProperty('leaks');
    expect(evaluation.result?.calibration).toMatchObject({
      temperature: null,
      fitted: expect.stringContaining('imported'),
    });
  });
});

describe('a model that crops images', () => {
  type Image = Readonly<{ image: number; predicted: string; probability: number }>;
  const bestOf = async (query: string, body: Buffer | object): Promise<Omit<Image, 'image'>> => {
    const sent = request(predict.address).post(`/predict?model=cropping&topK=1${query}`);
    const type = Buffer.isBuffer(body) ? 'image/png' : 'application/json';
    const { body: answer } = await sent.set('content-type', type).send(body).expect(200);
    const [{ label, probability }] = answer.predictions[0];
    return { predicted: label, probability };
  };
  const rowsOf = async (png: Buffer) => {
    const pixels = await sharp(png).raw().toBuffer();
    const pixel = (at: number) => [...pixels.subarray(3 * at, 3 * at + 3)];
    return Array.from({ length: 8 }, (_, y) => Array.from({ length: 8 }, (__, x) => pixel(8 * y + x)));
  };
  const imagesOf = async (dataset: string): Promise<readonly Image[]> => {
    const { body } = await get(`${pathOf(await evaluate({ dataset }, 'cropping'))}/images?limit=100`).expect(200);
    return (body as EvaluatedImagePage).images;
  };

  it('sees images that their import cropped as they are, in evaluations and with `cropped`', async () => {
    let different = 0;
    const found = await imagesOf('set-3');
    expect(found.length).toBe(6);
    for (const { image, predicted, probability } of found) {
      const { body: png } = await get(`/datasets/set-3/images/test/${image}`).expect(200);
      const whole = { predicted, probability: expect.closeTo(probability, 5) };
      expect(await bestOf('', { instances: [await rowsOf(png)] })).toEqual(whole);
      expect(await bestOf('&cropped=true', png)).toEqual(whole);
      if (Math.abs((await bestOf('', png)).probability - probability) > 1e-3) different += 1;
    }
    expect(different).toBeGreaterThan(0);
  });

  it('crops images that their import left whole', async () => {
    for (const { image, predicted, probability } of await imagesOf('set-1')) {
      const { body: png } = await get(`/datasets/set-1/images/test/${image}`).expect(200);
      expect(await bestOf('', png)).toEqual({ predicted, probability: expect.closeTo(probability, 5) });
    }
  });
});

describe('two models on the same images', () => {
  const compare = (query: string) => get(`/models/tiny/versions/1/comparison?${query}`);

  it('are compared by the paired table of their predictions, whatever the order of their classes', async () => {
    await saveTinyModel(predict.store, { name: 'other', classes: ['a', 'b', 'c'], side: 12, seed: 5, factor: 4 });
    const one = await evaluate({ dataset: 'set-1' });
    const two = await evaluate({ dataset: 'set-1' }, 'other');
    const isRight = async (evaluation: DatasetEvaluation) => {
      const { body } = await get(`${pathOf(evaluation)}/images?limit=100`).expect(200);
      const { images } = body as EvaluatedImagePage;
      return new Map(images.map(({ image, actual, predicted }) => [image, actual === predicted]));
    };
    const [after, before] = [await isRight(one), await isRight(two)];
    const count = (wanted: readonly [boolean, boolean]): number =>
      [...after].filter(([image, right]) => right === wanted[0] && before.get(image) === wanted[1]).length;
    const [fixed, broken] = [count([true, false]), count([false, true])];
    const { body } = await compare('with=other&dataset=set-1').expect(200);
    expect(Check(DatasetComparison, body)).toBe(true);
    expect(body).toMatchObject({
      ...{ bothRight: count([true, true]), fixed, broken, bothWrong: count([false, false]) },
      ...{
        with: { name: 'other', version: 1 },
        evaluation: one.id,
        withEvaluation: two.id,
        test: 'exact',
        split: 'test',
      },
      pictures: { state: 'present' },
    });
    const comparison = body as DatasetComparison;
    expect(comparison.difference).toBeCloseTo((one.scores?.accuracy ?? 0) - (two.scores?.accuracy ?? 0), 10);
    expect(comparison.interval.low).toBeLessThanOrEqual(comparison.difference);
    expect(comparison.interval.high).toBeGreaterThanOrEqual(comparison.difference);
    expect(comparison.images.length).toBe(fixed + broken);
    for (const { image, actual, before: was, after: is } of comparison.images)
      expect([is.predicted === actual, was.predicted === actual]).toEqual([after.get(image), before.get(image)]);
  });

  it('are compared by `trainyard models diff --data`', async () => {
    const { body } = await compare('with=other&dataset=set-1').expect(200);
    const run = (...args: string[]) =>
      runCommand(['models', 'diff', 'other@1', 'tiny@1', ...args], { url: api.address });
    const { out, code } = await run('--data', 'set-1');
    const { fixed, broken, images } = body as DatasetComparison;
    expect(code).toBe(0);
    expect(out).toContain('set-1, 15 test images');
    expect(out).toMatch(new RegExp(`tiny@1: ${fixed} images?, other@1: ${broken} images?\\n`));
    expect(out).toMatch(/McNemar, exact/);
    for (const { path } of images.slice(0, 10)) expect(out).toContain(path);
    expect(JSON.parse((await run('--data', 'set-1', '--json')).out)).toMatchObject({ fixed, broken });
    expect(await run('--data', 'set-1', '--split', 'train')).toMatchObject({
      code: 4,
      err: expect.stringContaining('other@1 has no finished evaluation on the train images of set-1'),
    });
    expect((await run('--split', 'train')).code).toBe(2);
  });

  it('decide a label by their evaluations', async () => {
    const label = (...args: string[]) =>
      runCommand(['models', 'label', ...args, '--gate', 'loss', '--data', 'set-1'], { url: api.address });
    const losses: number[] = [];
    for (const version of [1, 2])
      losses.push((await evaluate({ dataset: 'set-1' }, `tiny@${version}`)).scores?.loss ?? 0);
    const [better, worse] = (losses[0] ?? 0) < (losses[1] ?? 0) ? [1, 2] : [2, 1];
    expect((await label(`tiny@${worse}`, 'canary')).out).toBe(`tiny@canary is version ${worse}\n`);
    expect((await label(`tiny@${better}`, 'canary')).out).toBe(`tiny@canary is version ${better}\n`);
    const { code, err } = await label(`tiny@${worse}`, 'canary');
    expect({ code, err }).toEqual({ code: 4, err: expect.stringContaining(`does not beat ${Math.min(...losses)}`) });
    expect((await label(`tiny@${worse}`, 'canary', '--split', 'validation')).code).toBe(4);
    await request(api.address).delete('/models/tiny/labels/canary').expect(200);
  });

  it('are refused without an evaluation, and the answer says what to run', async () => {
    const { body } = await compare('with=tiny@2&dataset=set-1&split=train').expect(404);
    expect(body.code).toBe('evaluation_not_found');
    expect(body.detail).toContain('tiny@2 has no finished evaluation on the train images of set-1');
    expect(body.detail).toContain('POST /models/tiny@2/evaluations');
    await compare('with=tiny@2').expect(400);
    await compare('with=none&dataset=set-1').expect(404);
  });
});

describe('the command `trainyard evaluate`', () => {
  const run = (...args: string[]) => runCommand(['evaluate', ...args], { url: api.address });

  it('prints the scores, as text, as JSON and as a number', async () => {
    const { out, code } = await run('tiny@1', '--data', 'set-1');
    expect(code).toBe(0);
    expect(out).toContain('tiny@1');
    expect(out).toContain('set-1, 15 test images');
    const json = await run('tiny@1', '--data', 'set-1', '--split', 'train', '--json');
    const evaluation = JSON.parse(json.out) as DatasetEvaluationDetails;
    expect(evaluation).toMatchObject({ state: 'succeeded', scores: { images: 9 }, result: { macro: {} } });
  });

  it('ends with code 4 and the reason if the service refuses it', async () => {
    const { code, err } = await run('tiny@1', '--data', 'set-2');
    expect(code).toBe(4);
    expect(err).toContain('which the model does not know');
    expect((await run('tiny@1')).code).toBe(2);
  });
});

describe('a request that cannot be evaluated', () => {
  it.each([
    [
      'another class list',
      { dataset: 'set-2' },
      '/dataset',
      'set-2 has the classes "d", "e", which the model does not know, and lacks the class "c" of the model',
    ],
    ['an unknown data set', { dataset: 'set-9' }, '/dataset', 'must be one of'],
    ['an unknown split', { dataset: 'set-1', split: 'all' }, '/split', 'validation'],
    ['no data set', {}, '/dataset', 'required'],
    ['an unknown field', { dataset: 'set-1', seed: 3 }, '/seed', ''],
  ])('is refused with a pointer: %s', async (_, body, pointer, message) => {
    const before = await service.redis.zcard('trainyard:evaluations:open');
    const { body: problem } = await post(body).expect(400);
    expect(problem).toMatchObject({ code: 'invalid_request', errors: [{ pointer }] });
    expect(problem.detail).toContain(message);
    expect(await service.redis.zcard('trainyard:evaluations:open')).toBe(before);
  });

  it('names the split that the data set lacks', async () => {
    await saveTinyModel(predict.store, { name: 'four', classes: ['a', 'b', 'd', 'e'] });
    const { body } = await post({ dataset: 'set-2', split: 'validation' }, 'four').expect(400);
    expect(body.detail).toContain('the data set set-2 has: it has no validation split');
  });

  it('is answered with 404 for an unknown version, and 400 for a reference that is none', async () => {
    expect((await post({ dataset: 'set-1' }, 'tiny@9').expect(404)).body.code).toBe('model_not_found');
    expect((await post({ dataset: 'set-1' }, 'tiny@stable').expect(404)).body.code).toBe('label_not_found');
    await post({ dataset: 'set-1' }, 'TINY').expect(400);
  });
});

/** Starts processes that wait until they are released or killed. */
function holdEvaluators() {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let killed = 0;
  startInstead = (evaluation, { signal }) =>
    new Promise((resolve) => {
      const outcome = { type: 'died', error: { code: 'evaluation_failed', message: 'It was killed.' } } as const;
      signal.addEventListener('abort', () => {
        killed += 1;
        resolve(outcome);
      });
      void released.then(() =>
        resolve({
          ...outcome,
          type: 'failed',
          error: { code: 'evaluation_failed', message: `Released ${evaluation.id}.` },
        }),
      );
    });
  return { release, killed: () => killed };
}

describe('while a worker evaluates', () => {
  it('the evaluation is cancelled by DELETE, its process is killed, and nothing is kept', async () => {
    const { killed } = holdEvaluators();
    const evaluation = await submit({ dataset: 'set-1' });
    await reach(evaluation, 'running');
    await request(api.address).delete(pathOf(evaluation)).expect(204);
    await expect.poll(killed, { timeout: 20_000 }).toBe(1);
    await get(pathOf(evaluation)).expect(404);
    startInstead = undefined;
  });

  it('further ones wait, and beyond the depth of the queue they are refused', async () => {
    const { release } = holdEvaluators();
    const running = await submit({ dataset: 'set-1' });
    await reach(running, 'running');
    const waiting = await submit({ dataset: 'set-1', split: 'train' });
    const urgent = await submit({ dataset: 'set-1', split: 'validation', priority: 5 });
    expect((await post({ dataset: 'set-1' }).expect(429)).body.code).toBe('queue_full');
    release();
    await reach(running, 'failed');
    const [late, early] = [await reach(waiting, 'failed'), await reach(urgent, 'failed')];
    expect(Date.parse(early.startedAt ?? '')).toBeLessThanOrEqual(Date.parse(late.startedAt ?? ''));
    expect(late.error).toEqual({ code: 'evaluation_failed', message: `Released ${late.id}.` });
    startInstead = undefined;
  });

  it('a process that dies is started again, and the third time the evaluation fails', async () => {
    let starts = 0;
    startInstead = async () => {
      starts += 1;
      return { type: 'died', error: { code: 'out_of_memory', message: 'The evaluator process ended.' } };
    };
    const { error, attempt } = await end({ dataset: 'set-1' });
    expect({ error, attempt, starts }).toEqual({
      error: { code: 'out_of_memory', message: 'The evaluator process ended.' },
      attempt: 3,
      starts: 3,
    });
    startInstead = undefined;
  });
});
