/** Class activation maps of POST /predict: their identity with the logits, and a network whose maps have a closed form. */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import sharp from 'sharp';
import request from 'supertest';
import { Check } from 'typebox/value';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveJob } from '../../../src/contracts/jobs/job.js';
import { type ActivationMap, PredictResponse } from '../../../src/contracts/prediction/prediction-messages.js';
import { Graph } from '../../../src/graph/graph.js';
import { buildNetwork } from '../../../src/networks/index.js';
import { writeServingModels, writeWeights } from '../../../src/training/result/serving-graph.js';
import { describePreprocessing } from '../../../src/training/step/preprocessing.js';
import { describeModel } from '../../support/models.js';
import { openPredictApi, type PredictApi } from '../../support/predict-api.js';

const classes = ['left', 'right', '<b>“third” class</b>'];
const SIDE = 12;
const image = { height: SIDE, width: SIDE, channels: 3 };

/** Pseudo-random numbers from −1 to 1. */
function drawer(seed: number): () => number {
  const random = xoroshiro128plus(seed);
  return () => random.next() / 2 ** 31;
}

type Weights = Map<string, Float32Array>;

/** Builds random weights of a network, whose running variances are positive. */
function randomWeights(
  spec: ReturnType<typeof specOf>,
  seed = 1,
): { weights: Weights; shapes: Map<string, readonly number[]> } {
  const graph = new Graph();
  const { resize } = spec.dataset;
  buildNetwork(spec, graph.placeholder('images', 'float32', [-1, resize, resize, image.channels]), classes.length);
  const draw = drawer(seed);
  const shapes = new Map([...graph.variables].map(([name, { shape }]) => [name, shape]));
  const weights = new Map(
    [...shapes].map(([name, shape]) => {
      const numbers = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => draw() / 3);
      return [name, name.endsWith('running_var') ? numbers.map((value) => 0.5 + Math.abs(value)) : numbers];
    }),
  );
  return { weights, shapes };
}

const specOf = (name: string, network: object, resize = SIDE, precision = 'float32') =>
  resolveJob({
    name,
    dataset: { name: 'synthetic', resize },
    normalization: { mean: [0.4, 0.5, 0.6], std: [0.2, 0.3, 0.25] },
    precision,
    ...network,
  } as Parameters<typeof resolveJob>[0]);

let api: PredictApi;
async function save(
  spec: ReturnType<typeof specOf>,
  change: (weights: Weights) => void = () => undefined,
): Promise<void> {
  const { weights, shapes } = randomWeights(spec);
  change(weights);
  const normalization = spec.normalization as { mean: number[]; std: number[] };
  const description = {
    ...describeModel({ name: spec.name, jobId: spec.name, classes, temperature: 2 }),
    spec,
    preprocessing: describePreprocessing(image, spec.dataset.resize, normalization),
  };
  await api.store.save(description, {
    weights: writeWeights(weights, shapes, 1),
    ...writeServingModels(spec, image, classes.length, weights),
  });
}

/** Centre weight of a 3 × 3 convolution from 3 to 8 channels, zero elsewhere: it sees one pixel. */
function pointwise(kernel: Float32Array): Float32Array {
  const [inputs, outputs] = [3, 8];
  return kernel.map((value, i) => (Math.floor(i / (inputs * outputs)) === 4 ? value : 0));
}

const small = { network: 'resnet', networkOptions: { variant: 'resnet18', stem: 'small', width: 8, blocks: [1] } };

beforeAll(async () => {
  api = await openPredictApi();
  await save(specOf('tutorial', { network: 'resnet', networkOptions: { width: 8, blocks: [1, 1] } }, 16));
  await save(
    specOf('bottleneck', {
      network: 'resnet',
      networkOptions: { variant: 'resnet50', width: 8, blocks: [1, 1], stem: 'small' },
    }),
  );
  await save(
    specOf('dense', { network: 'densenet', networkOptions: { blocks: [2, 2], width: 8, growth: 8, stem: 'small' } }),
  );
  await save(
    specOf(
      'halves',
      {
        network: 'densenet',
        networkOptions: { variant: 'densenet121', blocks: [2], width: 8, growth: 8, stem: 'small' },
      },
      SIDE,
      'bfloat16',
    ),
  );
  await save(specOf('large', small, 512));
  await save(specOf('closed', small), (weights) => {
    weights.set('conv1.weight', pointwise(weights.get('conv1.weight') as Float32Array));
    // The residual adds nothing, so the last features are those of the stem.
    for (const name of ['weight', 'bias']) weights.get(`layer1.0.bn2.${name}`)?.fill(0);
    for (const name of ['running_mean', 'bias']) weights.get(`bn1.${name}`)?.fill(0);
    for (const name of ['running_var', 'weight']) weights.get(`bn1.${name}`)?.fill(1);
  });
});
afterAll(() => api.close());

const draw = drawer(7);
const instances = [1, 2].map(() =>
  Array.from({ length: SIDE }, () =>
    Array.from({ length: SIDE }, () => [0, 1, 2].map(() => Math.floor(128 + 127 * draw()))),
  ),
);

