/** Weights from elsewhere become a model that predicts; a file that is not what it claims is refused, and nothing is left of it. */

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveJob } from '../../src/contracts/jobs/job.js';
import { readWeightsFile } from '../../src/exports/weights-file.js';
import { bufferSource } from '../../src/files/byte-source.js';
import { decodeGolden, encodeGolden } from '../../src/formats/golden-predictions.js';
import {
  bytesOfFloats,
  decodeSafetensors,
  encodeSafetensors,
  floatsOf,
  type StoredTensor,
} from '../../src/formats/safetensors.js';
import { variableShapes, writeServingModels, writeWeights } from '../../src/training/result/serving-graph.js';
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
  if (body instanceof Blob) form.set('spec', body);
  else form.set('spec', typeof body === 'string' ? body : JSON.stringify(body));
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
    spec: object;
    imported?: object;
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

/** A form with the boundary x, up to where the weights begin. */
const FORM = `--x\r\ncontent-disposition: form-data; name="spec"\r\n\r\n${JSON.stringify(SPEC)}\r\n--x\r\ncontent-disposition: form-data; name="weights"; filename="w"\r\n\r\n`;

/** An image of every colour. */
const grid = Array.from({ length: IMAGE.height }, (_, y) =>
  Array.from({ length: IMAGE.width }, (_, x) => [x * 9, y * 11, (x * y) % 256]),
);

async function predict(version: number, image: number[][][]): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${api.address}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: `pretrained@${version}`, instances: [image] }),
  });
  return { status: response.status, body: await response.json() };
}

const modelState = async (version: number): Promise<unknown> =>
  ((await (await fetch(`${api.address}/models/pretrained/versions/${version}`)).json()) as { state: unknown }).state;

/** What imports that are under way, or have died, have in the folder of models. */
async function leftovers(): Promise<string[]> {
  const { folder } = await api.store.get({ name: 'pretrained' });
  return (await readdir(dirname(dirname(folder)))).filter((name) => name.startsWith('.'));
}

/** The numbers of a tensor in another precision, cut off and not rounded. */
function narrowed(values: Float32Array, dtype: 'F16' | 'BF16' | 'F64'): Uint8Array {
  if (dtype === 'F64') return new Uint8Array(Float64Array.from(values).buffer);
  const bits = new Uint32Array(values.slice().buffer);
  const half = (word: number): number => {
    const exponent = ((word >> 23) & 255) - 112;
    return ((word >> 16) & 0x8000) | (exponent <= 0 ? 0 : (exponent << 10) | ((word >> 13) & 1023));
  };
  const narrow = dtype === 'BF16' ? (word: number) => word >>> 16 : half;
  return new Uint8Array(Uint16Array.from(bits, narrow).buffer);
}

