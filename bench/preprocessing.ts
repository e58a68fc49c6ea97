/**
 * `npm run bench:preprocessing`: trains a network of torchvision (`--network`, default `resnet18`) on Debian's openclipart-png in
 * PyTorch, with torchvision's transforms, imports it, and compares its own test accuracy with that of `POST /predict`. Then compares the
 * logits with those of other ways from the file to the logits, for the tolerance of sample logits. `--images`: most images of a class.
 * Needs `apt-get`, `dpkg-deb` and about 10 minutes.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runWithTorchvision } from './reference/environment.js';
import { openclipartFolder } from './support/picture-sets.js';
import { describeMachine, printMachine, printTable, verdict } from './support/report.js';
import { startTrainyard } from './support/service.js';

const SAMPLES = 4;
/** Largest distance of the accuracies, in points. */
const TARGET = { atMost: 0.4 } as const;

type Result = Readonly<{
  classes: readonly string[];
  side: number;
  accuracy: number;
  images: readonly Readonly<{ path: string; label: number; logits: readonly number[] }>[];
  /** Logits of the first images by other ways from the file to the logits. */
  ways: Readonly<Record<string, readonly (readonly number[])[]>>;
}>;

const { values } = parseArgs({
  options: {
    side: { type: 'string', default: '64' },
    epochs: { type: 'string', default: '12' },
    images: { type: 'string', default: '220' },
    network: { type: 'string', default: 'resnet18' },
  },
});
const machine = await describeMachine();
const folder = await mkdtemp(join(tmpdir(), 'trainyard-bench-'));
try {
  const { side, epochs, images, network } = values;
  await runWithTorchvision('train_clipart.py', [await openclipartFolder(), folder, side, epochs, images, network]);
  const result = JSON.parse(await readFile(join(folder, 'result.json'), 'utf8')) as Result;
  printMachine(machine, 'torchvision 0.29.1');
  const data = `${result.images.length} test images of ${result.classes.length} classes at ${result.side} pixels`;
  console.log(`${network}, ${data}\n`);
  await compare(result);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function compare(result: Result): Promise<void> {
  const service = await startTrainyard(join(folder, 'data'));
  try {
    const rows: string[][] = [];
    let found: number[][] | undefined;
    for (const [name, preprocessing] of [
      ['preset torchvision', { preset: 'torchvision' }],
      ['letterbox, as before', { normalization: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } }],
    ] as const) {
      const imported = await importModel(service.address, result, preprocessing, name.startsWith('preset'));
      const { accuracy, difference, logits } = await predictAll(service.address, imported, result);
      found ??= logits;
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
    console.log();
    printWays(result, found ?? []);
  } finally {
    await service.close();
  }
}

/** Prints the difference of each way from the service, as a share of the largest logit of the image. */
function printWays({ images, ways }: Result, found: readonly (readonly number[])[]): void {
  const own = images.slice(0, Object.values(ways)[0]?.length).map(({ logits }) => logits);
  const rows = Object.entries({ 'the preset': own, ...ways }).map(([way, logits]) => {
    const shares = logits.map((row, i) => shareApart(row, found[i] ?? [])).sort((a, b) => a - b);
    const [least = 0, median = 0, most = 0] = [shares[0], shares[shares.length >> 1], shares.at(-1)];
    return [way, ...[least, median, most].map((share) => `${(100 * share).toPrecision(2)} %`)];
  });
  printTable([`${own.length} images, logits by`, 'smallest difference', 'median', 'largest'], rows);
}

/** Returns the largest difference as a share of the largest logit, as the check of sample logits counts it. */
function shareApart(sent: readonly number[], found: readonly number[]): number {
  const largest = Math.max(1, ...sent.map(Math.abs));
  return Math.max(...sent.map((value, i) => Math.abs(value - (found[i] ?? Number.NaN)))) / largest;
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
    network: values.network.replace(/\d+$/, ''),
    networkOptions: { variant: values.network },
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
  const found: number[][] = [];
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
    found.push(prediction.toSorted((a, b) => a.index - b.index).map(({ logit }) => logit));
    for (const { index, logit } of prediction)
      difference = Math.max(difference, Math.abs(logit - (logits[index] ?? Number.NaN)));
  }
  return { accuracy: right / images.length, difference, logits: found };
}
