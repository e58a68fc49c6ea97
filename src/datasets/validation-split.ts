/** Validation split: training images that the seed selects and that are held out from training. */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { TrainyardError } from '../errors/errors.js';
import { apportion } from './largest-remainder.js';
import type { Labels, Split } from './loaded-dataset.js';

/** Makes this draw independent of the other uses of a job's seed. */
const STREAM = 0x76a1_1da7;

/**
 * Holds `samples` images out of a split. Both parts keep the order of the images. Stratified, each class gives its share by the
 * largest-remainder method. The choice depends only on the seed, the sizes and, if stratified, the labels.
 * Throws `invalid_request` if no training image would remain.
 */
export function holdOut(
  split: Split,
  samples: number,
  seed: number,
  isStratified = false,
): Readonly<{ train: Split; validation: Split }> {
  if (samples >= split.samples) {
    throw new TrainyardError(
      'invalid_request',
      `${samples} validation images cannot be held out from ${split.samples} training images: at least one must remain. Lower \`dataset.validationSamples\`.`,
    );
  }
  const chosen = isStratified ? drawStratified(split.labels, samples, seed) : draw(split.samples, samples, seed);
  const indices = [...split.labels.keys()];
  return {
    train: pick(
      split,
      indices.filter((index) => !chosen.has(index)),
    ),
    validation: pick(
      split,
      indices.filter((index) => chosen.has(index)),
    ),
  };
}

/** Draws `count` of the integers below `total` (Fisher–Yates shuffle). Every subset is equally likely. */
function draw(total: number, count: number, seed: number): ReadonlySet<number> {
  const random = xoroshiro128plus(seed ^ STREAM);
  const order = Uint32Array.from({ length: total }, (_, index) => index);
  for (let index = 0; index < count; index++) {
    const other = uniformInt(random, index, total - 1);
    const chosen = order[other] as number;
    order[other] = order[index] as number;
    order[index] = chosen;
  }
  return new Set(order.subarray(0, count));
}

/** Draws `count` indices of `labels`: a random order, of which each class gives its first images. */
function drawStratified(labels: Labels, count: number, seed: number): ReadonlySet<number> {
  const order = draw(labels.length, labels.length, seed);
  const sizes = new Map<number, number>();
  for (const index of order) sizes.set(labels[index] as number, (sizes.get(labels[index] as number) ?? 0) + 1);
  const shares = apportion([...sizes.values()], count);
  const open = new Map([...sizes.keys()].map((label, place) => [label, shares[place] ?? 0]));
  const chosen = new Set<number>();
  for (const index of order) {
    const left = open.get(labels[index] as number) ?? 0;
    if (left === 0) continue;
    chosen.add(index);
    open.set(labels[index] as number, left - 1);
  }
  return chosen;
}

function pick({ images, labels, samples }: Split, indices: readonly number[]): Split {
  const imageBytes = images.length / samples;
  const picked = new Uint8Array(indices.length * imageBytes);
  const pickedLabels = indices.map((index) => labels[index] as number);
  for (const [position, index] of indices.entries()) {
    picked.set(images.subarray(index * imageBytes, (index + 1) * imageBytes), position * imageBytes);
  }
  return {
    images: picked,
    labels: labels instanceof Uint8Array ? Uint8Array.from(pickedLabels) : Uint16Array.from(pickedLabels),
    samples: indices.length,
  };
}
