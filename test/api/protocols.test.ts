/** The two inference protocols over plain HTTP: what their documents show, and every bad request in their own error form. */
import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ImagePreprocessing, resolveImagePreprocessing } from '../../src/contracts/images/image-preprocessing.js';
import type { Job } from '../../src/contracts/jobs/job.js';
import { badImages } from '../support/bad-images.js';
import { saveTinyModel } from '../support/models.js';
import { openPredictApi, type PredictApi } from '../support/predict-api.js';

const pixels = Uint8Array.from({ length: 784 }, (_, index) => (index * 37) % 256);
const image = Array.from({ length: 28 }, (_, y) => [...pixels.subarray(y * 28, y * 28 + 28)]);
const png = await sharp(pixels, { raw: { width: 28, height: 28, channels: 1 } })
  .toColourspace('b-w')
  .png()
  .toBuffer();
const b64 = png.toString('base64');
const bad = (await badImages()).filter(({ bytes }) => bytes.length > 0);

/** A file, and the pixels that Pillow makes of it with a resize and a crop. */
const golden = (name: string): Buffer => readFileSync(new URL(`../golden/preprocessing/${name}`, import.meta.url));
type GoldenCase = ImagePreprocessing & Readonly<{ image: string; width: number; height: number; tensor: boolean }>;
const { cases } = JSON.parse(golden('cases.json').toString()) as { cases: readonly GoldenCase[] };
const isCrop = ({ image, fit, interpolation, tensor }: GoldenCase): boolean =>
  image === 'odd.png' && fit === 'resize-crop' && interpolation === 'bilinear' && !tensor;
const cropCase = cases.findIndex(isCrop);
const [before, CROP_SIDE] = [cases.slice(0, cropCase), cases[cropCase]?.width ?? 0];
const cropAt = before.reduce((sum, { width, height }) => sum + 3 * width * height, 0);
const cropped = golden('pixels.bin').subarray(cropAt, cropAt + 3 * CROP_SIDE ** 2);

/** A job that has stored the first version of boots. */
const jobId = '0b5f9ab5-8d5c-4a35-8b1c-31a5a3a6a2f1';
const findJob = async (id: string) => (id === jobId ? ({ model: { name: 'boots', version: 1 } } as Job) : undefined);

let api: PredictApi;
beforeAll(async () => {
  api = await openPredictApi({ findJob });
  await saveTinyModel(api.store, { name: 'boots', seed: 1 });
  await saveTinyModel(api.store, { name: 'boots', seed: 2 });
  await saveTinyModel(api.store, { name: 'colour', seed: 3, channels: 3, side: 8 });
  await saveTinyModel(api.store, { name: 'nan', seed: 4, factor: Number.NaN });
  await saveTinyModel(api.store, { name: 'warm', seed: 1, temperature: 2 });
  const images = resolveImagePreprocessing({ ...cases[cropCase], background: undefined });
  await saveTinyModel(api.store, { name: 'cropping', seed: 5, factor: 4, channels: 3, side: CROP_SIDE, images });
});
afterAll(() => api.close());

type Answer = Readonly<{ status: number; type: string | null; body: Record<string, unknown>; headers: Headers }>;

async function ask(path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(`${api.address}${path}`, init);
  const text = await response.text();
  const type = response.headers.get('content-type');
  const body = type?.includes('json') ? (JSON.parse(text) as Record<string, unknown>) : { text };
  return { status: response.status, type, body, headers: response.headers };
}
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  ask(path, {
    method: 'POST',
    body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });

const json = (body: unknown) => ({ body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });

/** The service still answers. */
async function expectServing(): Promise<void> {
  expect((await post('/v1/models/boots:predict', { instances: [image] })).status).toBe(200);
}

const tensor = (more: object = {}) => ({
  inputs: [{ name: 'images', shape: [1, 28, 28, 1], datatype: 'UINT8', data: [...pixels], ...more }],
});
const infer = (body: unknown, headers: Record<string, string> = {}) => post('/v2/models/boots/infer', body, headers);

/** An inference request whose tensor follows the JSON. */
function inBinary(bytes: Uint8Array, size = bytes.length, more: object = {}, length?: string) {
  const { data: _, ...input } = tensor().inputs[0] ?? {};
  const json = Buffer.from(JSON.stringify({ inputs: [{ ...input, parameters: { binary_data_size: size }, ...more }] }));
  return infer(Buffer.concat([json, bytes]), {
    'content-type': 'application/octet-stream',
    'inference-header-content-length': length ?? String(json.length),
  });
}

it('takes images of more bytes than other requests may have', async () => {
  const bodies = {
    '/v1/models/boots:predict': { instances: [image] },
    '/v1/models/boots:classify': { examples: [{ images: { b64 } }] },
    '/v2/models/boots/infer': tensor(),
    '/predict': { model: 'boots', instances: [image] },
  };
  for (const [path, body] of Object.entries(bodies))
    expect([path, (await post(path, JSON.stringify(body).padEnd(70_000))).status]).toEqual([path, 200]);
  expect((await post('/v2/repository/index', '{}'.padEnd(70_000))).status).toBe(413);
});

