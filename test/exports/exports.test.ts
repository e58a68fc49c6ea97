/**
 * Exports open in other tools and return the same: Python's TensorFlow, PyTorch and ONNX Runtime, and TensorFlow.js
 * in a browser and in Node; for models that the service trained and models that PyTorch made.
 */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, submit, waitForFrame } from '../../bench/support/jobs.js';
import { startTrainyard } from '../../bench/support/service.js';
import { loadConfig } from '../../src/config.js';
import type { JobRequest } from '../../src/contracts/jobs/job.js';
import type { ModelVersion } from '../../src/contracts/models/stored-model.js';
import type { PredictResponse } from '../../src/contracts/prediction/prediction-messages.js';
import { elements } from '../../src/graph/graph.js';
import { pythonOf, runPython } from '../support/python.js';
import { runTfjsInNode } from '../support/tfjs.js';
import { serveFolder } from '../support/web-server.js';
import { findBrowser, openPage } from './browser.js';

const run = promisify(execFile);
const IMAGES = 4;
/** Largest allowed difference of a probability, and of a logit relative to the largest logit. */
const TOLERANCE = 1e-4;
/** Images among 10,000 whose class may differ: they lie between two classes, and rounding decides. */
const ON_THE_EDGE = 2;

const trained = (network: 'resnet' | 'densenet', resize: number) =>
  ({
    title: `the tutorial's ${network}, trained here`,
    name: network,
    reference: network,
    shape: [IMAGES, 28, 28, 1],
    resize,
    job: { network, name: network, dataset: { resize, trainSamples: 6_000 }, batchSize: 64, epochs: 1 } as JobRequest,
  }) as const;
const imported = (network: 'resnet' | 'densenet', variant: string) =>
  ({
    title: `torchvision's ${variant}, made by PyTorch`,
    name: variant,
    reference: variant,
    shape: [IMAGES, 72, 64, 3],
    resize: 64,
    import: {
      name: variant,
      network,
      networkOptions: { variant },
      classes: Array.from({ length: 20 }, (_, i) => `class ${i}`),
      image: { height: 72, width: 64, channels: 3 },
      resize: 64,
      normalization: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
    },
  }) as const;
const models = [
  trained('resnet', 28),
  trained('densenet', 32),
  imported('resnet', 'resnet50'),
  imported('densenet', 'densenet121'),
];
type Model = (typeof models)[number];
type Answers = Readonly<Record<string, readonly number[]>>;

const browser = findBrowser();
if (browser === undefined)
  console.log('No Chromium was found (Debian: apt-get install chromium): the tests in a browser are skipped.');

const { datasetsDir } = loadConfig();
let folder: string;
let python: string;
let service: Awaited<ReturnType<typeof startTrainyard>>;
/** Returns the service's predictions for the pixels of a model. */
const expected = new Map<string, Answers>();
/** Largest differences from the service by tool, printed at the end. */
const differences: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-exports-'));
  python = await pythonOf(import.meta.dirname);
  service = await startTrainyard(join(folder, 'data'));
}, 1_800_000);
afterAll(async () => {
  await service.close();
  await rm(folder, { recursive: true });
  console.log(differences.join('\n'));
});

/** Runs a script in this folder and parses its output. */
async function runScript<Answer>(script: string, ...args: string[]): Promise<Answer> {
  const env = { ...process.env, PYTHONPATH: join(import.meta.dirname, '../../bench/reference') };
  const { stdout } = await run(python, [join(import.meta.dirname, script), ...args], { env, maxBuffer: 2 ** 26 });
  return JSON.parse(stdout) as Answer;
}

const pixelsOf = ({ name }: Model): string => join(folder, `${name}.pixels`);

/** Pseudo-random bytes that depend on their index alone. */
function writePixels(model: Model): Promise<void> {
  const bytes = Uint8Array.from({ length: elements(model.shape) }, (_, i) => {
    const mixed = Math.imul(i, 0x9e3779b1);
    return Math.imul(mixed ^ (mixed >>> 15), 0x85ebca77) >>> 24;
  });
  return writeFile(pixelsOf(model), bytes);
}