type Answer = {
  predictions: { label: string; index: number; logit: number; probability: number }[][];
  maps: ActivationMap[];
};
async function explain(body: object): Promise<Answer> {
  const sent = { topK: 3, logits: true, explain: true, instances, ...body };
  return (await request(api.address).post('/predict').send(sent).expect(200)).body as Answer;
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const logitOf = (answer: Answer, place: number): number =>
  answer.predictions[place]?.find(({ index }) => index === answer.maps[place]?.index)?.logit ?? Number.NaN;

describe.each([
  ['tutorial', [2, 2], 4],
  ['bottleneck', [6, 6], 4],
  ['dense', [6, 6], 4],
  ['closed', [12, 12], 4],
  // The predictions are in bfloat16, the maps in float32.
  ['halves', [12, 12], 1],
])('of the network %s', (model, size, digits) => {
  it.each([undefined, ...classes])('has the logit of the class %s as its mean plus the bias', async (explainClass) => {
    for (const flip of [false, true]) {
      const answer = await explain({ model, flip, explainClass });
      expect(Check(PredictResponse, answer)).toBe(true);
      for (const [place, { label, index, height, width, values, bias, logit }] of answer.maps.entries()) {
        expect([height, width, values.length]).toEqual([...size, height * width]);
        expect(label).toBe(explainClass ?? answer.predictions[place]?.[0]?.label);
        expect(classes[index]).toBe(label);
        expect(meanOf(values) + bias).toBeCloseTo(logit, 4);
        expect(logit).toBeCloseTo(logitOf(answer, place), digits);
      }
    }
  });
});

it('equals the closed form of a network that sees one pixel at a time', async () => {
  const { weights } = randomWeights(specOf('closed', small));
  const kernel = weights.get('conv1.weight')?.subarray(4 * 24, 5 * 24) ?? [];
  const [last, bias] = [weights.get('fc.weight') ?? [], weights.get('fc.bias') ?? []];
  const [mean, std] = [
    [0.4, 0.5, 0.6],
    [0.2, 0.3, 0.25],
  ];
  const mapOf = (pixels: number[][][], target: number): number[] =>
    pixels.flat().map((pixel) => {
      const input = pixel.map((value, c) => (value / 255 - (mean[c] ?? 0)) / (std[c] ?? 1));
      const features = Array.from({ length: 8 }, (_, k) => {
        const sum = input.reduce((total, value, c) => total + value * (kernel[c * 8 + k] ?? 0), 0);
        return Math.max(0, sum / Math.sqrt(1 + 1e-5));
      });
      return features.reduce((total, feature, k) => total + feature * (last[k * 3 + target] ?? 0), 0);
    });
  for (const [target, explainClass] of classes.entries()) {
    const { maps } = await explain({ model: 'closed', explainClass });
    for (const [place, { values, bias: found }] of maps.entries()) {
      expect(found).toBeCloseTo(bias[target] ?? Number.NaN, 5);
      const expected = mapOf(instances[place] as number[][][], target);
      for (const [position, value] of values.entries()) expect(value).toBeCloseTo(expected[position] ?? Number.NaN, 4);
    }
  }
});

it('has mirrored maps for mirrored images, and the mean of both with flip', async () => {
  const mirrorRows = <Value>(rows: Value[][]): Value[][] => rows.map((row) => row.toReversed());
  const rowsOf = ({ values, width }: ActivationMap): number[][] =>
    Array.from({ length: values.length / width }, (_, row) => values.slice(row * width, (row + 1) * width));
  const ask = { model: 'tutorial', explainClass: 'left' };
  const plain = await explain(ask);
  const mirrored = await explain({ ...ask, instances: instances.map((pixels) => mirrorRows(pixels)) });
  const both = await explain({ ...ask, flip: true });
  for (const [place, map] of both.maps.entries()) {
    const other = mirrorRows(rowsOf(mirrored.maps[place] as ActivationMap)).flat();
    for (const [position, value] of map.values.entries()) {
      const expected = ((plain.maps[place]?.values[position] ?? Number.NaN) + (other[position] ?? Number.NaN)) / 2;
      expect(value).toBeCloseTo(expected, 5);
    }
  }
});

it('returns the same predictions with and without maps', async () => {
  const { predictions } = await explain({ model: 'dense' });
  expect((await explain({ model: 'dense', explain: false })).predictions).toEqual(predictions);
});

it('gives each of many requests at once the map of its own class', async () => {
  const asks = Array.from({ length: 12 }, (_, i) => ({ model: 'bottleneck', explainClass: classes[i % 3] ?? '' }));
  const alone = new Map<string, ActivationMap[]>();
  for (const ask of asks.slice(0, 3)) alone.set(ask.explainClass, (await explain(ask)).maps);
  const together = await Promise.all(asks.map((ask) => explain(ask)));
  for (const [i, { maps }] of together.entries()) {
    for (const [place, map] of maps.entries()) {
      const expected = alone.get(asks[i]?.explainClass ?? '')?.[place];
      expect(map.label).toBe(expected?.label);
      expect(meanOf(map.values)).toBeCloseTo(meanOf(expected?.values ?? []), 4);
    }
  }
});

it('takes the options from a query and from a form, for image files', async () => {
  const png = await sharp(Buffer.from(instances.flat(3).slice(0, SIDE * SIDE * 3)), {
    raw: { width: SIDE, height: SIDE, channels: 3 },
  })
    .png()
    .toBuffer();
  const { maps: expected } = await explain({ model: 'tutorial', explainClass: 'right' });
  const query = { model: 'tutorial', explain: 'true', explainClass: 'right' };
  const byQuery = await request(api.address)
    .post('/predict')
    .query(query)
    .set('content-type', 'image/png')
    .send(png)
    .expect(200);
  const form = request(api.address).post('/predict');
  for (const [name, value] of Object.entries(query)) void form.field(name, value);
  const byForm = await form.attach('a', png, 'a.png').expect(200);
  for (const { body } of [byQuery, byForm]) {
    expect(body.maps).toHaveLength(1);
    expect(meanOf(body.maps[0].values)).toBeCloseTo(meanOf(expected[0]?.values ?? []), 4);
  }
});

describe('as a PNG', () => {
  const ask = (body: object) =>
    request(api.address)
      .post('/predict/map')
      .send({ model: 'closed', ...body });
  const [first = [], second = []] = instances;

  it('is the image as the model sees it, with its map over it', async () => {
    const { body } = await ask({ instances: [first], explainClass: 'left' })
      .expect(200)
      .expect('content-type', 'image/png');
    const { data, info } = await sharp(body as Buffer)
      .raw()
      .toBuffer({ resolveWithObject: true });
    // Twelve pixels, enlarged by the largest whole factor up to 512.
    expect([info.width, info.height, info.channels]).toEqual([504, 504, 3]);
    const [map] = (await explain({ model: 'closed', instances: [first], explainClass: 'left' })).maps;
    const largest = Math.max(...(map?.values ?? []).map(Math.abs));
    const scale = info.width / SIDE;
    for (let y = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++) {
        // The centre of each pixel has the colour of its own value.
        const at = 3 * ((y * scale + scale / 2) * info.width + x * scale + scale / 2);
        const value = map?.values[y * SIDE + x] ?? Number.NaN;
        const share = (0.6 * Math.abs(value)) / largest;
        const colour = value >= 0 ? [224, 49, 22] : [28, 92, 230];
        for (const channel of [0, 1, 2]) {
          const expected = (first[y]?.[x]?.[channel] ?? 0) * (1 - share) + (colour[channel] ?? 0) * share;
          expect(Math.abs((data[at + channel] ?? Number.NaN) - expected)).toBeLessThan(4);
        }
      }
    }
  });

  it.each([
    ['several images', { instances: [first, second] }, 'draws the map of one image (got 2)'],
    ['a class that the model lacks', { instances: [first], explainClass: 'up' }, 'is not a class of this model: "up"'],
    ['options of predictions', { instances: [first], topK: 2 }, 'topK'],
  ])('is refused for %s', async (_, body, sentence) => {
    const answer = await ask(body).expect(400);
    expect(answer.body.detail).toContain(sentence);
  });
});

