/**
 * `npm run bench:augment`: training speed with each kind of augmentation, and without. `--rounds N` (default 3). `--only NAME`: kinds whose
 * name contains NAME. `--steps N`: timed steps per measurement (default 8). `--resize N`: side of the network's input (default 96).
 */
import { parseArgs } from 'node:util';
import { resolveJob } from '../src/contracts/jobs/job.js';
import type { AugmentationPreset, AugmentationRequest } from '../src/contracts/training/augmentation.js';
import { datasets } from '../src/datasets/index.js';
import type { TrainingBatch } from '../src/training/step/batches.js';
import { openProgram } from '../src/training/step/program.js';
import { choose, wholeNumber } from './support/options.js';
import { describeMachine, printMachine, printTable } from './support/report.js';
import { median } from './support/statistics.js';

const BATCH = 32;
const WARM_UP = 2;
/** Side of the stored images, in pixels. */
const STORED = 128;

type Kind = Readonly<{ name: string; augmentation: AugmentationRequest | AugmentationPreset }>;

const KINDS: readonly Kind[] = [
  { name: 'none', augmentation: {} },
  { name: 'crop and flip', augmentation: { crop: 4, flip: true } },
  { name: 'randomResizedCrop and flip', augmentation: { randomResizedCrop: {}, flip: true } },
  { name: 'affine', augmentation: { affine: { degrees: 15, scale: [0.8, 1.2] } } },
  {
    name: 'colorJitter without hue',
    augmentation: { colorJitter: { brightness: 0.4, contrast: 0.4, saturation: 0.4 } },
  },
  { name: 'colorJitter', augmentation: { colorJitter: { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 } } },
  { name: 'trivialAugmentWide', augmentation: { trivialAugmentWide: true } },
  { name: 'randAugment of 2', augmentation: { randAugment: {} } },
  { name: 'mixup', augmentation: { mixup: 0.2 } },
  { name: 'cutmix', augmentation: { cutmix: 1 } },
  { name: 'photos', augmentation: 'photos' },
];

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    steps: { type: 'string', default: '8' },
    resize: { type: 'string', default: '96' },
    only: { type: 'string', default: '' },
  },
});
const rounds = wholeNumber('rounds', options.rounds);
const steps = wholeNumber('steps', options.steps);
const resize = wholeNumber('resize', options.resize);
const [none, ...others] = KINDS;
const kinds = none === undefined ? [] : [none, ...choose(others, options.only)];

const info = { ...datasets.synthetic, height: STORED, width: STORED, channels: 3 };
const batch: TrainingBatch = {
  images: Uint8Array.from({ length: BATCH * STORED * STORED * 3 }, (_, index) => (index * 2_654_435_761) >>> 24),
  labels: Int32Array.from({ length: BATCH }, (_, index) => index % 10),
};

const machine = await describeMachine();
const rates = new Map<string, number[]>(kinds.map(({ name }) => [name, []]));
for (let round = 0; round < rounds; round++) {
  for (const kind of kinds) rates.get(kind.name)?.push(imagesPerSecond(kind));
}
printMachine(machine, 'TensorFlow 2.21.0');
console.log(
  `ResNet-18 at ${resize} pixels, colour images kept at ${STORED}, batches of ${BATCH}. Medians of ${rounds} rounds.\n`,
);
const usual = median(rates.get('none') ?? []);
printTable(
  ['augmentation', 'images/s', 'of none'],
  kinds.map(({ name }) => {
    const rate = median(rates.get(name) ?? []);
    return [name, rate.toFixed(1), (rate / usual).toFixed(2)];
  }),
);

/** Trains a few steps and returns their speed. */
function imagesPerSecond({ augmentation }: Kind): number {
  const spec = resolveJob({
    network: 'resnet',
    networkOptions: { variant: 'resnet18' },
    dataset: { name: 'synthetic', resize },
    batchSize: BATCH,
    augmentation,
  });
  const program = openProgram(spec, info, info.classes.length);
  for (let step = 1; step <= WARM_UP; step++) program.train(batch, step);
  const startedAt = performance.now();
  for (let step = 1; step <= steps; step++) program.train(batch, WARM_UP + step);
  const seconds = (performance.now() - startedAt) / 1000;
  program.close();
  return (steps * BATCH) / seconds;
}