describe('imported weights', () => {
  it('become a new version of the name, with all known facts in its manifest', async () => {
    const { status, headers, body } = await post(FILE);
    expect([status, headers.get('location')]).toEqual([201, '/models/pretrained/versions/1']);
    expect(body.manifest).toMatchObject({ version: 1, classes: CLASSES, steps: 12 });
    // What is not known of them is not said.
    expect(body.manifest?.spec).toEqual({
      ...{ network, networkOptions: spec.networkOptions, name: 'pretrained', normalization: SPEC.normalization },
      ...{ dataset: { name: 'unknown', resize: 32 }, precision: 'float32' },
    });
    const sha256 = createHash('sha256').update(FILE).digest('hex');
    expect(body.manifest?.imported).toEqual({ sha256, bytes: FILE.length });
    expect((await api.store.get({ name: 'pretrained' })).manifest).toEqual(body.manifest);
    expect(body.manifest).not.toHaveProperty('jobId');
    expect(body.manifest).not.toHaveProperty('scores');
    expect((await post(FILE)).body.manifest?.version).toBe(2);
  });

  it('are refused under the name of a model with other classes', async () => {
    const { status, body } = await post(FILE, { ...SPEC, classes: ['cat', 'bird', 'dog'] });
    expect(status).toBe(400);
    expect(body.errors).toEqual([
      {
        pointer: '/spec/name',
        message: expect.stringMatching(/^is pretrained, but pretrained@\d+ has "dog" as class 2, not "bird", and all/),
      },
    ]);
  });

  it('predict as the graph of these weights does, and are exported unchanged', async () => {
    const { body } = await predict(1, grid);
    const { predictions } = body as { predictions: { label: string; probability: number }[][] };
    expect(predictions[0]?.map(({ label }) => label).sort()).toEqual([...CLASSES].sort());
    const out = await fetch(`${api.address}/models/pretrained/versions/1/export?format=safetensors`);
    const { tensors } = decodeSafetensors(Buffer.from(await out.arrayBuffer()));
    for (const [name, { bytes }] of decodeSafetensors(FILE).tensors) {
      expect(Buffer.from(tensors.get(name)?.bytes ?? []).equals(bytes), name).toBe(true);
    }
  });

  it('pass the parity check by predictions made at the import; other weights fail it', async () => {
    const { folder, manifest } = await api.store.get({ name: 'pretrained', version: 1 });
    const golden = decodeGolden((await api.store.readFile({ folder, manifest }, 'golden')) ?? Buffer.of());
    expect(golden.shape).toEqual([4, 20, 24, 3]);
    expect(await modelState(1)).toMatchObject({ loaded: true });
    const other = writeServingModels(
      spec,
      IMAGE,
      CLASSES.length,
      new Map(weights).set('fc.bias', Float32Array.of(1, 0, 0)),
    );
    const { name: _, version: __, format: ___, files: ____, ...description } = manifest;
    const files = { ...other, weights: FILE, golden: encodeGolden(golden) };
    const { version } = await api.store.save(description, files);
    expect(await predict(version, grid)).toMatchObject({ status: 500, body: { code: 'model_parity' } });
  });

  it('may lack the counters of BatchNorm', async () => {
    const file = changed((tensors) => {
      for (const name of [...tensors.keys()]) if (name.endsWith('num_batches_tracked')) tensors.delete(name);
    });
    const { status, body } = await post(file);
    expect([status, body.manifest?.steps]).toEqual([201, undefined]);
  });

  it('have a card that names their origin', async () => {
    const card = await (await fetch(`${api.address}/models/pretrained/versions/1/card`)).text();
    expect(card).toContain('imported into trainyard');
    for (const part of [
      createHash('sha256').update(FILE).digest('hex'),
      '## Intended use',
      'mean [0.485, 0.456, 0.406]',
    ])
      expect(card).toContain(part);
    for (const part of ['synthetic', 'adam', 'undefined', 'trains the same model']) expect(card).not.toContain(part);
  });
});

