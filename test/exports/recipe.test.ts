/** Exports carry the way from an image file to the input of the network: a program that has only the file gets the logits of the service. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { call } from '../../bench/support/jobs.js';
import { pythonSettings } from '../../bench/support/python.js';
import { startTrainyard } from '../../bench/support/service.js';
import type { ModelVersion } from '../../src/contracts/models/stored-model.js';
import type { PredictResponse } from '../../src/contracts/prediction/prediction-messages.js';
import { pythonOf } from '../support/python.js';
import { runTfjsInNode } from '../support/tfjs.js';
import { serveFolder } from '../support/web-server.js';

const run = promisify(execFile);
const CLASSES = Array.from({ length: 20 }, (_, i) => `class ${i}`);
const SIDE = 72;
const SPEC = {
  name: 'cropping',
  network: 'resnet',
  networkOptions: { variant: 'resnet18' },
  classes: CLASSES,
  image: { height: SIDE, width: SIDE, channels: 3 },
  resize: 64,
  preprocessing: { preset: 'timm', cropShare: 0.9 },
};
const ARCHIVES = ['savedmodel', 'tfjs'] as const;
const FILES = ['onnx', 'safetensors'] as const;
const IMAGES = ['large.jpg', 'odd-tall.png', 'turned.jpg'];
const pathOf = (image: string): string => join(import.meta.dirname, '../golden/preprocessing', image);

let folder: string;
let service: Awaited<ReturnType<typeof startTrainyard>>;
let card: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-recipe-'));
  service = await startTrainyard(join(folder, 'data'));
  const form = new FormData();
  form.set('spec', JSON.stringify(SPEC));
  form.set('weights', new Blob([await readFile(await makeWeights())]));
  await call<ModelVersion>(`${service.address}/models`, { method: 'POST', body: form });
  for (const format of [...ARCHIVES, ...FILES])
    await writeFile(join(folder, format), await download(`export?format=${format}`));
  card = (await download('card')).toString();
  for (const format of ARCHIVES) {
    await mkdir(join(folder, `${format}.unpacked`));
    await run('tar', ['-xf', join(folder, format), '-C', join(folder, `${format}.unpacked`)]);
  }
}, 1_800_000);
afterAll(async () => {
  await service.close();
  await rm(folder, { recursive: true });
});

async function runScript<Answer>(script: string, options: object): Promise<Answer> {
  const env = { ...pythonSettings(), PYTHONPATH: join(import.meta.dirname, '../../bench/reference') };
  const args = [join(import.meta.dirname, script), JSON.stringify(options)];
  const { stdout } = await run(await pythonOf(import.meta.dirname), args, { env, maxBuffer: 2 ** 26 });
  return JSON.parse(stdout) as Answer;
}

/** Has PyTorch make a ResNet-18. Returns the path of its weights. */
async function makeWeights(): Promise<string> {
  const [path, pixels, shape] = [join(folder, 'made'), join(folder, 'any'), [2, SIDE, SIDE, 3]];
  await writeFile(
    pixels,
    Uint8Array.from({ length: 2 * SIDE * SIDE * 3 }, (_, i) => (i * 73) % 251),
  );
  const normalization = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
  const options = { network: 'resnet18', classes: CLASSES.length, path, pixels, shape, resize: SPEC.resize };
  await runScript('make_weights.py', { ...options, ...normalization });
  return path;
}

async function download(path: string): Promise<Buffer> {
  const response = await fetch(`${service.address}/models/cropping/versions/1/${path}`);
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}

async function logitsOf(image: string): Promise<number[]> {
  const { predictions } = await call<PredictResponse>(`${service.address}/predict?model=cropping&logits=true&topK=20`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: await readFile(pathOf(image)),
  });
  return (predictions[0] ?? []).toSorted((a, b) => a.index - b.index).map(({ logit = Number.NaN }) => logit);
}

type Used = Readonly<{ recipes: Record<string, object>; logits: Record<string, number[]>; card: boolean }>;

it.each(IMAGES)(
  'the file of each format is enough for the logits of the service: %s',
  async (image) => {
    const at = (name: string): string => join(folder, name);
    const files = { savedmodel: at('savedmodel.unpacked/1'), tfjs: at('tfjs.unpacked'), onnx: at('onnx') };
    const options = { ...files, safetensors: at('safetensors'), card, image: pathOf(image), network: 'resnet18' };
    const { recipes, logits, card: isSame } = await runScript<Used>('use_recipe.py', options);
    const server = await serveFolder(files.tfjs);
    const { logits: inTfjs = [] } = await runTfjsInNode(server.address, [1, SIDE, SIDE, 3]);
    await server.close();
    const { manifest } = await call<ModelVersion>(`${service.address}/models/cropping/versions/1`);
    const expected = await logitsOf(image);
    expect(isSame).toBe(true);
    expect(recipes).toEqual(Object.fromEntries([...ARCHIVES, ...FILES].map((each) => [each, manifest.preprocessing])));
    const largest = Math.max(...expected.map(Math.abs));
    for (const [format, found] of Object.entries({ ...logits, tfjs: inTfjs })) {
      expect(found).toHaveLength(CLASSES.length);
      const difference = Math.max(...found.map((value, i) => Math.abs(value - (expected[i] ?? Number.NaN))));
      expect(difference / largest, format).toBeLessThan(1e-4);
    }
  },
  300_000,
);
