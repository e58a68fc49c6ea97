/** Synthetic data set, generated from the seed: ten classes of stripes with noise. Needs no files. */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import type { DatasetInfo } from '../contracts/datasets/dataset.js';
import type { DatasetEntry, LoadedDataset, Split, SplitSource } from './loaded-dataset.js';

const SIDE = 28;
const PIXELS = SIDE * SIDE;
/** Stripes per image of each class, in both directions. A mirrored or shifted image keeps its class. */
const STRIPES = [2, 3.5, 5, 7, 9];
/** Shifts of the stripes that are computed for each class. */
const PHASES = 16;
/** Size of the noise table. Each image reads it from a random offset. */
const NOISE_VALUES = 2 ** 16;
const NOISE_AMPLITUDE = 48;

const info: DatasetInfo = {
  name: 'synthetic',
  height: SIDE,
  width: SIDE,
  channels: 1,
  trainSamples: 60_000,
  testSamples: 10_000,
  // Measured with seed 0. Other seeds differ by less than 0.001.
  mean: [0.501665],
  std: [0.246816],
  classes: ['vertical', 'horizontal'].flatMap((direction) =>
    STRIPES.map((stripes) => `${stripes} ${direction} stripes`),
  ),
};

export const synthetic: DatasetEntry = {
  info,

  async load(spec, seed, options): Promise<LoadedDataset> {
    const { train, test, ...tables } = begin(seed);
    options.signal?.throwIfAborted();
    return {
      info,
      train: drawSplit(spec.trainSamples, tables, train),
      test: drawSplit(spec.testSamples, tables, test),
    };
  },

  // That of the test split is older than the names of the others.
  identity: (split, seed) =>
    ({ test: `synthetic ${seed}`, train: `synthetic train ${seed}`, validation: undefined })[split],
  source: async (split) => (split === 'validation' ? undefined : sampleSources()[split]),

  files: async () => [],
};

type Tables = Readonly<{ patterns: Float32Array; noise: Float32Array }>;

/** Returns the tables of a seed, and the random sequence of each split. */
function begin(seed: number): Tables & Readonly<{ train: RandomGenerator; test: RandomGenerator }> {
  const train = xoroshiro128plus(seed);
  const [patterns, noise] = [drawPatterns(), drawNoise(train)];
  // The test split uses a distant part of the random sequence, so it shares no image with the training split.
  const test = train.clone();
  test.jump();
  return { patterns, noise, train, test };
}

/** Returns every class at every shift: classes × phases × height × width, −1 to 1. */
function drawPatterns(): Float32Array {
  const patterns = new Float32Array(info.classes.length * PHASES * PIXELS);
  let offset = 0;
  for (let label = 0; label < info.classes.length; label++) {
    const stripes = STRIPES[label % STRIPES.length] ?? 1;
    const horizontal = label >= STRIPES.length;
    for (let phase = 0; phase < PHASES; phase++) {
      for (let pixel = 0; pixel < PIXELS; pixel++) {
        const position = horizontal ? Math.floor(pixel / SIDE) : pixel % SIDE;
        patterns[offset++] = Math.sin(2 * Math.PI * ((position * stripes) / SIDE + phase / PHASES));
      }
    }
  }
  return patterns;
}

/** Returns triangular noise, the sum of two uniform draws. */
function drawNoise(random: RandomGenerator): Float32Array {
  const noise = new Float32Array(NOISE_VALUES + PIXELS);
  for (let index = 0; index < noise.length; index++) {
    noise[index] = (random.next() + random.next()) * (NOISE_AMPLITUDE / 2 ** 31);
  }
  return noise;
}

/** What the random sequence chooses for an image. */
type Drawing = Readonly<{ label: number; pattern: number; start: number; contrast: number }>;

/** Takes the four draws of the next image. */
function nextDrawing(random: RandomGenerator): Drawing {
  const label = draw(random, info.classes.length);
  return {
    label,
    pattern: (label * PHASES + draw(random, PHASES)) * PIXELS,
    start: draw(random, NOISE_VALUES),
    contrast: 40 + draw(random, 60),
  };
}

/** Draws `samples` images. A larger number begins with the same images. */
function drawSplit(samples: number, tables: Tables, random: RandomGenerator): Split {
  const images = new Uint8ClampedArray(samples * PIXELS);
  const labels = new Uint8Array(samples);
  for (let sample = 0; sample < samples; sample++) {
    const drawing = nextDrawing(random);
    labels[sample] = drawing.label;
    render(drawing, tables, images, sample * PIXELS);
  }
  return { images: new Uint8Array(images.buffer), labels, samples };
}

function render(
  { pattern, start, contrast }: Drawing,
  { patterns, noise }: Tables,
  images: Uint8ClampedArray,
  at: number,
): void {
  for (let pixel = 0; pixel < PIXELS; pixel++)
    images[at + pixel] = 128 + contrast * (patterns[pattern + pixel] ?? 0) + (noise[start + pixel] ?? 0);
}

let samples: Readonly<Record<'train' | 'test', SplitSource>> | undefined;

/** Returns random access to the images of seed 0, a job's default. Draws their choices once: 70,000 small objects. */
function sampleSources(): Readonly<Record<'train' | 'test', SplitSource>> {
  if (samples !== undefined) return samples;
  const { train, test, ...tables } = begin(0);
  const sourceOf = (count: number, random: RandomGenerator): SplitSource => {
    const drawings = Array.from({ length: count }, () => nextDrawing(random));
    return {
      samples: count,
      version: 'seed-0',
      labels: async (from, length) => Uint8Array.from(drawings.slice(from, from + length), ({ label }) => label),
      async pixels(index) {
        const image = new Uint8ClampedArray(PIXELS);
        render(drawings[index] as Drawing, tables, image, 0);
        return new Uint8Array(image.buffer);
      },
    };
  };
  samples = { train: sourceOf(info.trainSamples, train), test: sourceOf(info.testSamples, test) };
  return samples;
}

/** Draws an integer from 0 to `bound` − 1. Its bias is below 2^-16 for the bounds used here. */
const draw = (random: RandomGenerator, bound: number): number => Math.floor(((random.next() >>> 0) / 2 ** 32) * bound);
