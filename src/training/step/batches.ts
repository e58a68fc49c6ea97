/** The order of a training run: a fresh seeded permutation each epoch, cut into batches; the last may be smaller. */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Images as height × width × channels bytes each, one after the other, with their labels. */
export type TrainingBatch = Readonly<{ images: Uint8Array; labels: Int32Array }>;

/** A part of a data set: images as height × width × channels bytes each, one after the other. */
export type Samples = Readonly<{ images: Uint8Array; labels: Uint8Array | Uint16Array; samples: number }>;

/** A permutation of 0 … samples − 1: a function of the seed and the epoch alone, so that a run can be taken up anywhere. */
export function permutation(samples: number, seed: number, epoch: number): Uint32Array {
  const random = xoroshiro128plus(seed ^ Math.imul(epoch, 0x9e3779b1)); // 2^32 / golden ratio: neighbouring epochs, far seeds
  const order = Uint32Array.from({ length: samples }, (_, i) => i);
  for (let i = samples - 1; i > 0; i--) {
    const j = uniformInt(random, 0, i);
    const swapped = order[i] as number;
    order[i] = order[j] as number;
    order[j] = swapped;
  }
  return order;
}

/** How many batches an epoch has. */
export const stepsPerEpoch = (samples: number, batchSize: number): number => Math.ceil(samples / batchSize);

/** The samples in the given order (or as they lie), in batches of at most `batchSize`, without the first `skipped` ones. */
export function* batches(data: Samples, batchSize: number, order?: Uint32Array, skipped = 0): Generator<TrainingBatch> {
  const size = data.images.length / data.samples;
  for (let start = skipped * batchSize; start < data.samples; start += batchSize) {
    const count = Math.min(batchSize, data.samples - start);
    if (order === undefined) {
      const labels = Int32Array.from(data.labels.subarray(start, start + count));
      yield { images: data.images.subarray(start * size, (start + count) * size), labels };
      continue;
    }
    const images = new Uint8Array(count * size);
    const labels = new Int32Array(count);
    for (let i = 0; i < count; i++) {
      const sample = order[start + i] as number;
      images.set(data.images.subarray(sample * size, (sample + 1) * size), i * size);
      labels[i] = data.labels[sample] as number;
    }
    yield { images, labels };
  }
}

/** A batch in parts of at most `size` images, in order; the last may be smaller. */
export function microBatches({ images, labels }: TrainingBatch, size: number): TrainingBatch[] {
  const bytes = images.length / labels.length;
  return Array.from({ length: Math.ceil(labels.length / size) }, (_, i) => {
    const [start, end] = [i * size, Math.min((i + 1) * size, labels.length)];
    return { images: images.subarray(start * bytes, end * bytes), labels: labels.subarray(start, end) };
  });
}
