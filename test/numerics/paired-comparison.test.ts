/** Comparison of two classifiers on the same images, next to SciPy (`binomtest`, `chi2.sf`) and a bootstrap of NumPy. */
import { expect, it } from 'vitest';
import { bootstrapInterval, mcNemarTest } from '../../src/numerics/paired-comparison.js';

it.each([
  [12, 8, 'exact', 0.5034446716308594],
  [0, 5, 'exact', 0.0625],
  [3, 3, 'exact', 1],
  [0, 0, 'exact', 1],
  [24, 0, 'exact', 1.1920928955078125e-7],
  [40, 25, 'chi-square', 0.08247788747320971],
  [130, 90, 'chi-square', 0.008554085071697616],
  [20, 20, 'chi-square', 1],
  [900, 1, 'chi-square', 1.1928683464287007e-196],
])('has the p-value of SciPy for %i fixed and %i broken images', (fixed, broken, test, pValue) => {
  const found = mcNemarTest({ fixed, broken });
  expect(found.test).toBe(test);
  expect(Math.abs(found.pValue / pValue - 1)).toBeLessThan(1e-9);
  expect(mcNemarTest({ fixed: broken, broken: fixed }).pValue).toBe(found.pValue);
});

/** Percentiles 2.5 and 97.5 of a million resamples of NumPy, and the step of the difference. */
it.each([
  [500, 40, 25, -0.002, 0.062],
  [10_000, 700, 520, 0.0112, 0.0248],
  [60, 6, 0, 2 / 60, 11 / 60],
  [50, 0, 0, 0, 0],
])('has the interval of NumPy for %i images', (images, fixed, broken, low, high) => {
  const interval = bootstrapInterval(images, { fixed, broken });
  // Ten thousand resamples leave an error of some hundredths of the interval, or of one image.
  const tolerance = Math.max(0.05 * (high - low), 1 / images) + 1e-12;
  expect(Math.abs(interval.low - low)).toBeLessThanOrEqual(tolerance);
  expect(Math.abs(interval.high - high)).toBeLessThanOrEqual(tolerance);
  expect(interval).toMatchObject({ level: 0.95, resamples: 10_000 });
});

it('is the same for the same seed, and another one for another seed', () => {
  const counts = { fixed: 700, broken: 520 };
  expect(bootstrapInterval(10_007, counts)).toEqual(bootstrapInterval(10_007, counts));
  expect(bootstrapInterval(10_007, counts, 1)).not.toEqual(bootstrapInterval(10_007, counts));
});

it('stays exact for all images right or wrong, and takes a million images', () => {
  expect(bootstrapInterval(40, { fixed: 40, broken: 0 })).toMatchObject({ low: 1, high: 1 });
  const { low, high } = bootstrapInterval(1_000_000, { fixed: 60_000, broken: 50_000 });
  // The variance of the difference is (0.11 − 0.01²) / 10⁶.
  const deviation = Math.sqrt((0.11 - 0.01 ** 2) / 1_000_000);
  expect((low - 0.01) / deviation).toBeCloseTo(-1.96, 0);
  expect((high - 0.01) / deviation).toBeCloseTo(1.96, 0);
});
