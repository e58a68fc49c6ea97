/** A model leaves in four formats: whole, in parts, by its digest, and other tools answer as the service does. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveJob } from '../../src/contracts/jobs/job.js';
import { decodeSafetensors } from '../../src/formats/safetensors.js';
import { openOnnxSession } from '../../src/graph/onnx-session.js';
import { openSession } from '../../src/graph/session.js';
import { variableShapes, writeServingModels, writeWeights } from '../../src/training/result/serving-graph.js';
import { describePreprocessing } from '../../src/training/step/preprocessing.js';
import { formulaWeights } from '../support/formula.js';
import { describeModel, saveTinyModel } from '../support/models.js';
import { openPredictApi, type PredictApi } from '../support/predict-api.js';
import { answersOf, runTfjsInNode } from '../support/tfjs.js';
import { serveFolder } from '../support/web-server.js';

const IMAGE = { height: 28, width: 28, channels: 1 };
const CLASSES = ['a', 'b', 'c'];
const STEPS = 7;
const pixels = Uint8Array.from({ length: 2 * 784 }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 24);

let api: PredictApi;
let folder: string;
let expected: Float32Array;
beforeAll(async () => {
  api = await openPredictApi();
  folder = await mkdtemp(join(tmpdir(), 'trainyard-exports-'));
  const networkOptions = { width: 8, blocks: [1, 1] };
  const spec = resolveJob({
    network: 'resnet',
    name: 'boots',
    networkOptions,
    dataset: { name: 'synthetic', resize: 32 },
  });
  const shapes = variableShapes(spec, IMAGE, CLASSES.length);
  const weights = formulaWeights(shapes);
  const { savedModel, onnx } = writeServingModels(spec, IMAGE, CLASSES.length, weights);
  const description = { ...describeModel({ name: 'boots' }), spec, preprocessing: describePreprocessing(IMAGE, 32) };
  const files = { weights: writeWeights(weights, shapes, STEPS), savedModel };
  await api.store.save({ ...description, jobId: 'first' }, { ...files, onnx });
  await api.store.save({ ...description, jobId: 'second' }, files); // as models of before ONNX
  await writeFile(join(folder, 'saved_model.pb'), savedModel);
  expected = answersOf(openSession(folder), pixels);
});
afterAll(async () => {
  await api.close();
  await rm(folder, { recursive: true });
});

const urlOf = (format: string, version = 1) =>
  `${api.address}/models/boots/versions/${version}/export?format=${format}`;

async function download(format: string, version = 1): Promise<{ file: Buffer; headers: Headers }> {
  const response = await fetch(urlOf(format, version));
  expect(response.status).toBe(200);
  return { file: Buffer.from(await response.arrayBuffer()), headers: response.headers };
}

const card = async (version: number): Promise<string> =>
  (await fetch(`${api.address}/models/boots/versions/${version}/card`)).text();

/** Unpacks by the system's tar. */
async function unpack(file: Buffer, name: string): Promise<string> {
  const target = await mkdtemp(join(folder, `${name}-`));
  await writeFile(join(target, 'archive.tar'), file);
  await promisify(execFile)('tar', ['-xf', 'archive.tar'], { cwd: target });
  return target;
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const closeTo = (found: ArrayLike<number>): void => {
  expect(found).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 4);
};

