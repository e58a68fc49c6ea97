/** Metrics of a classifier against closed forms and the figures in scikit-learn's documentation. */
import { describe, expect, it } from 'vitest';
import {
  calibrationError,
  classScores,
  confusedPairs,
  confusionOf,
  fitTemperature,
  macroOf,
  type ScoredImages,
  topAnswers,
} from '../../../src/training/result/classification-metrics.js';

/** Logits (a, 0) of `images` images in two classes. The first `right` images are of class 0. */
const binary = (a: number, images: number, right: number): ScoredImages => ({
  logits: Float32Array.from({ length: 2 * images }, (_, i) => (i % 2 === 0 ? a : 0)),
  labels: Uint8Array.from({ length: images }, (_, i) => (i < right ? 0 : 1)),
  classes: 2,
});
const calibrationErrorOf = (scored: ScoredImages, temperature = 1) =>
  calibrationError(topAnswers(scored, temperature), scored.labels);
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

describe('scores per class', () => {
  it("match the classification_report example of scikit-learn's documentation", () => {
    const labels = Uint8Array.of(0, 1, 2, 2, 2);
    const confusion = confusionOf([0, 0, 2, 2, 1], labels, 3);
    expect(confusion).toEqual([
      [1, 0, 0],
      [1, 0, 0],
      [0, 1, 2],
    ]);
    const scores = classScores([0, 0, 2, 2, 1], labels, ['class 0', 'class 1', 'class 2']);
    expect(scores).toMatchObject([
      { label: 'class 0', precision: 0.5, recall: 1, support: 1 },
      { label: 'class 1', precision: 0, recall: 0, f1: 0, support: 1 },
      { label: 'class 2', precision: 1, support: 3 },
    ]);
    expect(scores.map(({ f1 }) => f1.toFixed(2))).toEqual(['0.67', '0.00', '0.80']);
    const { precision, recall, f1 } = macroOf(scores, [0, 0, 2, 2, 1]);
    expect([precision, recall, f1].map((mean) => mean.toFixed(2))).toEqual(['0.50', '0.56', '0.49']);
  });

  it('are 0 for a class without images and without answers', () => {
    const scores = classScores([0], Uint8Array.of(0), ['a', 'b']);
    expect(scores[1]).toEqual({ label: 'b', precision: 0, recall: 0, f1: 0, support: 0 });
  });
});

describe('confused pairs', () => {
  it('are the most frequent confusions', () => {
    const labels = Uint16Array.of(300, 300, 299, 1, 1, 2);
    const names = Array.from({ length: 301 }, (_, i) => `class ${i}`);
    expect(confusedPairs([1, 1, 299, 2, 300, 2], labels, names, 2)).toEqual([
      { label: 'class 300', predicted: 'class 1', images: 2 },
      { label: 'class 1', predicted: 'class 2', images: 1 },
    ]);
  });
});

describe('the calibration error', () => {
  it('is |accuracy − probability| if all images are in one bin', () => {
    expect(calibrationErrorOf(binary(2, 100, 70))).toBeCloseTo(sigmoid(2) - 0.7, 6);
    expect(calibrationErrorOf(binary(2, 100, 100))).toBeCloseTo(1 - sigmoid(2), 6);
  });

  it('weighs bins by their number of images', () => {
    const [a, b] = [binary(2, 30, 30), binary(0.5, 70, 35)];
    const both: ScoredImages = {
      logits: Float32Array.from([...a.logits, ...b.logits]),
      labels: Uint8Array.from([...a.labels, ...b.labels]),
      classes: 2,
    };
    expect(calibrationErrorOf(both)).toBeCloseTo(0.3 * (1 - sigmoid(2)) + 0.7 * (sigmoid(0.5) - 0.5), 6);
  });

  it('counts a probability of 1 in the last bin', () => {
    expect(calibrationErrorOf(binary(1000, 10, 10))).toBe(0);
  });
});

describe('the temperature', () => {
  it.each([
    [2, 0.75],
    [5, 0.9],
    [0.5, 0.8],
  ])('makes the probability equal to the accuracy: logit %f, accuracy %f', (a, share) => {
    const scored = binary(a, 1000, 1000 * share);
    const temperature = fitTemperature(scored);
    expect(temperature).toBeCloseTo(a / Math.log(share / (1 - share)), 4);
    expect(topAnswers(scored, temperature)[0]?.probability).toBeCloseTo(share, 5);
    expect(calibrationErrorOf(scored, temperature)).toBeLessThan(1e-5);
  });

  it('stays within its limits if all answers are correct, and if none is', () => {
    expect(fitTemperature(binary(1, 10, 10))).toBeCloseTo(0.05, 3);
    expect(fitTemperature(binary(1, 10, 0))).toBeCloseTo(20, 0);
  });
});