/** Returns probabilities and logits in the order of the classes. */
async function predict(model: Model): Promise<Answers> {
  const bytes = await readFile(pixelsOf(model));
  const [, height, width, channels] = model.shape;
  const pixel = (i: number) => (channels === 1 ? bytes[i] : [...bytes.subarray(i * channels, (i + 1) * channels)]);
  const instances = Array.from({ length: IMAGES }, (_, n) =>
    Array.from({ length: height }, (_, y) =>
      Array.from({ length: width }, (_, x) => pixel((n * height + y) * width + x)),
    ),
  );
  const { predictions } = await call<PredictResponse>(`${service.address}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: model.name, instances, topK: 'import' in model ? 20 : 10, logits: true }),
  });
  const inOrder = predictions.flatMap((image) => image.toSorted((a, b) => a.index - b.index));
  return {
    probabilities: inOrder.map(({ probability }) => probability),
    logits: inOrder.map(({ logit = Number.NaN }) => logit),
  };
}

async function download(model: Model, format: string): Promise<string> {
  const path = join(folder, `${model.name}.${format}`);
  const response = await fetch(`${service.address}/models/${model.name}/versions/1/export?format=${format}`);
  expect(response.status).toBe(200);
  await writeFile(path, Buffer.from(await response.arrayBuffer()));
  return path;
}

/** Extracts with the system's tar. */
async function unpack(archive: string): Promise<string> {
  const target = `${archive}.unpacked`;
  await mkdir(target);
  await run('tar', ['-xf', archive, '-C', target]);
  return target;
}

function compare({ name }: Model, tool: string, answers: Answers): void {
  const wanted = expected.get(name) ?? {};
  const found = Object.keys(wanted).map((output) => {
    const [numbers = [], others = []] = [wanted[output], answers[output]];
    expect(others).toHaveLength(numbers.length);
    const largest = output === 'logits' ? Math.max(1, ...numbers.map(Math.abs)) : 1;
    const difference = Math.max(...numbers.map((value, i) => Math.abs(value - (others[i] ?? Number.NaN))));
    expect(difference / largest, `${tool}, ${output}`).toBeLessThan(TOLERANCE);
    return `${output} ${difference.toExponential(1)}`;
  });
  differences.push(`${name} by ${tool}: at most ${found.join(', ')} apart`);
}

const interfaceOf = (outputs: number, [float, byte]: readonly [string, string], [, ...size]: readonly number[]) => ({
  inputs: { images: [byte, [-1, ...size]] },
  outputs: { probabilities: [float, [-1, outputs]], logits: [float, [-1, outputs]] },
});

describe.each(models)('$title', (model) => {
  const classes = 'import' in model ? model.import.classes.length : 10;

  test('is trained by the service', async () => {
    await writePixels(model);
    if ('job' in model) {
      const { id } = await submit(service.address, model.job);
      expect(await waitForFrame(service.address, id, 'end')).toMatchObject({ status: 'succeeded' });
    } else {
      const { image, normalization, resize } = model.import;
      const path = join(folder, `${model.name}.made`);
      const options = {
        ...{ network: model.reference, classes, path, pixels: pixelsOf(model), shape: model.shape, resize },
        ...normalization,
      };
      const made = await runScript<{ logits: number[]; parameters: number }>(
        'make_weights.py',
        JSON.stringify(options),
      );
      const form = new FormData();
      form.set('spec', JSON.stringify({ ...model.import, image }));
      form.set('weights', new Blob([await readFile(path)]));
      const { manifest } = await call<ModelVersion>(`${service.address}/models`, { method: 'POST', body: form });
      expect(manifest.parameters).toBe(made.parameters);
      expected.set(model.name, { logits: made.logits });
      compare(model, 'PyTorch, which made it', await predict(model));
    }
    expected.set(model.name, await predict(model));
  }, 600_000);

  test('opens in TensorFlow, in TensorFlow Serving’s layout', async () => {
    const target = await unpack(await download(model, 'savedmodel'));
    const { answers, ...interfaces } = await runScript<{ answers: Answers }>(
      'open_savedmodel.py',
      join(target, '1'),
      pixelsOf(model),
      JSON.stringify(model.shape),
    );
    expect(interfaces).toEqual({
      tags: [['serve']],
      method: 'tensorflow/serving/predict',
      ...interfaceOf(classes, ['float32', 'uint8'], model.shape),
    });
    compare(model, 'TensorFlow', answers);
  }, 120_000);

  test('opens in ONNX Runtime and passes ONNX’s checker', async () => {
    const asked = [{ path: await download(model, 'onnx'), pixels: pixelsOf(model), shape: model.shape }];
    const [found] = await runPython<[{ answers: Answers }]>(join(import.meta.dirname, '../onnx/open_onnx.py'), [
      JSON.stringify(asked),
    ]);
    compare(model, 'ONNX Runtime', found.answers);
  }, 120_000);

  test('opens in TensorFlow.js in Node', async () => {
    const target = await unpack(await download(model, 'tfjs'));
    await copyFile(pixelsOf(model), join(target, 'pixels'));
    await copyFile(join(import.meta.dirname, 'browser.html'), join(target, 'browser.html'));
    const tfjs = createRequire(import.meta.url).resolve('@tensorflow/tfjs');
    await copyFile(join(dirname(tfjs), 'tf.min.js'), join(target, 'tf.min.js'));
    const server = await serveFolder(target);
    const answers = await runTfjsInNode(server.address, model.shape);
    await server.close();
    compare(model, 'TensorFlow.js in Node', answers);
  }, 120_000);

  test.skipIf(browser === undefined)(
    'opens in TensorFlow.js, in a browser',
    async () => {
      const server = await serveFolder(join(folder, `${model.name}.tfjs.unpacked`));
      const url = `${server.address}/browser.html?shape=${JSON.stringify(model.shape)}`;
      const answer = server.answer() as Promise<{ answers: Record<string, Record<string, number[]>>; error?: string }>;
      const { answers, error } = await openPage(browser ?? '', url, answer);
      await server.close();
      expect(error).toBeUndefined();
      expect(Object.keys(answers)).toContain('cpu');
      for (const [backend, { drawn = [], ...outputs }] of Object.entries(answers)) {
        compare(model, `Chromium’s TensorFlow.js on ${backend}`, outputs);
        expect(drawn).toEqual(outputs['logits']?.slice(0, classes).map((logit) => expect.closeTo(logit, 3)));
      }
    },
    300_000,
  );

  test('has weights that PyTorch’s modules load with strict=True', async () => {
    const path = await download(model, 'safetensors');
    if ('import' in model) {
      // Equals the file that PyTorch wrote: names, shapes, dtypes and bytes.
      const files = [path, join(folder, `${model.name}.made`)];
      expect(await runScript('compare_safetensors.py', ...files)).toEqual({ onlyInOne: [], different: [] });
      return;
    }
    const options = [model.reference, path, String(model.resize), join(datasetsDir, 'fashion-mnist')];
    const found = await runScript<{ accuracy: number; loss: number; steps: number[] }>(
      'open_safetensors.py',
      ...options,
    );
    const { manifest } = await call<ModelVersion>(`${service.address}/models/${model.name}/versions/1`);
    const { testAccuracy = Number.NaN, testLoss = Number.NaN } = manifest.scores ?? {};
    expect(found.steps).toEqual([manifest.steps]);
    expect(Math.abs(found.accuracy - testAccuracy) * 10_000).toBeLessThanOrEqual(ON_THE_EDGE + 1e-6);
    expect(found.loss).toBeCloseTo(testLoss, 4);
    differences.push(
      `${model.name} by PyTorch: test accuracy ${found.accuracy} and ${testAccuracy} here, loss ${found.loss.toFixed(6)} and ${testLoss.toFixed(6)}`,
    );
  }, 300_000);
});
