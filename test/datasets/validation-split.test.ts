/** Validation split: held-out training images, drawn by the seed, never test images. */
import { describe, expect, it } from 'vitest';
import type { DatasetSpec } from '../../src/contracts/jobs/job.js';
import { type Dataset, loadDataset, type Split } from '../../src/datasets/index.js';
import { holdOut } from '../../src/datasets/validation-split.js';
import { permutation } from '../../src/training/step/batches.js';

const PIXELS = 28 * 28;
const spec: DatasetSpec = {
  name: 'synthetic',
  resize: 28,
  trainSamples: 1_000,
  testSamples: 100,
  validationSamples: 200,
};
const load = (change: Partial<DatasetSpec> = {}, seed = 0): Promise<Dataset> =>
  loadDataset({ ...spec, ...change }, seed, { datasetsDir: '/nowhere' });

/** Returns each image with its label as text. */
const samplesOf = (split: Split | undefined): string[] =>
  Array.from(
    split?.labels ?? [],
    (label, index) =>
      `${label} ${Buffer.from(split?.images.subarray(index * PIXELS, (index + 1) * PIXELS) ?? []).toString('latin1')}`,
  );

/** Returns the indices in `whole` of the images of a part. */
const placesOf = (part: Split | undefined, whole: Split): number[] => {
  const all = new Map(samplesOf(whole).map((sample, place) => [sample, place]));
  expect(all.size).toBe(whole.samples); // no two are alike
  return samplesOf(part).map((sample) => all.get(sample) ?? -1);
};

describe('a validation split', () => {
  it('is disjoint from the remaining training images, and both together are the first training images with their labels', async () => {
    const [split, whole] = [await load(), await load({ validationSamples: 0 })];
    expect([split.train.samples, split.validation?.samples]).toEqual([800, 200]);
    expect(split.train.images).toHaveLength(800 * PIXELS);
    const places = [...placesOf(split.train, whole.train), ...placesOf(split.validation, whole.train)];
    expect(places.sort((a, b) => a - b)).toEqual([...Array(1_000).keys()]);
    expect(whole.validation).toBeUndefined();
    expect(split.info).toEqual(whole.info);
  });

  it('does not change the test images', async () => {
    const [split, whole] = [await load(), await load({ validationSamples: 0 })];
    expect(Buffer.compare(split.test.images, whole.test.images)).toBe(0);
    expect(split.test.labels).toEqual(whole.test.labels);
  });

  it('is the same for the same seed and different for another', async () => {
    const places = async (seed: number) =>
      placesOf((await load({}, seed)).validation, (await load({ validationSamples: 0 }, seed)).train);
    const [first, again, other] = [await places(7), await places(7), await places(8)];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it('draws every image with the same probability', () => {
    const numbered = { images: new Uint8Array(20), labels: Uint8Array.from({ length: 20 }, (_, i) => i), samples: 20 };
    const hits = new Array<number>(20).fill(0);
    const draws = 4_000;
    for (let seed = 0; seed < draws; seed++) {
      for (const place of holdOut(numbered, 5, seed).validation.labels) hits[place] = (hits[place] ?? 0) + 1;
    }
    for (const count of hits) expect(Math.abs(count - draws / 4)).toBeLessThan(5 * Math.sqrt((draws * 3) / 16));
  });

  it('is drawn independently of the order of the epochs', async () => {
    const places = placesOf((await load()).validation, (await load({ validationSamples: 0 })).train);
    for (const epoch of [0, 1, 2, 3]) {
      const first = [...permutation(1_000, 0, epoch).subarray(0, 200)];
      const shared = first.filter((place) => places.includes(place)).length;
      expect(Math.abs(shared - 40)).toBeLessThan(30); // of 200, a fifth by chance, with a deviation of 5
    }
  });

  it('has the share of each class if it is stratified, and every image of a class has the same chance', () => {
    const labels = Uint8Array.from({ length: 60 }, (_, i) => (i < 40 ? 0 : i < 55 ? 1 : 2));
    const whole = { images: Uint8Array.from(labels.keys()), labels, samples: 60 };
    const hits = new Array<number>(60).fill(0);
    const draws = 4_000;
    for (let seed = 0; seed < draws; seed++) {
      const { train, validation } = holdOut(whole, 12, seed, true);
      expect([0, 1, 2].map((label) => validation.labels.filter((each) => each === label).length)).toEqual([8, 3, 1]);
      expect([...train.images, ...validation.images].sort((a, b) => a - b)).toEqual([...labels.keys()]);
      for (const place of validation.images) hits[place] = (hits[place] ?? 0) + 1;
    }
    for (const count of hits) expect(Math.abs(count - draws / 5)).toBeLessThan(5 * Math.sqrt((draws * 4) / 25));
  });

  it('is drawn as by earlier versions if the spec does not say that it is stratified', async () => {
    // The draw of version 0.1.0: the first 10 of the 200 places of seed 3.
    const places = placesOf((await load({}, 3)).validation, (await load({ validationSamples: 0 }, 3)).train);
    expect(places.slice(0, 10)).toEqual([0, 29, 32, 33, 37, 38, 39, 42, 49, 58]);
    const stratified = await load({ stratified: true }, 3);
    expect(placesOf(stratified.validation, (await load({ validationSamples: 0 }, 3)).train)).not.toEqual(places);
  });

  it('may leave one training image, but not none', async () => {
    expect((await load({ validationSamples: 999 })).train.samples).toBe(1);
    await expect(load({ validationSamples: 1_000 })).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringMatching(/1000 validation images .* 1000 training images/),
    });
  });
});
