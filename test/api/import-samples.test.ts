/** An import with sample images: their logits decide whether predictions see what the weights were trained on. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveJob } from '../../src/contracts/jobs/job.js';
import { MAX_SAMPLE_IMAGES } from '../../src/contracts/models/import-samples.js';
import { decodeGolden } from '../../src/formats/golden-predictions.js';
import { variableShapes, writeWeights } from '../../src/training/result/serving-graph.js';
import { formulaWeights } from '../support/formula.js';
import { openPredictApi, type PredictApi } from '../support/predict-api.js';

const CLASSES = ['cat', 'dog', 'bird'];
const SPEC = {
  name: 'sampled',
  network: 'resnet',
  networkOptions: { variant: 'resnet18', width: 8, blocks: [1, 1] },
  classes: CLASSES,
  image: { height: 32, width: 32, channels: 3 },
  resize: 32,
  preprocessing: { preset: 'torchvision' },
};
const { network, networkOptions } = SPEC;
const spec = resolveJob({ network, networkOptions, name: 'x', dataset: { resize: 32 } } as Parameters<
  typeof resolveJob
>[0]);
const shapes = variableShapes(spec, { channels: 3 }, CLASSES.length);
const WEIGHTS = Buffer.from(writeWeights(formulaWeights(shapes), shapes, 1));
const picture = (name: string): Buffer => readFileSync(new URL(`../golden/preprocessing/${name}`, import.meta.url));
const IMAGES = [picture('large.jpg'), picture('odd-tall.png')];

type Answer = {
  code?: string;
  detail: string;
  errors?: { pointer: string; message: string }[];
  manifest?: { version: number; preprocessing: object };
};
type Parts = Readonly<{ spec?: object; logits?: unknown; images?: readonly Uint8Array[]; weights?: Uint8Array }>;

let api: PredictApi;
/** Logits of the images, as an import without samples predicts them. */
let logits: number[][];
beforeAll(async () => {
  api = await openPredictApi();
  expect((await post({})).status).toBe(201);
  logits = await Promise.all(IMAGES.map(logitsOf));
});
afterAll(() => api.close());

async function post({ spec = SPEC, logits: sent, images = [], weights = WEIGHTS }: Parts) {
  const form = new FormData();
  form.set('spec', JSON.stringify(spec));
  if (sent !== undefined) form.set('logits', typeof sent === 'string' ? sent : JSON.stringify(sent));
  for (const image of images) form.append('image', new Blob([Uint8Array.from(image)]), 'image');
  form.set('weights', new Blob([Uint8Array.from(weights)]), 'weights.safetensors');
  const response = await fetch(`${api.address}/models`, { method: 'POST', body: form });
  return { status: response.status, body: (await response.json()) as Answer };
}

async function logitsOf(image: Uint8Array): Promise<number[]> {
  const response = await fetch(`${api.address}/predict?model=sampled@1&logits=true&topK=3`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: Uint8Array.from(image),
  });
  const { predictions } = (await response.json()) as { predictions: { index: number; logit: number }[][] };
  return (predictions[0] ?? []).toSorted((a, b) => a.index - b.index).map(({ logit }) => logit);
}

const versions = async (): Promise<number[]> => {
  const response = await fetch(`${api.address}/models/sampled`);
  return ((await response.json()) as { versions: number[] }).versions;
};