describe('weights of another network', () => {
  it('are refused with a list of all missing, superfluous and mismatched tensors', async () => {
    const file = changed((tensors) => {
      tensors.delete('bn1.weight');
      tensors.set('fc.weight', { dtype: 'F32', shape: [2, 1], bytes: bytesOfFloats(new Float32Array(2)) });
      tensors.set('fc.bias', { dtype: 'I64', shape: [3], bytes: new Uint8Array(24) });
      tensors.set('extra', { dtype: 'F32', shape: [], bytes: new Uint8Array(4) });
    });
    const { status, body } = await post(file);
    expect([status, body.code]).toEqual([400, 'invalid_weights']);
    expect(body.errors).toEqual([
      { pointer: '/weights/bn1.weight', message: 'is missing: its shape is [8]' },
      { pointer: '/weights/fc.weight', message: 'must have the shape [3,16], not [2,1]' },
      { pointer: '/weights/fc.bias', message: 'must be F32, F16, BF16 or F64, not I64' },
      { pointer: '/weights/extra', message: 'is not a weight of this network' },
    ]);
  });

  it.each<[what: string, name: string, values: number[], pointer: string]>([
    ['not finite', 'fc.bias', [0, Number.NaN, 1], '/weights/fc.bias'],
    ['negative variances', 'bn1.running_var', [1, 1, 1, -1, 1, 1, 1, 1], '/weights/bn1.running_var'],
    ['so large that answers overflow', 'bn1.weight', Array<number>(8).fill(3e38), '/weights'],
  ])('are refused by name if they are %s', async (_, name, values, pointer) => {
    const file = changed((tensors) => {
      const bytes = bytesOfFloats(Float32Array.from(values));
      tensors.set(name, { dtype: 'F32', shape: [values.length], bytes });
    });
    const { status, body } = await post(file);
    expect([status, body.code, body.errors?.map((each) => each.pointer)]).toEqual([400, 'invalid_weights', [pointer]]);
  });

  it('are refused by their counters, too', async () => {
    const counter = 'bn1.num_batches_tracked';
    const file = changed((tensors) => {
      tensors.set(counter, { dtype: 'I64', shape: [1], bytes: new Uint8Array(8) });
      tensors.set('fc.num_batches_tracked', { dtype: 'I64', shape: [], bytes: new Uint8Array(8) });
    });
    expect((await post(file)).body.errors).toEqual([
      { pointer: `/weights/${counter}`, message: 'must be a single I64' },
      { pointer: '/weights/fc.num_batches_tracked', message: 'is not a weight of this network' },
    ]);
  });

  it.each(['F16', 'BF16', 'F64'] as const)('become float32 from %s', async (dtype) => {
    const file = changed((tensors) => {
      for (const [name, { dtype: own, shape, bytes }] of tensors)
        if (own === 'F32')
          tensors.set(name, { dtype: dtype as 'F32', shape, bytes: narrowed(floatsOf({ bytes }), dtype) });
    });
    const { status, body } = await post(file);
    expect([status, body.errors]).toEqual([201, undefined]);
    const { folder } = await api.store.get({ name: 'pretrained', version: body.manifest?.version ?? 0 });
    const { tensors } = decodeSafetensors(await readFile(`${folder}/weights.safetensors`));
    for (const [name, { dtype: own, bytes }] of decodeSafetensors(FILE).tensors) {
      if (own !== 'F32') continue;
      const found = tensors.get(name);
      expect(found?.dtype).toBe('F32');
      const values = floatsOf({ bytes: found?.bytes ?? Buffer.of() });
      const farthest = floatsOf({ bytes }).reduce(
        (most, value, index) =>
          Math.max(most, Math.abs(value - (values[index] ?? Number.NaN)) / Math.max(Math.abs(value), 0.1)),
        0,
      );
      expect([name, farthest < { F16: 2 ** -10, BF16: 2 ** -7, F64: 2 ** -24 }[dtype]]).toEqual([name, true]);
    }
  });

  it('are refused by type if they are whole numbers or have eight bits', async () => {
    const file = changed((tensors) => {
      for (const [name, { shape, bytes }] of tensors)
        if (name.startsWith('fc'))
          tensors.set(name, { dtype: 'F8_E4M3' as 'F32', shape, bytes: bytes.subarray((bytes.length * 3) / 4) });
    });
    expect((await post(file)).body.errors).toEqual([
      { pointer: '/weights/fc.weight', message: 'must be F32, F16, BF16 or F64, not F8_E4M3' },
      { pointer: '/weights/fc.bias', message: 'must be F32, F16, BF16 or F64, not F8_E4M3' },
    ]);
  });

  it.each([
    ['module.', (name: string) => `module.${name}`],
    ['_orig_mod.', (name: string) => `_orig_mod.${name}`],
    ['module._orig_mod.', (name: string) => `module._orig_mod.${name}`],
    ['model.', (name: string) => `model.${name}`],
    ['backbone. within module.', (name: string) => `module.backbone.${name}`],
    ['model.net.', (name: string) => `model.net.${name}`],
    ['a wrapper around a part', (name: string) => name.replace(/^layer1\./, 'layer1._orig_mod.')],
    ['wrappers of shards', (name: string) => `_fsdp_wrapped_module.${name.replace('.0.', '.0._fsdp_wrapped_module.')}`],
    ['no prefix', (name: string) => name],
  ])('are found under %s', async (_, rename) => {
    const file = changed((tensors) => {
      const all = [...tensors];
      tensors.clear();
      for (const [name, tensor] of all) tensors.set(rename(name), tensor);
      tensors.set('n_averaged', { dtype: 'I64', shape: [], bytes: Buffer.alloc(8) });
    });
    const { status, body } = await post(file);
    expect([status, body.errors]).toEqual([201, undefined]);
    const { folder } = await api.store.get({ name: 'pretrained', version: body.manifest?.version ?? 0 });
    const stored = decodeSafetensors(await readFile(`${folder}/weights.safetensors`)).tensors;
    const expected = decodeSafetensors(FILE).tensors;
    expect(stored.get('fc.weight')).toEqual(expected.get('fc.weight'));
    expect(stored.size).toBe(expected.size);
  });

  it('are refused by the names of the network if a tensor under a prefix is missing', async () => {
    const file = changed((tensors) => {
      const all = [...tensors];
      tensors.clear();
      for (const [name, tensor] of all) if (name !== 'fc.bias') tensors.set(`module.model.${name}`, tensor);
    });
    expect((await post(file)).body.errors).toEqual([
      { pointer: '/weights/fc.bias', message: 'is missing: its shape is [3]' },
    ]);
  });

  it('are refused if the file has them twice', async () => {
    const twice = (...prefixes: string[]) =>
      changed((tensors) => {
        const all = [...tensors];
        tensors.clear();
        for (const prefix of prefixes) for (const [name, tensor] of all) tensors.set(prefix + name, tensor);
      });
    const both = (await post(twice('model.', 'ema.'))).body;
    expect([both.code, both.detail]).toEqual([
      'invalid_weights',
      expect.stringContaining('more than once, under "model." and "ema.": keep one of them'),
    ]);
    const wrapped = (await post(twice('', 'module.'))).body;
    expect(wrapped.detail).toContain('both mean "');
  });

  it('are refused with the first hundred of very many faults', async () => {
    const { status, body } = await post(fileOf('{}', 0), {
      ...SPEC,
      network: 'densenet',
      networkOptions: { variant: 'densenet121' },
    });
    expect([status, body.code, body.errors?.length]).toEqual([400, 'invalid_weights', 100]);
    expect(body.detail).toMatch(
      /features\.conv0\.weight is missing: its shape is \[64,3,7,7\] \(605 more in `errors`\)/,
    );
  });
});

