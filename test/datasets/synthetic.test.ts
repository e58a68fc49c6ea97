/** Synthetic data set: reproducible from its seed, and learnable. */
import { describe, expect, it } from 'vitest';
import { loadDataset, type Split } from '../../src/datasets/index.js';

const load = (seed: number, trainSamples = 2_000, testSamples = 500) =>
  loadDataset({ name: 'synthetic', resize: 28, trainSamples, testSamples, validationSamples: 0 }, seed, {
    datasetsDir: '/nowhere',
  });

const PIXELS = 28 * 28;

describe('the synthetic data set', () => {
  it('has the requested number of images, of every class', async () => {
    const { info, train, test } = await load(0);
    expect(info.classes).toHaveLength(10);
    expect(train.images).toHaveLength(2_000 * PIXELS);
    expect(test.images).toHaveLength(500 * PIXELS);
    expect(new Set(train.labels)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
    expect(new Set(test.labels).size).toBe(10);
  });

  it('is the same for the same seed, and different for another', async () => {
    const [first, second, other] = await Promise.all([load(7), load(7), load(8)]);
    expect(Buffer.compare(first.train.images, second.train.images)).toBe(0);
    expect(first.test.labels).toEqual(second.test.labels);
    expect(Buffer.compare(first.train.images, other.train.images)).not.toBe(0);
  });

  it('begins with the same images whatever their number', async () => {
    const [few, many] = await Promise.all([load(7, 100, 100), load(7, 300, 300)]);
    expect(Buffer.compare(few.train.images, many.train.images.subarray(0, few.train.images.length))).toBe(0);
    expect(Buffer.compare(few.test.images, many.test.images.subarray(0, few.test.images.length))).toBe(0);
  });

  it('shares no image between its splits', async () => {
    const { train, test } = await load(0, 1_000, 1_000);
    const keys = (split: Split) =>
      Array.from(split.labels, (_, index) =>
        Buffer.from(split.images.subarray(index * PIXELS, (index + 1) * PIXELS)).toString('latin1'),
      );
    const training = new Set(keys(train));
    expect(training.size).toBe(1_000);
    expect(keys(test).filter((key) => training.has(key))).toEqual([]);
  });

  it('has the described mean and standard deviation, to six digits for seed 0', async () => {
    for (const [seed, digits] of [
      [0, 6],
      [1, 2.5],
    ] as const) {
      const { info, train } = await load(seed, 60_000, 1);
      const counts = new Array<number>(256).fill(0);
      for (const pixel of train.images) counts[pixel] = (counts[pixel] ?? 0) + 1;
      const moment = (of: (value: number) => number) =>
        counts.reduce((sum, count, value) => sum + count * of(value / 255), 0) / train.images.length;
      const mean = moment((value) => value);
      const variance = moment((value) => (value - mean) ** 2);
      expect(info.mean[0]).toBeCloseTo(mean, digits);
      expect(info.std[0]).toBeCloseTo(Math.sqrt(variance), digits);
    }
  });

  it('is learnable: the nearest mean spectrum of training images predicts the class of test images', async () => {
    const { train, test } = await load(3, 1_000, 300);
    const means = classMeans(train);
    const right = Array.from(test.labels, (label, index) => nearest(means, spectrum(test, index)) === label).filter(
      Boolean,
    );
    expect(right.length / test.samples).toBeGreaterThan(0.9);
  });
});

/** Returns the strength of 13 frequencies in the row means and in the column means. */
function spectrum({ images }: Split, index: number): number[] {
  const rows = new Array<number>(28).fill(0);
  const columns = new Array<number>(28).fill(0);
  for (let pixel = 0; pixel < PIXELS; pixel++) {
    const value = (images[index * PIXELS + pixel] ?? 0) / 28;
    rows[Math.floor(pixel / 28)] = (rows[Math.floor(pixel / 28)] ?? 0) + value;
    columns[pixel % 28] = (columns[pixel % 28] ?? 0) + value;
  }
  const strength = (line: number[], frequency: number) => {
    const angle = (place: number) => (2 * Math.PI * frequency * place) / 28;
    return Math.hypot(
      line.reduce((sum, value, place) => sum + value * Math.cos(angle(place)), 0),
      line.reduce((sum, value, place) => sum + value * Math.sin(angle(place)), 0),
    );
  };
  return [rows, columns].flatMap((line) => Array.from({ length: 13 }, (_, frequency) => strength(line, frequency + 1)));
}

function classMeans(split: Split): number[][] {
  const sums = Array.from({ length: 10 }, () => new Array<number>(26).fill(0));
  const counts = new Array<number>(10).fill(0);
  split.labels.forEach((label, index) => {
    counts[label] = (counts[label] ?? 0) + 1;
    spectrum(split, index).forEach((value, place) => {
      const sum = sums[label];
      if (sum !== undefined) sum[place] = (sum[place] ?? 0) + value;
    });
  });
  return sums.map((sum, label) => sum.map((value) => value / (counts[label] ?? 1)));
}

function nearest(means: number[][], values: number[]): number {
  const distances = means.map((mean) => Math.hypot(...mean.map((value, place) => value - (values[place] ?? 0))));
  return distances.indexOf(Math.min(...distances));
}
