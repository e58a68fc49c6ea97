/** Macro-F1, balanced accuracy and top-5 accuracy as scikit-learn computes them. */
import { expect, it } from 'vitest';
import { createClassTally } from '../../../src/training/run/class-tally.js';

const IMAGES = 60;
const CLASSES = 8;
/** Of the 8 classes three have no image; one of them is predicted. */
const labels = Int32Array.from({ length: IMAGES }, (_, i) => ((i * i * 7 + i) % 11) % CLASSES);
const logits = Float32Array.from({ length: IMAGES * CLASSES }, (_, place) => {
  const [i, j] = [Math.floor(place / CLASSES), place % CLASSES];
  return ((i * 37 + j * 101 + i * j * 13) % 997) / 997 + (labels[i] === j ? 0.35 : 0);
});

it('gives the values of scikit-learn 1.9, over any batches', () => {
  for (const size of [IMAGES, 7]) {
    const tally = createClassTally(CLASSES);
    for (let start = 0; start < IMAGES; start += size) {
      tally.add(logits.subarray(start * CLASSES, (start + size) * CLASSES), labels.subarray(start, start + size));
    }
    const { macroF1, balancedAccuracy, top5Accuracy } = tally.result();
    expect(macroF1).toBeCloseTo(0.2468102073365231, 12); // f1_score(average="macro")
    expect(balancedAccuracy).toBeCloseTo(0.3528787878787879, 12); // balanced_accuracy_score
    expect(top5Accuracy).toBeCloseTo(0.8833333333333333, 12); // top_k_accuracy_score(k=5)
  }
});

it('has a top-5 accuracy with 6 classes or more', () => {
  const tally = (classes: number) => {
    const counts = createClassTally(classes);
    counts.add(new Float32Array(classes), Int32Array.of(classes - 1));
    return counts.result().top5Accuracy;
  };
  expect(tally(5)).toBeUndefined();
  expect(tally(6)).toBe(0); // among equal logits the first classes come first
});