describe('a malformed weights file', () => {
  const entry = (start: number, end: number, shape = [(end - start) / 4]) => ({
    dtype: 'F32',
    shape,
    data_offsets: [start, end],
  });
  it.each<[what: string, file: Buffer, sentence: RegExp]>([
    ['is empty', Buffer.of(), /^The weights file is empty\.$/],
    ['is text', Buffer.from('no weights, only words'), /safetensors file or a PyTorch file .*This is neither\.$/],
    ['has fewer bytes than a header', Buffer.from('abc'), /This is neither\.$/],
    [
      'claims a header of 2^63 bytes',
      fileOf('{}', 8, 2n ** 63n),
      /claims 9223372036854775808 bytes, but only 10 follow/,
    ],
    ['has a header that is not JSON', fileOf('{"a":', 0), /not JSON/],
    ['has a header that is a list', fileOf('[]', 0), /not a JSON object/],
    ['has a tensor outside the file', fileOf({ a: entry(0, 4_000) }, 8), /bytes 0 to 4000 of 8/],
    ['has a tensor that ends before it begins', fileOf({ a: entry(8, 4, [1]) }, 8), /bytes 8 to 4/],
    ['has negative offsets', fileOf({ a: entry(-4, 4, [2]) }, 8), /data_offsets/],
    [
      'has offsets beyond the safe integers',
      fileOf('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,1e300]}}', 8),
      /data_offsets/,
    ],
    ['has tensors that overlap', fileOf({ a: entry(0, 8), b: entry(4, 12) }, 12), /"b" overlaps another/],
    ['has bytes that belong to no tensor', fileOf({ a: entry(0, 4) }, 12), /bytes 4 to 12 .* no tensor/],
    ['has a shape of another size', fileOf({ a: entry(0, 8, [3]) }, 8), /needs 12 bytes but has 8/],
    ['has a shape that overflows', fileOf({ a: entry(0, 8, [2 ** 40, 2 ** 40]) }, 8), /needs .* bytes but has 8/],
    ['has an unknown dtype', fileOf({ a: { ...entry(0, 8), dtype: 'F12' } }, 8), /dtype "F12"/],
    ['has an entry that is null', fileOf({ a: null }, 0), /has the dtype/],
    ['has a negative side', fileOf({ a: entry(0, 8, [-1, -2]) }, 8), /no shape/],
    ['has a side that is no whole number', fileOf({ a: entry(0, 8, [0.5, 4]) }, 8), /no shape/],
    ['has a shape of 40 dimensions', fileOf({ a: entry(0, 8, Array<number>(40).fill(1)) }, 8), /no shape/],
    ['has a name of 10 kB', fileOf(`{"${'a'.repeat(10_240)}":null}`, 0), /the tensor "a{100}" has the dtype/],
    ['has the name of a prototype', fileOf('{"__proto__":{"dtype":"F32"}}', 0), /"__proto__" has no shape/],
    [
      'has a hundred thousand names, one of them twice',
      fileOf(`{${Array.from({ length: 100_000 }, (_, i) => `"${i % 99_999}":0`).join()}}`, 0),
      /"0" twice/,
    ],
    [
      'has a name twice',
      fileOf(`{"a":${JSON.stringify(entry(0, 4))},"\\u0061":${JSON.stringify(entry(0, 4))}}`, 4),
      /"a" twice/,
    ],
    ['is cut off', FILE.subarray(0, FILE.length - 5), /cut off/],
    ['is followed by other bytes', Buffer.concat([FILE, Buffer.of(1, 2, 3)]), /belong to no tensor/],
  ])('%s, and is refused', async (_, file, sentence) => {
    await expect(readWeightsFile(bufferSource(file))).rejects.toThrow(
      expect.objectContaining({ code: 'invalid_weights', message: expect.stringMatching(sentence) }),
    );
  });

  it('is refused by the route with the same sentence', async () => {
    const { status, body } = await post(FILE.subarray(0, FILE.length - 5));
    expect([status, body.code]).toEqual([400, 'invalid_weights']);
    expect(body.detail).toMatch(/cut off/);
  });
});