it('crops files for a model as its manifest says, and takes pixels as they are', async () => {
  const odd = golden('odd.png').toString('base64');
  const pixelAt = (y: number, x: number) => [...cropped.subarray(3 * (CROP_SIDE * y + x), 3 * (CROP_SIDE * y + x + 1))];
  const side = Array.from({ length: CROP_SIDE }, (_, index) => index);
  const rows = side.map((y) => side.map((x) => pixelAt(y, x)));
  const serving = async (instance: unknown) =>
    (await post('/v1/models/cropping:predict', { instances: [instance] })).body['predictions'];
  const open = async (input: object) =>
    (await post('/v2/models/cropping/infer', { inputs: [{ name: 'images', ...input }] })).body['outputs'];
  expect(await serving({ b64: odd })).toEqual(await serving(rows));
  expect(await open({ datatype: 'BYTES', shape: [1], data: [odd] })).toEqual(
    await open({ datatype: 'UINT8', shape: [1, CROP_SIDE, CROP_SIDE, 3], data: rows.flat(2) }),
  );
  expect(await serving(rows)).toHaveLength(1);
});

describe('TensorFlow Serving', () => {
  const predict = (body: unknown, path = '/v1/models/boots') => post(`${path}:predict`, body);

  it('answers rows for rows and columns for columns, whatever the Content-Type says', async () => {
    const { body } = await predict({ instances: [image, image] });
    const { predictions } = body as { predictions: { probabilities: number[]; logits: number[] }[] };
    expect(predictions).toHaveLength(2);
    const [first] = predictions;
    expect(first?.probabilities.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
    const powers = first?.logits.map(Math.exp) ?? [];
    const sum = powers.reduce((total, value) => total + value, 0);
    for (const [index, power] of powers.entries()) {
      expect(power / sum).toBeCloseTo(first?.probabilities[index] ?? Number.NaN, 5);
    }
    const columns = await predict({ inputs: [image, image] });
    expect(columns.body).toEqual({
      outputs: {
        probabilities: predictions.map(({ probabilities }) => probabilities),
        logits: predictions.map(({ logits }) => logits),
      },
    });
    // What curl -d sends.
    const form = await post('/v1/models/boots:predict', JSON.stringify({ instances: [image, image] }), {
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect(form.body).toEqual(body);
  });

  it('takes named inputs and files in base64, and the version in the path', async () => {
    const one = await predict({ instances: [image] });
    for (const body of [
      { signature_name: 'serving_default', instances: [{ images: image }] },
      { instances: [{ b64 }] },
      { instances: [{ images: { b64 } }] },
    ]) {
      expect((await predict(body)).body).toEqual(one.body);
    }
    expect((await predict({ inputs: { images: [{ b64 }] } })).body).toEqual((await predict({ inputs: [image] })).body);
    expect((await predict({ instances: [image] }, '/v1/models/boots/versions/2')).body).toEqual(one.body);
    expect((await predict({ instances: [image] }, '/v1/models/boots/versions/1')).body).not.toEqual(one.body);
  });

  it('finds a version by its label, in both protocols', async () => {
    const moved = await ask('/models/boots/labels/stable', {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ version: 1 }),
    });
    expect(moved.status).toBe(200);
    const first = (await predict({ instances: [image] }, '/v1/models/boots/versions/1')).body;
    expect((await predict({ instances: [image] }, '/v1/models/boots/labels/stable')).body).toEqual(first);
    for (const path of ['/v2/models/boots/versions/stable', '/v2/models/boots@stable', '/v2/models/boots/versions/1']) {
      expect((await post(`${path}/infer`, tensor())).body).toMatchObject({ model_name: 'boots', model_version: '1' });
    }
    expect((await ask('/v1/models/boots/labels/stable')).body).toMatchObject({
      model_version_status: [{ version: '1' }],
    });
  });

  it.each([
    'boots@1',
    'boots%401',
    `job:${jobId}@best`,
    `job%3A${jobId}%40last`,
    `job:${jobId}/labels/best`,
    `job%3A${jobId}/labels/last`,
  ])('takes the reference %s', async (reference) => {
    const path = `/v1/models/${reference}`;
    const asked = await predict({ instances: [image] }, path);
    expect(asked.status).toBe(200);
    expect(asked.body).toEqual((await predict({ instances: [image] }, '/v1/models/boots/versions/1')).body);
    expect((await post(`${path}:classify`, { examples: [{ images: image }] })).status).toBe(200);
    expect((await ask(`${path}/metadata`)).body).toMatchObject({ model_spec: { name: 'boots', version: '1' } });
  });

  it('classifies examples, the most probable class first', async () => {
    const { body } = await post('/v1/models/boots:classify', {
      context: { images: image },
      examples: [{}, { images: { b64 } }],
    });
    const { results } = body as { results: [string, number][][] };
    expect(results).toHaveLength(2);
    expect(results[0]).toEqual(results[1]);
    expect(results[0]?.map(([label]) => label).toSorted()).toEqual(['a', 'b', 'c']);
    expect(results[0]?.map(([, probability]) => probability)).toEqual(
      results[0]?.map(([, probability]) => probability).toSorted((a, b) => b - a),
    );
  });

  it('answers calibrated probabilities where a temperature was fitted', async () => {
    const { body } = await predict({ instances: [image, image] }, '/v1/models/warm');
    const { predictions } = body as {
      predictions: { probabilities: number[]; logits: number[]; calibrated: number[] }[];
    };
    const [first] = predictions;
    const powers = first?.logits.map((logit) => Math.exp(logit / 2)) ?? [];
    const sum = powers.reduce((total, value) => total + value, 0);
    expect(first?.calibrated).toEqual(powers.map((power) => expect.closeTo(power / sum, 5)));
    const columns = await predict({ inputs: [image, image] }, '/v1/models/warm');
    expect(columns.body).toMatchObject({ outputs: { calibrated: predictions.map(({ calibrated }) => calibrated) } });
    const { body: metadata } = await ask('/v1/models/warm/metadata');
    expect(metadata).toHaveProperty('metadata.signature_def.signature_def.serving_default.outputs.calibrated');
  });

  it('returns the status and the signature of a model', async () => {
    const status = (version: string) => ({
      version,
      state: 'AVAILABLE',
      status: { error_code: 'OK', error_message: '' },
    });
    expect((await ask('/v1/models/boots')).body).toEqual({ model_version_status: [status('2'), status('1')] });
    expect((await ask('/v1/models/boots/versions/1')).body).toEqual({ model_version_status: [status('1')] });
    const { body } = await ask('/v1/models/boots/metadata');
    expect(body).toMatchObject({ model_spec: { name: 'boots', version: '2' } });
    expect(body).toHaveProperty('metadata.signature_def.signature_def.serving_default.inputs.images', {
      dtype: 'DT_UINT8',
      tensor_shape: { dim: ['-1', '28', '28', '1'].map((size) => ({ size, name: '' })), unknown_rank: false },
      name: 'images:0',
    });
  });

  type Case = [what: string, send: () => Promise<Answer>, status: number, sentence: RegExp];
  const cases: Case[] = [
    ['a wrong shape', () => predict({ instances: [image.slice(1)] }), 400, /^An instance.*\/instances\/0 .*28 rows/],
    ['a shape in colour', () => predict({ instances: [image] }, '/v1/models/colour'), 400, /8×8×3/],
    ['text for pixels', () => predict({ instances: ['abc'] }), 400, /28 rows/],
    [
      'pixels from 0 to 1',
      () => predict({ instances: [image.map((row) => row.map((v) => v / 255))] }),
      400,
      /whole number/,
    ],
    ['null for a pixel', () => predict({ instances: [[[null]]] }), 400, /28 rows/],
    ['NaN', () => predict('{"instances":[[[NaN]]]}'), 400, /not valid JSON/],
    ['no instances', () => predict({}), 400, /\/instances is required, or inputs/],
    ['instances and inputs', () => predict({ instances: [image], inputs: [image] }), 400, /exactly one/],
    ['zero instances', () => predict({ instances: [] }), 400, /at least 1/],
    ['zero inputs', () => predict({ inputs: [] }), 400, /1 to 256 images, not 0/],
    ['10,000 instances', () => predict({ instances: new Array(10_000).fill(0) }), 400, /at most 256 items, not 10000/],
    ['10,000 inputs', () => predict({ inputs: new Array(10_000).fill(0) }), 400, /1 to 256 images, not 10000/],
    ['an unknown input', () => predict({ instances: [{ x: image }] }), 400, /\/instances\/0\/x is not an input/],
    ['no input', () => predict({ instances: [{}] }), 400, /\/instances\/0\/images is required/],
    ['an unknown signature', () => predict({ signature_name: 'other', instances: [image] }), 400, /serving_default/],
    ['an unknown field', () => predict({ instances: [image], extra: 1 }), 400, /\/extra is not a known field/],
    ['rubbish in base64', () => predict({ instances: [{ b64: '#' }] }), 400, /\/instances\/0\/b64, .*character "#"/],
    ['base64 that is a number', () => predict({ instances: [{ b64: 1 }] }), 400, /\/instances\/0 must be pixels or/],
    ['a file that is no image', () => predict({ instances: [{ b64: 'aGVsbG8=' }] }), 400, /not an image file/],
    ['no JSON', () => predict('{"instances":'), 400, /not valid JSON/],
    ['an empty body', () => predict(''), 400, /body/i],
    ['no body at all', () => ask('/v1/models/boots:predict', { method: 'POST' }), 400, /body/i],
    ['an unknown model', () => predict({ instances: [image] }, '/v1/models/none'), 404, /no model named "none"/],
    ['an unknown version', () => predict({ instances: [image] }, '/v1/models/boots/versions/9'), 404, /no version 9/],
    [
      'a version that is no number',
      () => predict({ instances: [image] }, '/v1/models/boots/versions/x'),
      400,
      /whole number/,
    ],
    ['an unknown label', () => predict({ instances: [image] }, '/v1/models/boots/labels/canary'), 404, /boots/],
    [
      'a path for a name',
      () => predict({ instances: [image] }, '/v1/models/..%2F..%2Fetc'),
      404,
      /There is no model "\.\.\/\.\.\/etc"/,
    ],
    ['a path twice encoded', () => predict({ instances: [image] }, '/v1/models/%252e%252e%252fetc'), 404, /no model/],
    ['NUL in a name', () => predict({ instances: [image] }, '/v1/models/a%00b'), 404, /no model/],
    ['a name of 10 kB', () => predict({ instances: [image] }, `/v1/models/${'a'.repeat(10_000)}`), 404, /./],
    ['a path for a label', () => predict({ instances: [image] }, '/v1/models/boots/labels/..%2F1'), 404, /no model/],
    ['a path for a version', () => predict({ instances: [image] }, '/v1/models/boots/versions/..%2F1'), 400, /whole/],
    ['a broken escape in a name', () => predict({ instances: [image] }, '/v1/models/%E0%A4%A'), 400, /URL/],
    ['the status of a path', () => ask('/v1/models/..%2F..%2Fetc'), 404, /no model/],
    ['a model that answers no numbers', () => predict({ instances: [image] }, '/v1/models/nan'), 500, /not finite/],
    [
      'a regression of more than routes without images take',
      () => post('/v1/models/boots:regress', ' '.repeat(70_000).concat('{}')),
      400,
      /are classifiers/,
    ],
    ['a regression', () => post('/v1/models/boots:regress', { examples: [{}] }), 400, /are classifiers/],
    ['no examples', () => post('/v1/models/boots:classify', { examples: [] }), 400, /at least 1/],
    [
      'an example of another model',
      () => post('/v1/models/boots:classify', { examples: [{ x: 1 }] }),
      400,
      /is not an input/,
    ],
    ['a body of 5 MB', () => predict({ instances: ['a'.repeat(5_000_000)] }), 413, /4194304 bytes/],
    [
      'a compressed body',
      () => post('/v1/models/boots:predict', 'x', { 'content-encoding': 'br' }),
      415,
      /Content-Encoding br: .*gzip or deflate/,
    ],
    ['another method', () => ask('/v1/models/boots:predict'), 405, /use POST/],
    ['another path', () => ask('/v1/nothing'), 404, /no route GET/],
    ...bad.map(
      ({ what, bytes, sentence }): Case => [
        what,
        () => predict({ instances: [{ b64: bytes.toString('base64') }] }),
        400,
        sentence,
      ],
    ),
  ];

  it.each(cases)('%s is refused in its error form, and the next is answered', async (_, send, status, sentence) => {
    const answer = await send();
    expect(answer.body).toEqual({ error: expect.stringMatching(sentence) });
    expect(answer).toMatchObject({ status, type: 'application/json' });
    await expectServing();
  });
});

describe('the Open Inference Protocol', () => {
  it('answers all outputs in JSON, with the id, for flat and for nested data', async () => {
    const { body } = await infer({ id: '42', ...tensor() });
    expect(body).toMatchObject({ model_name: 'boots', model_version: '2', id: '42' });
    const outputs = body['outputs'] as { name: string; shape: number[]; datatype: string; data: number[] }[];
    expect(outputs.map(({ name, shape, datatype }) => [name, shape, datatype])).toEqual([
      ['probabilities', [1, 3], 'FP32'],
      ['logits', [1, 3], 'FP32'],
    ]);
    expect(outputs[0]?.data.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
    const nested = await infer(tensor({ data: [image] }));
    expect(nested.body['outputs']).toEqual(outputs);
    expect((await infer(tensor({ shape: [1, 28, 28] }))).body['outputs']).toEqual(outputs);
    expect((await infer(tensor({ datatype: 'BYTES', shape: [1], data: [b64] }))).body['outputs']).toEqual(outputs);
    expect((await inBinary(pixels)).body['outputs']).toEqual(outputs);
  });

  it('returns in binary the outputs that are requested so', async () => {
    const response = await fetch(`${api.address}/v2/models/boots/versions/1/infer`, {
      method: 'POST',
      body: JSON.stringify({ ...tensor(), parameters: { binary_data_output: true }, outputs: [{ name: 'logits' }] }),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    const length = Number(response.headers.get('inference-header-content-length'));
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    expect(JSON.parse(bytes.toString('utf8', 0, length))).toEqual({
      model_name: 'boots',
      model_version: '1',
      outputs: [{ name: 'logits', shape: [1, 3], datatype: 'FP32', parameters: { binary_data_size: 12 } }],
    });
    expect(bytes).toHaveLength(length + 12);
  });

  it('takes whole numbers of every type, little-endian', async () => {
    const types = {
      INT8: [new Int8Array(784).fill(7), 7],
      UINT16: [new Uint16Array(784).fill(200), 200],
      INT16: [new Int16Array(784).fill(200), 200],
      UINT32: [new Uint32Array(784).fill(200), 200],
      INT32: [new Int32Array(784).fill(200), 200],
      UINT64: [new BigUint64Array(784).fill(200n), 200],
      INT64: [new BigInt64Array(784).fill(200n), 200],
      FP32: [new Float32Array(784).fill(200), 200],
      FP64: [new Float64Array(784).fill(200), 200],
    } as const;
    for (const [datatype, [values, value]] of Object.entries(types)) {
      const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
      const wanted = await infer(tensor({ data: new Array(784).fill(value) }));
      expect((await inBinary(bytes, bytes.length, { datatype })).body).toEqual(wanted.body);
    }
  });

  it('answers calibrated probabilities where a temperature was fitted, and says so', async () => {
    const { body: asked } = await post('/v2/models/warm/infer', tensor());
    const { predictions } = (await post('/v1/models/warm:predict', { instances: [image] })).body as {
      predictions: { calibrated: number[] }[];
    };
    expect(asked['outputs']).toMatchObject([
      { name: 'probabilities' },
      { name: 'logits' },
      { name: 'calibrated', datatype: 'FP32', shape: [1, 3], data: predictions[0]?.calibrated },
    ]);
    const named = await post('/v2/models/warm/infer', { ...tensor(), outputs: [{ name: 'calibrated' }] });
    expect(named.body['outputs']).toMatchObject([{ name: 'calibrated', data: predictions[0]?.calibrated }]);
    const { body: metadata } = await ask('/v2/models/warm');
    expect(metadata['outputs']).toMatchObject([{ name: 'probabilities' }, { name: 'logits' }, { name: 'calibrated' }]);
  });

  it('takes one image without any JSON, and answers in binary', async () => {
    const response = await fetch(`${api.address}/v2/models/boots/infer`, {
      method: 'POST',
      body: pixels,
      headers: { 'inference-header-content-length': '0' },
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    const length = Number(response.headers.get('inference-header-content-length'));
    const { outputs } = JSON.parse(bytes.toString('utf8', 0, length));
    expect(outputs).toMatchObject([
      { name: 'probabilities', shape: [1, 3], parameters: { binary_data_size: 12 } },
      { name: 'logits', shape: [1, 3], parameters: { binary_data_size: 12 } },
    ]);
    const [probabilities] = (await infer(tensor())).body['outputs'] as { data: number[] }[];
    const found = [0, 4, 8].map((at) => bytes.readFloatLE(length + at));
    expect(found).toEqual(probabilities?.data.map((value) => expect.closeTo(value, 6)));
  });

  it('loads and unloads one version or all of a name, and loads again on the next request', async () => {
    const loaded = async () => (await ask('/models/boots')).body['loaded'];
    for (const name of ['boots@1', 'boots']) {
      expect(await post(`/v2/repository/models/${name}/load`, {})).toMatchObject({ status: 200, body: {} });
    }
    expect(await loaded()).toEqual([1, 2]);
    expect(await post('/v2/repository/models/boots@1/unload', {})).toMatchObject({ status: 200, body: {} });
    expect(await loaded()).toEqual([2]);
    await post('/v2/models/boots/versions/1/infer', tensor());
    expect(await loaded()).toEqual([1, 2]);
    await post('/v2/repository/models/boots/unload', { parameters: { unload_dependents: true } });
    expect(await loaded()).toEqual([]);
    await expectServing();
  });

  it('answers the configuration of a model as Triton does', async () => {
    const { status, body } = await ask('/v2/models/colour/config');
    expect(status).toBe(200);
    expect(body).toEqual({
      name: 'colour',
      platform: 'tensorflow_savedmodel',
      backend: 'tensorflow',
      version_policy: { all: {} },
      max_batch_size: 256,
      input: [
        {
          ...{ name: 'images', data_type: 'TYPE_UINT8', format: 'FORMAT_NHWC', dims: [8, 8, 3] },
          ...{ is_shape_tensor: false, allow_ragged_batch: false, optional: false },
        },
      ],
      output: ['probabilities', 'logits'].map((name) => ({
        ...{ name, data_type: 'TYPE_FP32', dims: [3], label_filename: '', is_shape_tensor: false },
      })),
      ...{ batch_input: [], batch_output: [], dynamic_batching: {} },
      instance_group: [{ name: 'colour_0', kind: 'KIND_AUTO', count: 1 }],
      default_model_filename: 'saved_model',
      ...{ cc_model_filenames: {}, metric_tags: {}, parameters: {}, model_warmup: [] },
    });
    for (const path of ['/v2/models/boots/versions/1/config', '/v2/models/boots@1/config', '/v2/models/boots/config/'])
      expect((await ask(path)).body).toMatchObject({ name: 'boots', max_batch_size: 256 });
    const warm = (await ask('/v2/models/warm/config')).body as { output: { name: string }[] };
    expect(warm.output.map(({ name }) => name)).toEqual(['probabilities', 'logits', 'calibrated']);
    expect(await ask('/v2/models/nobody/config')).toMatchObject({
      status: 404,
      body: { error: expect.stringContaining('nobody') },
    });
    expect(await ask('/v2/models/boots/versions/9/config')).toMatchObject({ status: 404 });
    expect((await ask('/v2')).body).toMatchObject({ extensions: expect.arrayContaining(['model_configuration']) });
  });

  it('unloads between requests, none of which fails', async () => {
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        index % 3 === 2 ? post('/v2/repository/models/boots/unload', {}) : infer(tensor()),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(new Array(30).fill(200));
  });

  it('has a model ready once it has passed the parity check; one that has not says why in the index', async () => {
    const model = await saveTinyModel(api.store, { name: 'broken', seed: 5 });
    const entry = async () =>
      ((await post('/v2/repository/index', {})).body as unknown as { name: string }[]).find(
        ({ name }) => name === 'broken',
      );
    const status = async () => (await ask('/v1/models/broken')).body;
    expect(await ask('/v2/models/broken/ready')).toMatchObject({ status: 200, body: { name: 'broken', ready: true } });
    await post('/v2/repository/models/broken/unload', {});
    const file = join(model.folder, 'saved_model/saved_model.pb');
    const bytes = await readFile(file);
    await writeFile(file, 'rubbish');
    expect((await post('/v2/models/broken/infer', tensor())).status).toBe(500);
    expect(await ask('/v2/models/broken/ready')).toMatchObject({ status: 503, body: { name: 'broken', ready: false } });
    expect(await ask('/v2/models/broken/versions/1/ready')).toMatchObject({ status: 503 });
    expect(await entry()).toMatchObject({ state: 'UNAVAILABLE', reason: expect.stringMatching(/SHA-256/) });
    expect(await status()).toMatchObject({
      model_version_status: [
        { state: 'END', status: { error_code: 'DATA_LOSS', error_message: expect.stringMatching(/SHA-256/) } },
      ],
    });
    const ready = await post('/v2/repository/index', { ready: true });
    expect(JSON.stringify(ready.body)).not.toContain('broken');
    expect(JSON.stringify(ready.body)).toContain('boots');
    await writeFile(file, bytes);
  });

  it('lists the existing versions while others are removed', async () => {
    await saveTinyModel(api.store, { name: 'going', seed: 0 });
    const asks: readonly (() => Promise<Answer>)[] = [
      () => ask('/models'),
      () => ask('/models/going'),
      () => ask('/v1/models/going'),
      () => post('/v2/repository/index', {}),
    ];
    /** Runs a change while every list is read. */
    const during = async <Result>(change: Promise<Result>): Promise<Result> => {
      const [result, ...lists] = await Promise.all([change, ...asks.map((send) => send())]);
      expect(lists.map(({ status }) => status)).toEqual(asks.map(() => 200));
      return result;
    };
    for (let seed = 1; seed <= 10; seed++) {
      const { source } = await during(saveTinyModel(api.store, { name: 'going', seed }));
      const { source: other } = await during(saveTinyModel(api.store, { name: `gone-${seed}`, seed }));
      const label = `/models/${other.name}/labels/canary`;
      await during(ask(label, { method: 'PUT', ...json({ version: 1 }) }));
      await during(ask(label, { method: 'DELETE' }));
      await during(api.store.remove(source as { name: string; version: number }));
      await during(api.store.remove({ name: other.name }));
    }
  });

  it('unloads all versions of a name except one whose manifest cannot be read', async () => {
    const loaded = async () => (await ask('/models/partly')).body['loaded'];
    await saveTinyModel(api.store, { name: 'partly', seed: 1 });
    const second = await saveTinyModel(api.store, { name: 'partly', seed: 2 });
    await post('/v2/models/partly/versions/1/infer', tensor());
    expect(await loaded()).toEqual([1]);
    await writeFile(join(second.folder, 'manifest.json'), 'rubbish');
    expect((await post('/v2/repository/models/partly/unload', {})).status).toBe(200);
    expect(await loaded()).toEqual([]);
    expect((await post('/v2/repository/models/partly@2/unload', {})).status).toBe(500);
    await api.store.remove({ name: 'partly', version: 2 });
  });

  type Case = [what: string, send: () => Promise<Answer>, status: number, sentence: RegExp];
  const raw = (bytes: Uint8Array, path = '/v2/models/boots/infer') =>
    post(path, bytes, { 'content-type': 'application/octet-stream', 'inference-header-content-length': '0' });
  const floats = (value: number) => Buffer.from(new Float32Array(784).fill(value).buffer);
  const ofFiles = (count: number) => ({ datatype: 'BYTES', shape: [count] });
  const element = (length: number, bytes: Uint8Array) => {
    const prefix = Buffer.alloc(4);
    prefix.writeUInt32LE(length);
    return Buffer.concat([prefix, bytes]);
  };
  const deep = `${'['.repeat(100_000)}7${']'.repeat(100_000)}`;
  const cases: Case[] = [
    [
      'a wrong shape',
      () => infer(tensor({ shape: [1, 28, 28, 3] })),
      400,
      /shape must be \[images, 28, 28, 1\], not \[1, 28, 28, 3\]/,
    ],
    ['no shape', () => infer(tensor({ shape: undefined })), 400, /\/inputs\/0\/shape is required/],
    ['an empty shape', () => infer(tensor({ shape: [] })), 400, /1 to 256 images, not 0/],
    ['a negative shape', () => infer(tensor({ shape: [-1, 28, 28, 1] })), 400, /at least 0/],
    [
      'a shape that is larger than its data',
      () => infer(tensor({ shape: [2, 28, 28, 1] })),
      400,
      /1568 numbers, and there are 784/,
    ],
    [
      'a shape that is smaller than its data',
      () => infer(tensor({ data: [...pixels, ...pixels] })),
      400,
      /784 numbers, and there are 1568/,
    ],
    ['zero images', () => infer(tensor({ shape: [0, 28, 28, 1], data: [] })), 400, /1 to 256 images, not 0/],
    ['10,000 images', () => infer(tensor({ shape: [10_000, 28, 28, 1] })), 400, /1 to 256 images, not 10000/],
    ['an unknown type', () => infer(tensor({ datatype: 'FP16' })), 400, /datatype must be one of UINT8, .*not FP16/],
    ['the type of another', () => infer(tensor({ datatype: '__proto__' })), 400, /datatype must be one of/],
    [
      'a float that is no pixel',
      () => inBinary(floats(0.5), 3136, { datatype: 'FP32' }),
      400,
      /whole number from 0 to 255, not "0.5"/,
    ],
    ['NaN pixels', () => inBinary(floats(Number.NaN), 3136, { datatype: 'FP32' }), 400, /not "NaN"/],
    ['infinite pixels', () => inBinary(floats(Infinity), 3136, { datatype: 'FP32' }), 400, /not "Infinity"/],
    ['a pixel of 256', () => infer(tensor({ data: [256, ...pixels.subarray(1)] })), 400, /value number 0 .*not "256"/],
    ['text among pixels', () => infer(tensor({ data: ['a', ...pixels.subarray(1)] })), 400, /not "a"/],
    ['an object among pixels', () => infer(tensor({ data: [{}] })), 400, /not an object/],
    [
      'lists in lists without an end',
      () => post('/v2/models/boots/infer', JSON.stringify(tensor({ data: 0 })).replace('"data":0', `"data":${deep}`)),
      400,
      /more than 16 levels deep/,
    ],
    ['no inputs', () => infer({}), 400, /\/inputs is required/],
    ['an empty list of inputs', () => infer({ inputs: [] }), 400, /at least 1/],
    ['two inputs', () => infer({ inputs: [...tensor().inputs, ...tensor().inputs] }), 400, /at most 1/],
    ['an input of another name', () => infer(tensor({ name: 'x' })), 400, /name must be images, not "x"/],
    ['no data', () => infer(tensor({ data: undefined })), 400, /\/inputs\/0\/data is required/],
    [
      'an output of another name',
      () => infer({ ...tensor(), outputs: [{ name: 'x' }] }),
      400,
      /\/outputs\/0\/name must be one of/,
    ],
    [
      'half a class',
      () => infer({ ...tensor(), outputs: [{ name: 'logits', parameters: { classification: 0.5 } }] }),
      400,
      /classification must be a whole number/,
    ],
    [
      'base64 rubbish',
      () => infer(tensor({ datatype: 'BYTES', shape: [1], data: ['#'] })),
      400,
      /\/inputs\/0\/data\/0, the character "#"|character "#"/,
    ],
    [
      'a shape of files that lies',
      () => infer(tensor({ datatype: 'BYTES', shape: [2], data: [b64] })),
      400,
      /\[2\] does not match the 1 elements/,
    ],
    [
      'files that are numbers',
      () => infer(tensor({ datatype: 'BYTES', shape: [1], data: [7] })),
      400,
      /must be a string: an image file in base64/,
    ],
    [
      'an element longer than its tensor',
      () => inBinary(element(2 ** 32 - 1, png), png.length + 4, { datatype: 'BYTES', shape: [1] }),
      400,
      /element 0 has a length beyond/,
    ],
    [
      'an element without a length',
      () => inBinary(Buffer.of(1, 2), 2, { datatype: 'BYTES', shape: [1] }),
      400,
      /element 0 has a length/,
    ],
    [
      'more elements than its shape has',
      () => inBinary(Buffer.concat([element(1, Buffer.of(1)), Buffer.alloc(2 ** 21)]), 2 ** 21 + 5, ofFiles(1)),
      400,
      /\/inputs\/0\/data must have at most 1 elements, as its shape says/,
    ],
    [
      'half a million empty elements',
      () => inBinary(Buffer.alloc(2 ** 21), 2 ** 21, ofFiles(2 ** 19)),
      400,
      /\/inputs\/0\/data must have at most 256 elements, the limit of a request/,
    ],
    [
      'a binary tensor said to be longer',
      () => inBinary(pixels, 10_000),
      400,
      /binary_data_size must be 784, .*, not 10000/,
    ],
    ['a binary tensor said to be shorter', () => inBinary(pixels, 7), 400, /binary_data_size must be 784, .*, not 7/],
    [
      'a size that is text',
      () => inBinary(pixels, 784, { parameters: { binary_data_size: '784' } }),
      400,
      /binary_data_size/,
    ],
    [
      'a binary tensor of no size',
      () => inBinary(pixels, 784, { parameters: {} }),
      400,
      /binary_data_size is required/,
    ],
    [
      'too few bytes for the type',
      () => inBinary(pixels, 784, { datatype: 'FP32' }),
      400,
      /784 numbers of FP32 need 3136 bytes, and there are 784/,
    ],
    ['a raw image of a byte too few', () => raw(pixels.subarray(1)), 400, /784 bytes, and there are 783/],
    ['a raw image of nothing', () => raw(new Uint8Array()), 400, /body/i],
    ['a raw image file', () => raw(png), 400, /784 bytes, and there are/],
    ['a raw image for an unknown model', () => raw(pixels, '/v2/models/none/infer'), 404, /no model named "none"/],
    [
      'an output that the model does not have',
      () => infer({ ...tensor(), outputs: [{ name: 'calibrated' }] }),
      400,
      /\/outputs\/0\/name must be probabilities or logits: the model boots has no temperature/,
    ],
    [
      'data in both places',
      () => inBinary(pixels, 784, { data: [1] }),
      400,
      /not allowed together with binary_data_size/,
    ],
    ['a JSON length beyond the body', () => inBinary(pixels, 784, {}, '99999'), 400, /must be 0 to \d+, .*got 99999/],
    ['a JSON length within the JSON', () => inBinary(pixels, 784, {}, '5'), 400, /not valid JSON/],
    ['a JSON length that is no number', () => inBinary(pixels, 784, {}, 'many'), 400, /got many/],
    ['a negative JSON length', () => inBinary(pixels, 784, {}, '-1'), 400, /got -1/],
    ['no JSON', () => infer('rubbish'), 400, /not valid JSON/],
    ['an empty body', () => infer(''), 400, /body/i],
    ['no body at all', () => ask('/v2/models/boots/infer', { method: 'POST' }), 400, /body/i],
    ['an unknown model', () => post('/v2/models/none/infer', tensor()), 404, /no model named "none"/],
    ['an unknown version', () => post('/v2/models/boots/versions/9/infer', tensor()), 404, /no version 9/],
    ['an unknown label', () => post('/v2/models/boots/versions/canary/infer', tensor()), 404, /boots/],
    ['metadata of an unknown model', () => ask('/v2/models/none'), 404, /no model named "none"/],
    ['statistics of an unknown model', () => ask('/v2/models/none/stats'), 404, /no model named "none"/],
    [
      'a model to unload that is not there',
      () => post('/v2/repository/models/none/unload', {}),
      404,
      /no model named "none"/,
    ],
    [
      'a model to load that is not there',
      () => post('/v2/repository/models/none/load', {}),
      404,
      /no model named "none"/,
    ],
    ['a path for a name', () => post('/v2/models/..%2F..%2Fetc/infer', tensor()), 404, /There is no model/],
    ['a path twice encoded', () => post('/v2/models/%252e%252e%252fetc/infer', tensor()), 404, /There is no model/],
    ['NUL in a name', () => post('/v2/models/a%00b/infer', tensor()), 404, /There is no model/],
    ['a path for a version', () => post('/v2/models/boots/versions/..%2F1/infer', tensor()), 404, /no model/],
    ['metadata of a path', () => ask('/v2/models/..%2F..%2Fetc'), 404, /no model/],
    ['a path to load', () => post('/v2/repository/models/..%2F..%2Fetc/load', {}), 404, /no model/],
    ['a path to unload', () => post('/v2/repository/models/..%2F..%2Fetc/unload', {}), 404, /no model/],
    ['a name of 10 kB', () => post(`/v2/models/${'a'.repeat(10_000)}/infer`, tensor()), 404, /./],
    ['a broken escape in a name', () => post('/v2/models/%E0%A4%A/infer', tensor()), 400, /URL/],
    ['a deadline that is none', () => infer(tensor(), { 'x-request-timeout-ms': 'soon' }), 400, /x-request-timeout-ms/],
    ['another method', () => ask('/v2/models/boots/infer', { method: 'DELETE' }), 405, /use POST/],
    ['another path', () => ask('/v2/nothing'), 404, /no route GET/],
    ...bad.map(
      ({ what, bytes, sentence }): Case => [
        what,
        () => inBinary(element(bytes.length, bytes), bytes.length + 4, { datatype: 'BYTES', shape: [1] }),
        400,
        sentence,
      ],
    ),
  ];

  it.each(cases)('%s is refused in its error form, and the next is answered', async (_, send, status, sentence) => {
    const answer = await send();
    expect(answer.body).toEqual({ error: expect.stringMatching(sentence) });
    expect(answer).toMatchObject({ status, type: 'application/json' });
    await expectServing();
  });
});
