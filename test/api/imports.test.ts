/** Weights from elsewhere become a model that predicts; a file that is not what it claims is refused, and nothing is left of it. */

import { readdir } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveJob } from '../../src/contracts/job.js';
import { bytesOfFloats, decodeSafetensors, encodeSafetensors, type StoredTensor } from '../../src/safetensors.js';
import { variableShapes, writeWeights } from '../../src/training/serving.js';
import { formulaWeights } from '../support/formula.js';
import { openPredictApi, type PredictApi } from '../support/predict-api.js';

const IMAGE = { height: 20, width: 24, channels: 3 as const };
const CLASSES = ['cat', 'dog', 'bird'];
const SPEC = {
  name: 'pretrained',
  network: 'resnet',
  networkOptions: { variant: 'resnet18', width: 8, blocks: [1, 1] },
  classes: CLASSES,
  image: IMAGE,
  resize: 32,
  normalization: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
};
const { network, networkOptions } = SPEC;
const spec = resolveJob({ network, networkOptions, name: 'x', dataset: { resize: 32 } } as Parameters<
  typeof resolveJob
>[0]);
const shapes = variableShapes(spec, IMAGE, CLASSES.length);
const weights = formulaWeights(shapes);
const FILE = Buffer.from(writeWeights(weights, shapes, 12));

let api: PredictApi;
beforeAll(async () => {
  api = await openPredictApi();
});
afterAll(() => api.close());

async function post(
  file: Uint8Array,
  body: unknown = SPEC,
): Promise<{ status: number; headers: Headers; body: Answer }> {
  const form = new FormData();
  form.set('spec', typeof body === 'string' ? body : JSON.stringify(body));
  form.set('weights', new Blob([Uint8Array.from(file)]), 'weights.safetensors');
  const response = await fetch(`${api.address}/models`, { method: 'POST', body: form });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer };
}
type Answer = {
  code?: string;
  detail?: string;
  errors?: { pointer: string; message: string }[];
  manifest?: {
    version: number;
    jobId?: string;
    scores?: object;
    parameters: number;
    steps?: number;
    classes: string[];
  };
};

/** A file of this header, and so many bytes behind it. */
function fileOf(header: object | string, dataBytes: number, claimed?: bigint): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(claimed ?? BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(dataBytes)]);
}

/** The file with its tensors changed. */
function changed(change: (tensors: Map<string, StoredTensor>) => void): Buffer {
  const { tensors } = decodeSafetensors(FILE);
  change(tensors);
  return Buffer.concat(encodeSafetensors(tensors, {}));
}

/** What imports that are under way, or have died, have in the folder of models. */
async function leftovers(): Promise<string[]> {
  const { folder } = await api.store.get({ name: 'pretrained' });
  return (await readdir(dirname(dirname(folder)))).filter((name) => name.startsWith('.'));
}

describe('imported weights', () => {
  it('are a new version of the name, with what is known of them', async () => {
    const { status, headers, body } = await post(FILE);
    expect([status, headers.get('location')]).toEqual([201, '/models/pretrained/versions/1']);
    expect(body.manifest).toMatchObject({ version: 1, classes: CLASSES, steps: 12 });
    expect(body.manifest).not.toHaveProperty('jobId');
    expect(body.manifest).not.toHaveProperty('scores');
    expect((await post(FILE)).body.manifest?.version).toBe(2);
  });

  it('predict what the graph of these weights says, and leave as they came', async () => {
    const pixels = Array.from({ length: IMAGE.height }, (_, y) =>
      Array.from({ length: IMAGE.width }, (_, x) => [x * 9, y * 11, (x * y) % 256]),
    );
    const response = await fetch(`${api.address}/predict`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'pretrained@1', instances: [pixels] }),
    });
    const { predictions } = (await response.json()) as { predictions: { label: string; probability: number }[][] };
    expect(predictions[0]?.map(({ label }) => label).sort()).toEqual([...CLASSES].sort());
    const out = await fetch(`${api.address}/models/pretrained/versions/1/export?format=safetensors`);
    const { tensors } = decodeSafetensors(Buffer.from(await out.arrayBuffer()));
    for (const [name, { bytes }] of decodeSafetensors(FILE).tensors) {
      expect(Buffer.from(tensors.get(name)?.bytes ?? []).equals(bytes), name).toBe(true);
    }
  });

  it('may lack the counters of BatchNorm', async () => {
    const file = changed((tensors) => {
      for (const name of [...tensors.keys()]) if (name.endsWith('num_batches_tracked')) tensors.delete(name);
    });
    const { status, body } = await post(file);
    expect([status, body.manifest?.steps]).toEqual([201, undefined]);
  });

  it('have a card that says where they are from', async () => {
    const card = await (await fetch(`${api.address}/models/pretrained/versions/1/card`)).text();
    expect(card).toContain('imported into trainyard');
  });
});