it.each([
  [
    'a class that the model lacks',
    { model: 'dense', explain: true, explainClass: 'up' },
    400,
    'is not a class of this model: "up"',
  ],
  ['a class without explain', { model: 'dense', explainClass: 'left' }, 400, 'needs `explain: true`'],
  [
    'more images than fit',
    { model: 'dense', explain: true, instances: new Array(65).fill(instances[0]) },
    413,
    'at most 64 images',
  ],
  [
    'more large inputs than fit',
    { model: 'large', explain: true, instances: new Array(5).fill(instances[0]) },
    413,
    'at most 4 images',
  ],
])('refuses %s', async (_, body, status, sentence) => {
  const answer = await request(api.address)
    .post('/predict')
    .send({ instances, ...body })
    .expect(status);
  expect(answer.body.detail).toContain(sentence);
});

it('explains as many of the largest inputs as an answer may have', async () => {
  const { maps } = await explain({ model: 'large', instances: new Array(4).fill(instances[0]) });
  expect(maps.map(({ values }) => values.length)).toEqual(new Array(4).fill(512 * 512));
  for (const { values, bias, logit } of maps) expect(meanOf(values) + bias).toBeCloseTo(logit, 3);
});

it('says that a model without weights of its network cannot be explained', async () => {
  const { weights, shapes } = randomWeights(specOf('broken', small));
  weights.delete('fc.bias');
  const spec = specOf('broken', small);
  const whole = randomWeights(spec).weights;
  await api.store.save(
    {
      ...describeModel({ name: 'broken', jobId: 'broken', classes }),
      spec,
      preprocessing: describePreprocessing(image, SIDE),
    },
    {
      weights: writeWeights(weights, shapes, 1),
      ...writeServingModels({ ...spec, normalization: 'none' }, image, classes.length, whole),
    },
  );
  const { body } = await request(api.address)
    .post('/predict')
    .send({ model: 'broken', explain: true, instances })
    .expect(500);
  expect(body).toMatchObject({ code: 'model_corrupt', detail: expect.stringContaining('has no "fc.bias"') });
});
