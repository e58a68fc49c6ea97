/** Scores of a split, next to those of scikit-learn. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { createSplitScores } from '../../../src/training/result/score-split.js';
import { createClassTally } from '../../../src/training/run/class-tally.js';

type Golden = Readonly<{
  classes: number;
  logits: number[];
  labels: number[];
  confusion: number[][];
  accuracy: number;
  top5Accuracy: number;
  loss: number;
  balancedAccuracy: number;
  macroF1: number;
  expectedCalibrationError: number;
}>;

/** 40 images with random logits of seven classes, one of which has no images. */
const golden = JSON.parse(readFileSync(new URL('../../golden/split-scores.json', import.meta.url), 'utf8')) as Golden;
const classes = Array.from({ length: golden.classes }, (_, index) => `class ${index}`);
const labels = Uint16Array.from(golden.labels);

function scoreIn(batch: number, temperature?: number) {
  const scores = createSplitScores({ classes, temperature, fitted: '' }, labels);
  for (let start = 0; start < labels.length; start += batch)
    scores.add(Float32Array.from(golden.logits.slice(start * golden.classes, (start + batch) * golden.classes)));
  return scores.finish();
}

it('computes the scores and the confusion matrix of scikit-learn', () => {
  const { scores, result } = scoreIn(16);
  const { accuracy, top5Accuracy, loss, balancedAccuracy, macroF1, expectedCalibrationError } = golden;
  const expected = { accuracy, top5Accuracy, loss, balancedAccuracy, macroF1, expectedCalibrationError };
  expect(scores.images).toBe(40);
  for (const [name, value] of Object.entries(expected))
    expect(scores[name as keyof typeof expected], name).toBeCloseTo(value, 6);
  expect(result.confusion).toEqual(golden.confusion);
  expect(result.calibration).toMatchObject({ temperature: null, calibratedError: null });
});

it('computes the same scores whatever the size of the batches', () => {
  expect(scoreIn(1).scores.loss).toBeCloseTo(scoreIn(40).scores.loss, 12);
  expect(scoreIn(1).predictions).toEqual(scoreIn(40).predictions);
});

it('calibrates with the temperature of the model, and leaves the accuracy as it is', () => {
  const plain = scoreIn(40);
  const calibrated = scoreIn(40, 4);
  expect(calibrated.scores).toEqual(plain.scores);
  expect(calibrated.result.calibration.temperature).toBe(4);
  expect(calibrated.result.calibration.calibratedError).toBeLessThan(plain.scores.expectedCalibrationError);
});

it('means the scores of the classes that have images or answers, as the training does', () => {
  // Images of a, a and b are classified as a, b and c; d and e occur nowhere. F1: a 2 · 1 / (2 + 1), b 0, c 0.
  const [names, logits] = [['a', 'b', 'c', 'd', 'e'], Float32Array.of(9, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 9, 0, 0)];
  const occurring = Uint16Array.of(0, 0, 1);
  const split = createSplitScores({ classes: names, fitted: '' }, occurring);
  const tally = createClassTally(names.length);
  split.add(logits);
  tally.add(logits, occurring);
  const { scores, result } = split.finish();
  expect(scores).toMatchObject({ macroF1: 2 / 9, balancedAccuracy: 1 / 4 });
  expect(tally.result()).toMatchObject({ macroF1: 2 / 9, balancedAccuracy: 1 / 4 });
  expect(result.macro).toEqual({ precision: 1 / 3, recall: 1 / 6, f1: 2 / 9 });
});

it('has no top-5 accuracy for five classes, because it would always be 1', () => {
  const scores = createSplitScores({ classes: classes.slice(0, 5), fitted: '' }, Uint16Array.of(0));
  scores.add(Float32Array.of(0, 1, 2, 3, 4));
  expect(scores.finish().scores.top5Accuracy).toBeUndefined();
});

it('has a finite loss of at least 0 for certain answers', () => {
  const scores = createSplitScores({ classes: ['a', 'b'], fitted: '' }, Uint16Array.of(0, 1));
  scores.add(Float32Array.of(1000, -1000, 1000, -1000));
  expect(scores.finish().scores.loss).toBe(1000);
});