describe('weights of another network', () => {
  it('are refused with a list of what is missing, of another shape or type, or too much', async () => {
    const file = changed((tensors) => {
      tensors.delete('bn1.weight');
      tensors.set('fc.weight', { dtype: 'F32', shape: [2, 1], bytes: bytesOfFloats(new Float32Array(2)) });
      tensors.set('fc.bias', { dtype: 'I64', shape: [3], bytes: new Uint8Array(24) });
      tensors.set('extra', { dtype: 'F32', shape: [], bytes: new Uint8Array(4) });
    });
    const { status, body } = await post(file);
    expect([status, body.code]).toEqual([400, 'invalid_weights']);
    expect(body.errors).toEqual([
      { pointer: '/weights/bn1.weight', message: 'is missing; its shape is [8]' },
      { pointer: '/weights/fc.weight', message: 'must have the shape [3,16], not [2,1]' },
      { pointer: '/weights/fc.bias', message: 'must be F32, not I64' },
      { pointer: '/weights/extra', message: 'is none of this network' },
    ]);
  });

  it('that are not finite are refused by name', async () => {
    const file = changed((tensors) => {
      tensors.set('fc.bias', { dtype: 'F32', shape: [3], bytes: bytesOfFloats(Float32Array.of(0, Number.NaN, 1)) });
    });
    expect((await post(file)).body).toMatchObject({
      code: 'invalid_weights',
      errors: [{ pointer: '/weights/fc.bias' }],
    });
  });
});

describe('a file that is none', () => {
  const entry = (start: number, end: number, shape = [(end - start) / 4]) => ({
    dtype: 'F32',
    shape,
    data_offsets: [start, end],
  });
  it.each<[what: string, file: Buffer, sentence: RegExp]>([
    ['is empty', Buffer.of(), /0 bytes/],
    ['claims a header of 2^63 bytes', fileOf('{}', 8, 2n ** 63n), /claims 9223372036854775808 bytes, and 10 follow/],
    ['has a header that is not JSON', fileOf('{"a":', 0), /not JSON/],
    ['has a header that is a list', fileOf('[]', 0), /no object/],
    ['has a tensor outside of it', fileOf({ a: entry(0, 4_000) }, 8), /bytes 0 to 4000 of 8/],
    ['has a tensor that ends before it begins', fileOf({ a: entry(8, 4, [1]) }, 8), /bytes 8 to 4/],
    ['has negative offsets', fileOf({ a: entry(-4, 4, [2]) }, 8), /data_offsets/],
    [
      'has offsets beyond exact numbers',
      fileOf('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,1e300]}}', 8),
      /data_offsets/,
    ],
    ['has tensors that overlap', fileOf({ a: entry(0, 8), b: entry(4, 12) }, 12), /"b" lies over another/],
    ['has bytes of no tensor', fileOf({ a: entry(0, 4) }, 12), /bytes 4 to 12 .* no tensor/],
    ['has a shape of another size', fileOf({ a: entry(0, 8, [3]) }, 8), /needs 12 bytes and has 8/],
    ['has a shape that overflows', fileOf({ a: entry(0, 8, [2 ** 40, 2 ** 40]) }, 8), /needs .* bytes and has 8/],
    ['has a type that there is not', fileOf({ a: { ...entry(0, 8), dtype: 'F12' } }, 8), /dtype "F12"/],
    ['has an entry that is null', fileOf({ a: null }, 0), /has the dtype/],
    [
      'has a name twice',
      fileOf(`{"a":${JSON.stringify(entry(0, 4))},"\\u0061":${JSON.stringify(entry(0, 4))}}`, 4),
      /"a" twice/,
    ],
    ['is cut off', FILE.subarray(0, FILE.length - 5), /cut off/],
    ['is followed by something', Buffer.concat([FILE, Buffer.of(1, 2, 3)]), /belong to no tensor/],
  ])('%s, and is refused', async (_, file, sentence) => {
    const { status, body } = await post(file);
    expect([status, body.code]).toEqual([400, 'invalid_weights']);
    expect(body.detail).toMatch(sentence);
  });
});

