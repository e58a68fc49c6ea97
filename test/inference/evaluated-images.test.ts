/** Statistics and file format of predictions of test images, checked with references that were computed elsewhere. */
import { expect, it } from 'vitest';
import { decodePredictions, encodePredictions } from '../../src/formats/test-predictions.js';
import { mcNemar } from '../../src/inference/evaluated-images.js';

// 2 · Σ C(n, i) / 2ⁿ over i ≤ min(a, b), in exact fractions (Python's fractions.Fraction)
it.each([
  [0, 0, 1],
  [5, 5, 1],
  [10, 2, 0.03857421875],
  [121, 59, 4.434449263755176e-6],
  [1500, 1400, 0.06598734966518381],
])('computes the exact McNemar test of %i and %i', (a, b, expected) => {
  expect(mcNemar(a, b) / expected).toBeCloseTo(1, 8);
  expect(mcNemar(b, a)).toBe(mcNemar(a, b));
});

const predictions = {
  images: Int32Array.of(2, 0, 1),
  labels: Int32Array.of(0, 1, 1),
  predicted: Int32Array.of(0, 1, 0),
  probabilities: Float32Array.of(0.9, 0.8, 0.6),
};

it('reads the predictions that it wrote', () => {
  expect(decodePredictions(encodePredictions(predictions), 2)).toEqual(predictions);
});

it.each([
  ['a class beyond the last', { predicted: Int32Array.of(0, 1, 2) }, 'outside 0 to 1'],
  ['an image beyond the last', { images: Int32Array.of(2, 0, 3) }, 'outside 0 to 2'],
  ['a shorter column', { probabilities: Float32Array.of(1) }, 'another length'],
])('refuses a file with %s', (_, fault, message) => {
  expect(() => decodePredictions(encodePredictions({ ...predictions, ...fault }), 2)).toThrow(message);
});