it('has the preprocessing of its preset in the manifest', async () => {
  const response = await fetch(`${api.address}/models/sampled/versions/1`);
  const { manifest } = (await response.json()) as Required<Answer>;
  expect(manifest.preprocessing).toMatchObject({
    ...{ fit: 'resize-crop', cropShare: 0.875, decoding: 'plain', interpolation: 'bilinear', antialias: true },
    ...{ mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  });
});

it('keeps samples that predictions reproduce as golden predictions', async () => {
  const { status, body } = await post({ logits, images: IMAGES });
  expect(status).toBe(201);
  const model = await api.store.get({ name: 'sampled', version: body.manifest?.version ?? 0 });
  const golden = decodeGolden((await api.store.readFile(model, 'golden')) ?? Buffer.of());
  expect(golden.shape).toEqual([6, 32, 32, 3]);
  expect(golden.logits.length).toBe(18);
  for (const [index, value] of logits.flat().entries()) expect(golden.logits[12 + index]).toBeCloseTo(value, 3);
});

describe('a model that does not reproduce them', () => {
  it.each<[what: string, preprocessing: object, named: object]>([
    ['another fit', { preset: 'torchvision', fit: 'stretch' }, { fit: 'resize-crop' }],
    [
      'another normalization',
      { preset: 'torchvision', normalization: { mean: [0], std: [1] } },
      { normalization: { mean: [0.485, 0.456, 0.406] } },
    ],
    [
      'neither',
      { preset: 'keras', normalization: { mean: [0.5], std: [0.5] } },
      { fit: 'resize-crop', normalization: { mean: [0.485, 0.456, 0.406] } },
    ],
  ])('is refused with the preprocessing that does: %s', async (_, preprocessing, named) => {
    const before = await versions();
    const { status, body } = await post({ spec: { ...SPEC, preprocessing }, logits, images: IMAGES });
    expect({ status, code: body.code }).toEqual({ status: 422, code: 'logits_mismatch' });
    expect(body.errors?.[0]?.pointer).toMatch(/^\/logits\/[01]$/);
    expect(body.detail).toMatch(
      /does not reproduce the logits of sample image [01]: .* \(largest difference [\d.e-]+, allowed/,
    );
    const found = /With (\{.*\}) as `preprocessing`/.exec(body.detail)?.[1] ?? '{}';
    expect(JSON.parse(found)).toMatchObject(named);
    expect((await post({ spec: { ...SPEC, preprocessing: JSON.parse(found) }, logits, images: IMAGES })).status).toBe(
      201,
    );
    expect(await versions()).toHaveLength(before.length + 1);
  });

  it('is refused with general advice if nothing usual reproduces them', async () => {
    const { status, body } = await post({ logits: logits.map((row) => row.map((value) => value + 9)), images: IMAGES });
    expect(status).toBe(422);
    expect(body.detail).toMatch(/check the order of the classes/);
  });

  it('is refused with advice if probabilities were sent', async () => {
    const { body } = await post({
      logits: [
        [0.1, 0.2, 0.7],
        [0.3, 0.3, 0.4],
      ],
      images: IMAGES,
    });
    expect(body.detail).toMatch(/look like probabilities: send the logits/);
  });
});

describe('samples that cannot be used', () => {
  it.each<[what: string, parts: Parts, pointer: string, sentence: RegExp]>([
    ['no logits', { images: IMAGES }, '/logits', /required with image/],
    ['no image', { logits: [[1, 2, 3]] }, '/image', /required with logits/],
    ['too few rows', { images: IMAGES, logits: [[1, 2, 3]] }, '/logits', /for each of the 2 images/],
    [
      'too few classes',
      {
        images: IMAGES,
        logits: [
          [1, 2, 3],
          [1, 2],
        ],
      },
      '/logits/1',
      /list of 3 numbers/,
    ],
    [
      'no number',
      {
        images: IMAGES,
        logits: [
          [1, 2, 3],
          [1, null, 2],
        ],
      },
      '/logits/1/1',
      /must be a number/,
    ],
    ['no JSON', { images: IMAGES, logits: '[[1, 2' }, '/logits', /JSON/],
    [
      'too many images',
      { images: Array.from({ length: MAX_SAMPLE_IMAGES + 1 }, () => picture('tiny.png')), logits: [] },
      '/image',
      /at most 8 times/,
    ],
  ])('are refused: %s', async (_, parts, pointer, sentence) => {
    const before = await versions();
    const { status, body } = await post(parts);
    expect({ status, pointer: body.errors?.[0]?.pointer }).toEqual({ status: 400, pointer });
    expect(body.detail).toMatch(sentence);
    expect(await versions()).toEqual(before);
  });

  it('are refused: not an image', async () => {
    const { status, body } = await post({ images: [Buffer.from('nonsense')], logits: [[1, 2, 3]] });
    expect({ status, code: body.code, pointer: body.errors?.[0]?.pointer }).toEqual({
      ...{ status: 400, code: 'invalid_image', pointer: '/image/0' },
    });
  });
});

it.each<[spec: object, pointer: string]>([
  [{ preprocessing: { preset: 'torchvison' } }, '/spec/preprocessing/preset'],
  [{ preprocessing: { fit: 'stretch', cropShare: 0.5 } }, '/spec/preprocessing/cropShare'],
  [{ preprocessing: { fit: 'cover', interpolation: 'fast' } }, '/spec/preprocessing/interpolation'],
  [{ preprocessing: { cropshare: 0.5 } }, '/spec/preprocessing/cropshare'],
  [{ preprocessing: { background: 'blue' } }, '/spec/preprocessing/background'],
  [
    { preprocessing: { normalization: { mean: [0], std: [1] } }, normalization: { mean: [0], std: [1] } },
    '/spec/normalization',
  ],
])('refuses %j', async (change, pointer) => {
  const { status, body } = await post({ spec: { ...SPEC, preprocessing: undefined, ...change } });
  expect({ status, pointer: body.errors?.[0]?.pointer }).toEqual({ status: 400, pointer });
});