describe('a request to import', () => {
  it.each<[what: string, body: unknown, pointer: string]>([
    ['without a name', { ...SPEC, name: undefined }, '/spec/name'],
    ['with a path as name', { ...SPEC, name: '../x' }, '/spec/name'],
    ['of another network', { ...SPEC, network: 'vgg' }, '/spec/network'],
    ['with options of another network', { ...SPEC, networkOptions: { growth: 4 } }, '/spec/networkOptions/growth'],
    ['with one class', { ...SPEC, classes: ['a'] }, '/spec/classes'],
    ['with an unknown field', { ...SPEC, colour: 1 }, '/spec/colour'],
    ['that is not JSON', '{', '/spec'],
  ])('%s is refused with a pointer', async (_, body, pointer) => {
    const answer = await post(FILE, body);
    expect([answer.status, answer.body.code, answer.body.errors?.[0]?.pointer]).toEqual([
      400,
      'invalid_request',
      pointer,
    ]);
  });

  it('with weights before the spec, or without one of them, is refused', async () => {
    for (const names of [['weights', 'spec'], ['weights'], ['spec'], ['other']]) {
      const form = new FormData();
      for (const name of names)
        form.set(name, name === 'spec' ? JSON.stringify(SPEC) : new Blob([Uint8Array.from(FILE)]));
      const response = await fetch(`${api.address}/models`, { method: 'POST', body: form });
      expect([response.status, await response.json()]).toEqual([
        400,
        expect.objectContaining({ code: 'invalid_request' }),
      ]);
    }
  });

  it('that is no form is refused', async () => {
    const response = await fetch(`${api.address}/models`, { method: 'POST', body: '{}' });
    expect(response.status).toBe(415);
  });

  it('with a file larger than the limit is refused', async () => {
    const { status, body } = await post(Buffer.alloc(2 ** 21 + 1));
    expect([status, body.code]).toEqual([413, 'payload_too_large']);
  });

  it('whose client goes half-way leaves nothing, as all that were refused', async () => {
    const before = await api.store.describe('pretrained');
    await new Promise<void>((resolve) => {
      const upload = httpRequest(`${api.address}/models`, {
        method: 'POST',
        headers: { 'content-type': 'multipart/form-data; boundary=x', 'content-length': 1_000_000 },
      });
      upload.on('error', () => resolve());
      upload.write(`--x\r\ncontent-disposition: form-data; name="spec"\r\n\r\n${JSON.stringify(SPEC)}\r\n`);
      upload.write('--x\r\ncontent-disposition: form-data; name="weights"; filename="w"\r\n\r\n');
      upload.write(FILE.subarray(0, 10_000), () => upload.destroy(new Error('gone')));
    });
    expect((await api.store.describe('pretrained')).versions).toEqual(before.versions);
    await expect.poll(leftovers).toEqual([]);
  });
});
