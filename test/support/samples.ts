/** Samples of PyTorch's tensors in test/golden/, and the distance of values from them. */

/** L2 norm, sum, and a few elements (`values`) with their indices (`at`) in PyTorch's order. */
export type Sample = Readonly<{ norm: number; sum: number; at: readonly number[]; values: readonly number[] }>;

export const norm = (values: ArrayLike<number>): number => Math.hypot(...chunkNorms(values));
/** Norms of chunks, since `Math.hypot` cannot take a million arguments. */
const chunkNorms = (values: ArrayLike<number>): number[] => {
  const array = Float64Array.from(values);
  return Array.from({ length: Math.ceil(array.length / 4096) }, (_, i) =>
    Math.hypot(...array.subarray(i * 4096, (i + 1) * 4096)),
  );
};

/** Returns the largest difference from the sample, relative to the norm (norm and sum) or to the root mean square (elements). */
export function distance(values: Float64Array, sample: Sample, scale = sample.norm): number {
  const rms = scale / Math.sqrt(values.length);
  const sum = values.reduce((total, value) => total + value, 0);
  return Math.max(
    Math.abs(norm(values) - sample.norm) / scale,
    Math.abs(sum - sample.sum) / (scale * Math.sqrt(values.length)),
    ...sample.at.map((place, i) => Math.abs((values[place] ?? Number.NaN) - (sample.values[i] ?? Number.NaN)) / rms),
  );
}
