/**
 * `npm run bench:preprocessing`: trains a ResNet-18 on Debian's openclipart-png in PyTorch, with torchvision's transforms, imports it,
 * and compares its own test accuracy with that of `POST /predict`. `--images`: most images of a class. Needs `apt-get`, `dpkg-deb` and about 10 minutes.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runWithTorchvision } from './reference/environment.js';
import { describeMachine, printMachine, printTable, verdict } from './support/report.js';
import { startTrainyard } from './support/service.js';

const CACHE = fileURLToPath(new URL('../.cache/openclipart', import.meta.url));
const PICTURES = join(CACHE, 'files/usr/share/openclipart/png');
const SAMPLES = 4;
/** Largest distance of the accuracies, in points. */
const TARGET = { atMost: 0.4 } as const;

type Result = Readonly<{
  classes: readonly string[];
  side: number;
  accuracy: number;
  images: readonly Readonly<{ path: string; label: number; logits: readonly number[] }>[];
}>;

const { values } = parseArgs({
  options: {
    side: { type: 'string', default: '64' },
    epochs: { type: 'string', default: '12' },
    images: { type: 'string', default: '220' },
  },
});
const machine = await describeMachine();
const folder = await mkdtemp(join(tmpdir(), 'trainyard-bench-'));
try {
  await unpackPictures();
  await runWithTorchvision('train_clipart.py', [PICTURES, folder, values.side, values.epochs, values.images]);
  const result = JSON.parse(await readFile(join(folder, 'result.json'), 'utf8')) as Result;
  printMachine(machine, 'torchvision 0.29.1');
  console.log(`${result.images.length} test images of ${result.classes.length} classes at ${result.side} pixels\n`);
  await compare(result);
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Downloads and unpacks the package once. */
async function unpackPictures(): Promise<void> {
  if (existsSync(PICTURES)) return;
  await mkdir(CACHE, { recursive: true });
  await run('apt-get', ['download', 'openclipart-png']);
  const file = (await readdir(CACHE)).find((name) => name.endsWith('.deb'));
  if (file === undefined) throw new Error('apt-get downloaded no package openclipart-png.');
  await run('dpkg-deb', ['-x', file, 'files']);
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const [code] = await once(spawn(program, args, { cwd: CACHE, stdio: ['ignore', 'ignore', 'inherit'] }), 'close');
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}.`);
}

async function compare(result: Result): Promise<void> {
  const service = await startTrainyard(join(folder, 'data'));
  try {
    const rows: string[][] = [];
    for (const [name, preprocessing] of [
      ['preset torchvision', { preset: 'torchvision' }],
      ['letterbox, as before', { normalization: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } }],
    ] as const) {
      const imported = await importModel(service.address, result, preprocessing, name.startsWith('preset'));
      const { accuracy, difference } = await predictAll(service.address, imported, result);
      const points = 100 * Math.abs(accuracy - result.accuracy);
      rows.push([
        name,
        percent(result.accuracy),
        percent(accuracy),
        points.toFixed(2),
        ...verdict(points, TARGET, name.startsWith('preset')),
        difference.toExponential(1),
      ]);
    }
    printTable(
      ['preprocessing', 'PyTorch', '/predict', 'points', 'target', 'verdict', 'largest difference of a logit'],
      rows,
    );
  } finally {
    await service.close();
  }
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Imports the weights, with a few test images and their logits if `withSamples`. Returns the reference of the model. */
async function importModel(
  address: string,
  { classes, side, images }: Result,
  preprocessing: object,
  withSamples: boolean,
) {
  const form = new FormData();
  const image = { height: side, width: side, channels: 3 };
  const spec = {
    name: 'clipart',
    network: 'resnet',
    networkOptions: { variant: 'resnet18' },
    classes,
    image,
    resize: side,
    preprocessing,
  };
  form.set('spec', JSON.stringify(spec));
  if (withSamples) {
    const samples = images.slice(0, SAMPLES);
    form.set('logits', JSON.stringify(samples.map(({ logits }) => logits)));
    for (const { path } of samples) form.append('image', new Blob([await readFile(path)]), 'image.png');
  }
  form.set('weights', new Blob([await readFile(join(folder, 'weights.safetensors'))]), 'weights.safetensors');
  const response = await fetch(`${address}/models`, { method: 'POST', body: form });
  const answer = (await response.json()) as { detail?: string; manifest: { name: string; version: number } };
  if (!response.ok) throw new Error(answer.detail);
  return `${answer.manifest.name}@${answer.manifest.version}`;
}

type Prediction = readonly Readonly<{ index: number; logit: number }>[];

async function predictAll(address: string, model: string, { classes, images }: Result) {
  let [right, difference] = [0, 0];
  for (const { path, label, logits } of images) {
    const url = `${address}/predict?model=${model}&logits=true&topK=${classes.length}`;
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'image/png' },
      body: await readFile(path),
    });
    const answer = (await response.json()) as { detail?: string; predictions: Prediction[] };
    if (!response.ok) throw new Error(`${path}: ${answer.detail}`);
    const prediction = answer.predictions[0] ?? [];
    if (prediction[0]?.index === label) right += 1;
    for (const { index, logit } of prediction)
      difference = Math.max(difference, Math.abs(logit - (logits[index] ?? Number.NaN)));
  }
  return { accuracy: right / images.length, difference };
}
