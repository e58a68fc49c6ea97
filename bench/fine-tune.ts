/**
 * `npm run bench:fine-tune`: fine-tunes a ResNet-18 from emoji (npm's emoji-datasource-twitter) to clipart (Debian's openclipart-png), and
 * compares the test accuracies of the recipe `fine-tune`, of all layers at one rate, of training from scratch, and of fast.ai's `fine_tune`
 * in PyTorch on the same files. `--seeds N` (default 3). `--epochs N` (default 10) of each side, `--images N` (default 40): most training images
 * of a class. `--only NAME`: sides whose name contains NAME. `--json`: prints one line of JSON at the end. Needs `apt-get`, `dpkg-deb`, `npm`,
 * and about half an hour.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type JobSubmission, Trainyard } from 'trainyard';
import { torchvisionPython } from './reference/environment.js';
import { measureInPython } from './support/measure.js';
import { choose, wholeNumber } from './support/options.js';
import { copySplits, emoji, openclipart, type Pictures } from './support/picture-sets.js';
import { describeMachine, printMachine, printTable } from './support/report.js';
import { startTrainyard } from './support/service.js';
import { mean, standardDeviation } from './support/statistics.js';

const SIDE = 64;
const CLASSES = 12;
/** Maximum number of test images of a class. */
const TEST = { emoji: 15, clipart: 30 } as const;
const PRETRAINING_EPOCHS = 10;
/** fast.ai's crops: at least this share of the image. */
const AUGMENTATION = { randomResizedCrop: { scale: [0.35, 1] }, flip: true };
const ADAMW = { name: 'adamw', weightDecay: 0.01 } as const;
/** Options of the imports: each picture is padded with white to a square, as Pillow's `ImageOps.pad` does. */
const IMPORT = { side: SIDE, fit: 'contain', interpolation: 'bilinear', background: 'white', onError: 'skip' } as const;

type Run = Readonly<{ accuracy: number; seconds: number }>;
type Side = Readonly<{ name: string; run: (seed: number) => Promise<Run> }>;

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '3' },
    epochs: { type: 'string', default: '10' },
    images: { type: 'string', default: '40' },
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
});
const [seeds, epochs, images] = (['seeds', 'epochs', 'images'] as const).map((name) =>
  wholeNumber(name, options[name]),
) as [number, number, number];

const machine = await describeMachine();
const folder = await mkdtemp(join(tmpdir(), 'trainyard-bench-'));
const python = await torchvisionPython();
// PyTorch's process has the usual priority too.
const service = await startTrainyard(join(folder, 'data'), { WORKER_NICE: '0' });
const { jobs, datasets, models } = new Trainyard({ url: service.address });
try {
  const emojiCount = await importPictures('emoji', await emoji(), Number.POSITIVE_INFINITY);
  const clipart = await importPictures('clipart', await openclipart(CLASSES), images);
  const source = await pretrain();
  const sides = choose(await sidesOf(), options.only);
  const runs = await measure(sides);
  report(runs, { emoji: emojiCount, clipart, source: source.accuracy });
} finally {
  await service.close();
  await rm(folder, { recursive: true, force: true });
}

/** Imports pictures. Deletes the files that the import left out, such as blank ones, so that PyTorch trains on the same pictures. */
async function importPictures(name: keyof typeof TEST, pictures: Pictures, train: number): Promise<Count> {
  const root = join(folder, name);
  await copySplits(pictures, root, { train, test: TEST[name] });
  const { trainSamples, testSamples } = await datasets.import(name, root, IMPORT);
  for await (const { path } of datasets.leftOut(name)) await rm(join(root, path));
  return { train: trainSamples, test: testSamples };
}

/** Trains the model `emoji`, from which the sides start. */
function pretrain(): Promise<Run> {
  return train({ ...scratch('emoji', PRETRAINING_EPOCHS), name: 'emoji', seed: 0 });
}

/** Returns a job that trains from random weights: AdamW with one cycle. */
function scratch(dataset: string, length: number): JobSubmission {
  return {
    network: 'resnet',
    networkOptions: { variant: 'resnet18' },
    dataset,
    epochs: length,
    batchSize: 64,
    normalization: 'dataset',
    augmentation: AUGMENTATION,
    optimizer: { ...ADAMW, learningRate: 0.002 },
    schedule: 'one-cycle',
  };
}