describe('a request to import', () => {
  it.each<[what: string, body: unknown, pointer: string]>([
    ['without a name', { ...SPEC, name: undefined }, '/spec/name'],
    ['with a path as name', { ...SPEC, name: '../x' }, '/spec/name'],
    ['of another network', { ...SPEC, network: 'vgg' }, '/spec/network'],
    ['with options of another network', { ...SPEC, networkOptions: { growth: 4 } }, '/spec/networkOptions/growth'],
    ['with options that do not fit', { ...SPEC, networkOptions: { stemKernel: 3 } }, '/spec/networkOptions/stemKernel'],
    ['with too many blocks', { ...SPEC, networkOptions: { blocks: [36, 36] } }, '/spec/networkOptions/blocks'],
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

  it.each<[what: string, body: object, sentence: RegExp]>([
    [
      'for a network that needs larger images',
      { ...SPEC, network: 'densenet', networkOptions: {}, resize: 16 },
      /at least 29×29/,
    ],
    [
      'with a normalization of other channels',
      { ...SPEC, normalization: { mean: [0, 0], std: [1] } },
      /2 numbers as mean/,
    ],
  ])('%s is refused with a sentence', async (_, body, sentence) => {
    const answer = await post(FILE, body);
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_shape']);
    expect(answer.body.detail).toMatch(sentence);
  });

  it('is refused if the weights precede the spec, or if one of them is missing', async () => {
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

  it('takes the spec as a file, as `curl -F spec=@spec.json` and a Blob send it', async () => {
    const { status, body } = await post(FILE, new Blob([JSON.stringify(SPEC)]));
    expect([status, body.manifest?.classes]).toEqual([201, CLASSES]);
  });

  it.each<[what: string, body: (text: string) => string | Blob]>([
    ['field', (text) => text],
    ['file', (text) => new Blob([text])],
  ])('with a spec of more than 2 MiB as a %s is refused', async (_, asPart) => {
    const { status, body } = await post(FILE, asPart(JSON.stringify(SPEC).padEnd(2 ** 21 + 1)));
    expect([status, body.code, body.detail]).toEqual([413, 'payload_too_large', expect.stringMatching(/spec/)]);
  });

  it('is refused if it is not a form', async () => {
    const response = await fetch(`${api.address}/models`, { method: 'POST', body: '{}' });
    expect(response.status).toBe(415);
  });

  it('is refused if its file is larger than the limit', async () => {
    const { status, body } = await post(Buffer.alloc(2 ** 22 + 1));
    expect([status, body.code]).toEqual([413, 'payload_too_large']);
  });

  it('is refused with the configured limit if its declared length exceeds it', async () => {
    const { status, body } = await post(Buffer.alloc(2 ** 25));
    expect([status, body.detail]).toEqual([
      413,
      'The body is larger than 4 MiB, the limit of the setting MAX_IMPORT_MB.',
    ]);
  });

  it('is refused if its form does not end', async () => {
    const response = await fetch(`${api.address}/models`, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
      body: Buffer.concat([Buffer.from(FORM), FILE]),
    });
    expect([response.status, await response.json()]).toEqual([
      400,
      expect.objectContaining({ code: 'invalid_request', detail: expect.stringMatching(/^The form cannot be read/) }),
    ]);
  });

  it('leaves no files if it is refused or its client disconnects half-way', async () => {
    const before = await api.store.describe('pretrained');
    const written = api.log.lines.length;
    await new Promise<void>((resolve) => {
      const upload = httpRequest(`${api.address}/models`, {
        method: 'POST',
        headers: { 'content-type': 'multipart/form-data; boundary=x', 'content-length': 1_000_000 },
      });
      upload.on('error', () => resolve());
      upload.write(FORM);
      upload.write(FILE.subarray(0, 10_000), () => upload.destroy(new Error('gone')));
    });
    expect((await api.store.describe('pretrained')).versions).toEqual(before.versions);
    await expect.poll(leftovers).toEqual([]);
    // No fault of the service.
    await expect
      .poll(() => api.log.lines.slice(written).filter(({ msg }) => /^request (refused|failed)/.test(String(msg))))
      .toMatchObject([{ msg: 'request refused', code: 'invalid_request' }]);
  });
});
