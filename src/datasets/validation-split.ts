/** Validation images: some of the training images, drawn by the seed, that are not trained on. */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { TrainyardError } from '../errors/errors.js';
import type { Split } from './dataset.js';

/** Sets this draw apart from the others of a job's seed. */
const STREAM = 0x76a1_1da7;

/**
 * `samples` images of a split, and the rest of it, both in the order they had: a function of the seed and the sizes
 * alone. Throws `invalid_request` where nothing would be left to train on.
 */
export function setAside(split: Split, samples: number, seed: number): Readonly<{ train: Split; validation: Split }> {
  if (samples >= split.samples) {
    throw new TrainyardError(
      'invalid_request',
      `${samples} validation images cannot be taken from ${split.samples} training images: at least one must be left.`,
    );
  }
  const chosen = draw(split.samples, samples, seed);
  const places = [...split.labels.keys()];
  return {
    train: pick(
      split,
      places.filter((place) => !chosen.has(place)),
    ),
    validation: pick(
      split,
      places.filter((place) => chosen.has(place)),
    ),
  };
}

/** `count` of the whole numbers below `total`: the first of a permutation (Fisher & Yates), each set as likely. */
function draw(total: number, count: number, seed: number): ReadonlySet<number> {
  const random = xoroshiro128plus(seed ^ STREAM);
  const order = Uint32Array.from({ length: total }, (_, place) => place);
  for (let place = 0; place < count; place++) {
    const other = uniformInt(random, place, total - 1);
    const chosen = order[other] as number;
    order[other] = order[place] as number;
    order[place] = chosen;
  }
  return new Set(order.subarray(0, count));
}

function pick({ images, labels, samples }: Split, places: readonly number[]): Split {
  const imageBytes = images.length / samples;
  const picked = new Uint8Array(places.length * imageBytes);
  const pickedLabels = places.map((place) => labels[place] as number);
  for (const [index, place] of places.entries()) {
    picked.set(images.subarray(place * imageBytes, (place + 1) * imageBytes), index * imageBytes);
  }
  return {
    images: picked,
    labels: labels instanceof Uint8Array ? Uint8Array.from(pickedLabels) : Uint16Array.from(pickedLabels),
    samples: places.length,
  };
}
