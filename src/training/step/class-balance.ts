/** Balance of classes with different numbers of training images: weights in the loss, and draws with equal chances. */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { ClassWeights } from '../../contracts/training/training-options.js';
import type { Samples, TrainingBatch } from './batches.js';

/**
 * Returns the weight of each class. `balanced` is n / (k · nᵢ) for the nᵢ of n images in class i, with k classes that have images (King & Zeng
 * 2001; scikit-learn's `compute_class_weight`). A class without images has the weight 0.
 */
export function classWeightsOf(choice: ClassWeights, labels: Samples['labels'], classes: number): Float32Array {
  if (choice !== 'balanced') return Float32Array.from(choice);
  const counts = countsOf(labels, classes);
  const present = counts.filter((count) => count > 0).length;
  return counts.map((count) => (count === 0 ? 0 : labels.length / (present * count)));
}

/** Returns the number of images of each class. */
function countsOf(labels: Samples['labels'], classes: number): Float32Array {
  const counts = new Float32Array(classes);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

/** Returns the batch with the weight of each image's class. */
export const withWeights = (batch: TrainingBatch, weights: Float32Array): TrainingBatch => ({
  ...batch,
  weights: Float32Array.from(batch.labels, (label) => weights[label] ?? 0),
});

/** Separates the draws of a sampler from the permutation of the same seed and epoch. */
const SAMPLER_SEED = 0x5bd1e995;

/**
 * Returns the indices of as many images as there are, drawn with replacement: first a class that has images, each equally likely, then one
 * of its images. Depends on the seed and the epoch alone, so that a run can resume anywhere. The same distribution as PyTorch's
 * `WeightedRandomSampler` with 1 / nᵢ as weights.
 */
export function balancedDraws(labels: Samples['labels'], seed: number, epoch: number): Uint32Array {
  const byClass = new Map<number, number[]>();
  for (const [index, label] of labels.entries()) {
    const known = byClass.get(label);
    if (known === undefined) byClass.set(label, [index]);
    else known.push(index);
  }
  // In the order of the classes, not of the images.
  const groups = [...byClass].sort(([a], [b]) => a - b).map(([, indices]) => indices);
  // 2^32 / golden ratio gives neighbouring epochs seeds that are far apart.
  const random = xoroshiro128plus(seed ^ Math.imul(epoch, 0x9e3779b1) ^ SAMPLER_SEED);
  return Uint32Array.from(labels, () => {
    const group = groups[uniformInt(random, 0, groups.length - 1)] as number[];
    return group[uniformInt(random, 0, group.length - 1)] as number;
  });
}