describe('the export', () => {
  it.each(['savedmodel', 'tfjs', 'onnx', 'safetensors'])(
    '%s has its digest, a name and a link to the card',
    async (format) => {
      const { file, headers } = await download(format);
      expect(headers.get('etag')).toBe(`"${sha256(file)}"`);
      expect(headers.get('repr-digest')).toBe(`sha-256=:${createHash('sha256').update(file).digest('base64')}:`);
      expect(headers.get('content-length')).toBe(String(file.length));
      expect(headers.get('content-disposition')).toMatch(/^attachment; filename="boots-1\.[a-z.]+"$/);
      expect(headers.get('link')).toBe('</models/boots/versions/1/card>; rel="describedby"');
    },
  );

  it('links to the card of its model, whatever the name', async () => {
    await saveTinyModel(api.store, { name: 'exports-of-boots' });
    const address = `${api.address}/models/exports-of-boots/versions/1/export?format=savedmodel`;
    const { status, headers } = await fetch(address, { method: 'HEAD' });
    expect([status, headers.get('link')]).toEqual([
      200,
      '</models/exports-of-boots/versions/1/card>; rel="describedby"',
    ]);
  });

  it('as savedmodel has the layout of TensorFlow Serving and predicts the same', async () => {
    const target = await unpack((await download('savedmodel', 2)).file, 'savedmodel');
    closeTo(answersOf(openSession(join(target, '2')), pixels));
    expect(await readFile(join(target, '2/assets.extra/model-card.md'), 'utf8')).toBe(await card(2));
  });

  it.each([1, 2])('as onnx of version %i predicts the same, whether stored or made on request', async (version) => {
    const path = join(folder, `${version}.onnx`);
    await writeFile(path, (await download('onnx', version)).file);
    const session = await openOnnxSession(path);
    const [logits] = await session.run({ images: { shape: [2, 28, 28, 1], values: pixels } }, ['logits']);
    await session.close();
    closeTo(logits ?? []);
  });

  it('as tfjs loads in plain TensorFlow.js by its URL, and predicts the same', async () => {
    const target = await unpack((await download('tfjs')).file, 'tfjs');
    await writeFile(join(target, 'pixels'), pixels);
    const server = await serveFolder(target);
    closeTo((await runTfjsInNode(server.address, [2, 28, 28, 1]))['logits'] ?? []);
    await server.close();
    expect(await readFile(join(target, 'model-card.md'), 'utf8')).toBe(await card(1));
  });

  it('as safetensors has PyTorch’s names, shapes and counters', async () => {
    const { tensors } = decodeSafetensors((await download('safetensors')).file);
    expect(tensors.get('0.weight')?.shape).toEqual([8, 1, 7, 7]);
    expect(tensors.get('fc.1.weight')?.shape).toEqual([3, 16]);
    expect(new BigInt64Array(Uint8Array.from(tensors.get('1.num_batches_tracked')?.bytes ?? []).buffer)[0]).toBe(7n);
  });

  it('is made once for concurrent requests, which receive the same file and leave no other', async () => {
    const files = await Promise.all(Array.from({ length: 5 }, () => download('tfjs', 2)));
    expect(new Set(files.map(({ file }) => sha256(file))).size).toBe(1);
    const { folder: model } = await api.store.get({ name: 'boots', version: 2 });
    expect(
      (await readdir(join(model, 'exports'))).filter((name) => name.startsWith('tfjs') || name.startsWith('.')),
    ).toEqual([`tfjs-${sha256(files[0]?.file ?? Buffer.of())}`]);
  });
});

describe('a download', () => {
  it('continues after a broken connection by Range and If-Range', async () => {
    const { file, headers } = await download('onnx');
    const half = Math.floor(file.length / 2);
    const rest = await fetch(urlOf('onnx'), {
      headers: { range: `bytes=${half}-`, 'if-range': headers.get('etag') ?? '' },
    });
    expect(rest.status).toBe(206);
    expect(rest.headers.get('content-range')).toBe(`bytes ${half}-${file.length - 1}/${file.length}`);
    expect(Buffer.from(await rest.arrayBuffer()).equals(file.subarray(half))).toBe(true);
  });

  it('is sent whole if the file has changed since', async () => {
    const whole = await fetch(urlOf('onnx'), { headers: { range: 'bytes=5-', 'if-range': '"another"' } });
    expect([whole.status, whole.headers.get('content-range')]).toEqual([200, null]);
    await whole.arrayBuffer();
  });

  it('is not sent again to a client that has it', async () => {
    const { headers } = await download('onnx');
    const again = await fetch(urlOf('onnx'), { headers: { 'if-none-match': `"x", ${headers.get('etag')}` } });
    expect([again.status, await again.text()]).toEqual([304, '']);
  });

  it('has the same headers for HEAD as for GET, including the digest', async () => {
    const { file, headers } = await download('onnx');
    const head = await fetch(urlOf('onnx'), { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(file.length)]);
    expect(head.headers.get('repr-digest')).toBe(headers.get('repr-digest'));
  });

  it('is refused for a range outside the file', async () => {
    const refused = await fetch(urlOf('onnx'), { headers: { range: 'bytes=99999999999-' } });
    expect([refused.status, await refused.json()]).toEqual([
      416,
      expect.objectContaining({ code: 'range_not_satisfiable' }),
    ]);
  });

  it.each([
    ['an unknown format', '/models/boots/versions/1/export?format=caffe', 400, 'invalid_request'],
    ['no format', '/models/boots/versions/1/export', 400, 'invalid_request'],
    ['an unknown version', '/models/boots/versions/9/export?format=onnx', 404, 'model_not_found'],
    ['a path in place of a name', '/models/..%2f..%2fetc/versions/1/export?format=onnx', 404, 'model_not_found'],
  ])('is refused for %s', async (_, path, status, code) => {
    const refused = await fetch(`${api.address}${path}`);
    expect([refused.status, await refused.json()]).toEqual([status, expect.objectContaining({ code })]);
  });

  it('is refused with a sentence if the weights of the model are damaged', async () => {
    const { folder: model } = await api.store.get({ name: 'boots', version: 2 });
    await rm(join(model, 'exports'), { recursive: true, force: true });
    await writeFile(join(model, 'weights.safetensors'), 'rubbish');
    const refused = await fetch(urlOf('tfjs', 2));
    expect([refused.status, await refused.json()]).toEqual([500, expect.objectContaining({ code: 'model_corrupt' })]);
    expect(await readdir(join(model, 'exports'))).toEqual([]);
  });
});
