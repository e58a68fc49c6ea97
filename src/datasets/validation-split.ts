/** Validation split: training images that the seed selects and that are held out from training. */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { TrainyardError } from '../errors/errors.js';
import type { Split } from './loaded-dataset.js';

/** Makes this draw independent of the other uses of a job's seed. */
const STREAM = 0x76a1_1da7;

/**
 * Holds `samples` images out of a split. Both parts keep the order of the images. The choice depends only on the seed and the sizes.
 * Throws `invalid_request` if no training image would remain.
 */
export function holdOut(split: Split, samples: number, seed: number): Readonly<{ train: Split; validation: Split }> {
  if (samples >= split.samples) {
    throw new TrainyardError(
      'invalid_request',
      `${samples} validation images cannot be held out from ${split.samples} training images: at least one must remain. Lower \`dataset.validationSamples\`.`,
    );
  }
  const chosen = draw(split.samples, samples, seed);
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