async function sidesOf(): Promise<readonly Side[]> {
  const common = { dataset: 'clipart', name: 'clipart', augmentation: AUGMENTATION, epochs };
  const [model, optimizer] = ['emoji', { ...ADAMW, learningRate: 0.001 }];
  const trained = (name: string, job: JobSubmission): Side => ({ name, run: (seed) => train({ ...job, seed }) });
  return [
    trained('trainyard, recipe fine-tune', { ...common, from: { model, recipe: 'fine-tune' } }),
    trained('trainyard, all layers at 0.001', { ...common, from: { model }, optimizer, schedule: 'one-cycle' }),
    trained('trainyard, from scratch', { ...scratch('clipart', epochs), name: 'clipart' }),
    { name: 'PyTorch, fast.ai’s fine_tune', run: await inPytorch() },
  ];
}

async function inPytorch(): Promise<Side['run']> {
  const { manifest } = await models.version('emoji', 1);
  const { mean: means, std } = manifest.preprocessing;
  const weights = join(folder, 'data/models/emoji/1', manifest.files.weights.path);
  const fixed = { folder: join(folder, 'clipart'), weights, normalization: JSON.stringify({ mean: means, std }) };
  return (seed) => measureInPython<Run>(python, 'fine_tune.py', { ...fixed, side: SIDE, epochs, seed });
}

/** Trains a job. Its accuracy is that of the test images after the last epoch. */
async function train(request: JobSubmission): Promise<Run> {
  const { id } = await jobs.submit(request);
  const { status, startedAt = '', endedAt = '', error } = await jobs.wait(id);
  if (status !== 'succeeded') throw new Error(`A job ended as ${status}: ${error?.message}`);
  let accuracy = Number.NaN;
  for await (const frame of jobs.metrics(id)) if (frame.type === 'epoch') accuracy = frame.testAccuracy;
  return { accuracy, seconds: (Date.parse(endedAt) - Date.parse(startedAt)) / 1000 };
}

/** Runs each side once with each seed from 1, in rounds. */
async function measure(sides: readonly Side[]): Promise<ReadonlyMap<string, readonly Run[]>> {
  const runs = new Map<string, Run[]>(sides.map(({ name }) => [name, []]));
  for (let seed = 1; seed <= seeds; seed++) {
    for (const { name, run } of sides) {
      const result = await run(seed);
      console.error(`seed ${seed}, ${name}: ${percent([result.accuracy])} in ${result.seconds.toFixed(0)} s`);
      runs.get(name)?.push(result);
    }
  }
  return runs;
}

type Count = Readonly<{ train: number; test: number }>;
type Sets = Readonly<{ emoji: Count; clipart: Count; source: number }>;

function report(runs: ReadonlyMap<string, readonly Run[]>, sets: Sets): void {
  printMachine(machine, 'TensorFlow 2.21.0, torchvision 0.29.1');
  console.log(
    `ResNet-18 at ${SIDE} pixels. Emoji: ${sets.emoji.train} training and ${sets.emoji.test} test images, ${percent([sets.source])} after ${PRETRAINING_EPOCHS} epochs.`,
  );
  console.log(
    `Clipart: ${sets.clipart.train} training and ${sets.clipart.test} test images of ${CLASSES} classes, ${epochs} epochs each, ${seeds} seeds.\n`,
  );
  const rows = [...runs].map(([name, all]) => [
    name,
    percent(all.map(({ accuracy }) => accuracy)),
    all.map(({ accuracy }) => (100 * accuracy).toFixed(1)).join(', '),
    mean(all.map(({ seconds }) => seconds)).toFixed(0),
  ]);
  printTable(['side', 'test accuracy, mean ± sd', 'by seed', 'seconds'], rows);
  if (options.json) console.log(JSON.stringify({ ...machine, ...sets, runs: Object.fromEntries(runs) }));
}

/** Returns the mean in percent, of several shares with their standard deviation. */
function percent(shares: readonly number[]): string {
  const text = (100 * mean(shares)).toFixed(1);
  return shares.length < 2 ? `${text} %` : `${text} ± ${(100 * standardDeviation(shares)).toFixed(1)} %`;
}
