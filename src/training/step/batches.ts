/** Batches of an epoch: a seeded permutation of the training images, cut into batches. */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Images × height × width × channels bytes, with the class index of each image, and its weight in the loss if it has one. */
export type TrainingBatch = Readonly<{ images: Uint8Array; labels: Int32Array; weights?: Float32Array }>;

/** A split of a data set: samples × height × width × channels bytes, with the class index of each image. */
export type Samples = Readonly<{ images: Uint8Array; labels: Uint8Array | Uint16Array; samples: number }>;

/**
 * Returns a permutation of 0 … samples − 1 that depends on the seed and the epoch alone, so that a run can resume anywhere
 * (Fisher–Yates shuffle).
 */
export function permutation(samples: number, seed: number, epoch: number): Uint32Array {
  // 2^32 / golden ratio gives neighbouring epochs seeds that are far apart.
  const random = xoroshiro128plus(seed ^ Math.imul(epoch, 0x9e3779b1));
  const order = Uint32Array.from({ length: samples }, (_, i) => i);
  for (let i = samples - 1; i > 0; i--) {
    const j = uniformInt(random, 0, i);
    const swapped = order[i] as number;
    order[i] = order[j] as number;
    order[j] = swapped;
  }
  return order;
}

export const stepsPerEpoch = (samples: number, batchSize: number): number => Math.ceil(samples / batchSize);

/**
 * Yields the samples in batches of at most `batchSize`; the last may be smaller. Default order: as stored. `skipped` is the number
 * of batches to leave out at the start.
 */
export function* batches(data: Samples, batchSize: number, order?: Uint32Array, skipped = 0): Generator<TrainingBatch> {
  for (let start = skipped * batchSize; start < data.samples; start += batchSize) {
    const count = Math.min(batchSize, data.samples - start);
    yield order === undefined ? rangeOf(data, start, count) : gather(data, order.subarray(start, start + count));
  }
}

/** Returns `count` samples from `start` on. The images are not copied. */
function rangeOf(data: Samples, start: number, count: number): TrainingBatch {
  const size = data.images.length / data.samples;
  const labels = Int32Array.from(data.labels.subarray(start, start + count));
  return { images: data.images.subarray(start * size, (start + count) * size), labels };
}

/** Returns a copy of the samples at these indices. */
function gather(data: Samples, indices: Uint32Array): TrainingBatch {
  const size = data.images.length / data.samples;
  const images = new Uint8Array(indices.length * size);
  const labels = new Int32Array(indices.length);
  for (let i = 0; i < indices.length; i++) {
    const sample = indices[i] as number;
    images.set(data.images.subarray(sample * size, (sample + 1) * size), i * size);
    labels[i] = data.labels[sample] as number;
  }
  return { images, labels };
}

/** Cuts a batch into micro batches of at most `size` images, in order; the last may be smaller. */
export function microBatches({ images, labels, weights }: TrainingBatch, size: number): TrainingBatch[] {
  const bytes = images.length / labels.length;
  return Array.from({ length: Math.ceil(labels.length / size) }, (_, i) => {
    const [start, end] = [i * size, Math.min((i + 1) * size, labels.length)];
    const part = { images: images.subarray(start * bytes, end * bytes), labels: labels.subarray(start, end) };
    return weights === undefined ? part : { ...part, weights: weights.subarray(start, end) };
  });
}
