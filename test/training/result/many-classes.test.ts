/** Evaluation, model card, prediction and list with 10,000 classes: each stays small and correct. */
import { describe, expect, it } from 'vitest';
import { listedClasses } from '../../../src/api/listed-classes.js';
import { topClasses } from '../../../src/api/prediction/top-classes.js';
import { MAX_CLASSES } from '../../../src/contracts/datasets/dataset.js';
import { MAX_CONFUSED_PAIRS } from '../../../src/contracts/models/evaluation.js';
import { writeModelCard } from '../../../src/formats/model-card.js';
import { evaluateModel } from '../../../src/training/result/evaluate-model.js';
import { describeModel } from '../../support/models.js';

const names = Array.from({ length: MAX_CLASSES }, (_, i) => `class ${i}`);
const SIDE = 2;
/** The first two bytes of an image are its class. Every fifth image is predicted as the class before. */
const split = (samples: number) => {
  const labels = Uint16Array.from({ length: samples }, (_, i) => (i * 7) % MAX_CLASSES);
  const images = new Uint8Array(samples * SIDE * SIDE);
  for (const [i, label] of labels.entries())
    images.set([label % 256, label >> 8, i % 5 === 0 ? 1 : 0], i * SIDE * SIDE);
  return { images, labels, samples };
};
const program = {
  logits(images: Uint8Array): Float32Array {
    const count = images.length / (SIDE * SIDE);
    const logits = new Float32Array(count * MAX_CLASSES);
    for (let i = 0; i < count; i++) {
      const [low = 0, high = 0, isWrong = 0] = images.subarray(i * SIDE * SIDE);
      logits[i * MAX_CLASSES + Math.max(0, low + 256 * high - isWrong)] = 12;
    }
    return logits;
  },
};
const info = {
  ...{ name: 'many', height: SIDE, width: SIDE, channels: 1, trainSamples: 1, testSamples: 1, mean: [0], std: [1] },
  classes: names,
};

const evaluated = await evaluateModel(
  program,
  { info, train: split(1), test: split(2_000), validation: split(50) },
  { batchSize: 256, signal: new AbortController().signal },
);

describe('the evaluation of many classes', () => {
  it('has the most confused pairs instead of a matrix, and scores of every class', () => {
    const { confusion, confusedPairs = [], classes, accuracy, calibration } = evaluated.evaluation;
    expect(confusion).toBeUndefined();
    expect(confusedPairs).toHaveLength(399); // class 0 has none before it
    expect(confusedPairs.length).toBeLessThanOrEqual(MAX_CONFUSED_PAIRS);
    expect(confusedPairs[0]).toEqual({ label: 'class 10', predicted: 'class 9', images: 1 });
    expect(classes).toHaveLength(MAX_CLASSES);
    expect(accuracy).toBeCloseTo(1 - 399 / 2_000, 6);
    expect(calibration.fitted).toBe('On the 50 validation images.');
  });

  it('fits into a readable model card', () => {
    const manifest = { ...describeModel({ classes: names }), format: 'trainyard-model/1', version: 1 } as const;
    const file = { path: 'x', sha256: 'x' };
    const card = writeModelCard(
      { ...manifest, name: 'many', files: { weights: file, savedModel: file } },
      evaluated.evaluation,
    );
    expect(card.length).toBeLessThan(50_000);
    expect(card).toContain('into 10000 classes: class 0, class 1');
    expect(card).toContain('and 9900 more');
    expect(card).toContain('The 100 of 10000 classes with the lowest F1 score.');
    expect(card).toContain('| class 35 | class 34 | 1 |');
  });
});

it('returns the most probable classes, the lowest index first among equals', () => {
  const probabilities = Float32Array.from(names, (_, i) => ((i * 7919) % 1_000) / 1_000);
  const expected = [...names.keys()]
    .sort((a, b) => (probabilities[b] ?? 0) - (probabilities[a] ?? 0) || a - b)
    .slice(0, 25);
  const outputs = { probabilities, logits: probabilities };
  expect(topClasses(outputs, names, { count: 25 }).map(({ index }) => index)).toEqual(expected);
  expect(topClasses(outputs, names, { count: MAX_CLASSES + 5 })).toHaveLength(MAX_CLASSES);
});

it('lists the first 256 classes and their total number', () => {
  const { described, classCount } = listedClasses(info);
  expect(described.classes).toEqual(names.slice(0, 256));
  expect(classCount).toBe(10_000);
  expect(listedClasses({ classes: ['a', 'b'] })).toEqual({ described: { classes: ['a', 'b'] } });
});
