/**
 * Perceptual hash of 64 bits: similar pictures have similar hashes. It is the `phash` of Python's imagehash: the signs of the lowest
 * 8 × 8 frequencies of a discrete cosine transform, relative to their median (Zauner 2010, "Implementation and Benchmarking of
 * Perceptual Image Hash Functions").
 */
import { type AxisWeights, averagedAxis, type Kernel, WEIGHT_BITS } from './resample.js';

/** Two unsigned integers of 32 bits: the first 4 rows of the frequencies, then the last 4. */
export type PerceptualHash = Readonly<{ high: number; low: number }>;

/** A rectangle of an image, in pixels. */
export type Region = Readonly<{ left: number; top: number; width: number; height: number }>;

/** Side of the reduced picture, and of the part of its frequencies that is used. */
const SIDE = 32;
const USED = 8;
const HALF = 1 << (WEIGHT_BITS - 1);

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
/** Lanczos filter of 3 lobes, as in Pillow. */
const LANCZOS: Kernel = { support: 3, weight: (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) };

/** Cosines of the transform: row `u` has those of frequency `u` at each of the 32 positions. */
const COSINES = Float64Array.from({ length: USED * SIDE }, (_, i) =>
  Math.cos((Math.PI * Math.floor(i / SIDE) * (2 * (i % SIDE) + 1)) / (2 * SIDE)),
);

/** Weights of the axes that were needed so far: one for each length of a region. */
const axes = new Map<number, AxisWeights>();

function axisOf(length: number): AxisWeights {
  const known = axes.get(length);
  if (known !== undefined) return known;
  const axis = averagedAxis({ source: length, resized: SIDE, from: 0, length: SIDE }, LANCZOS);
  axes.set(length, axis);
  return axis;
}

/** Returns the hash of a region of grey pixels; `width` is the width of the whole image in pixels. */
export function perceptualHash(grey: Uint8Array, width: number, region: Region): PerceptualHash {
  const frequencies = lowFrequencies(reduce(grey, width, region));
  const sorted = frequencies.toSorted();
  const middle = sorted.length / 2;
  const median = ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
  const bits = (from: number): number => {
    let value = 0;
    for (let i = from; i < from + 32; i++) value = (value << 1) | Number((frequencies[i] ?? 0) > median);
    return value >>> 0;
  };
  return { high: bits(0), low: bits(32) };
}

/** Returns the number of bits that are 1 in an integer of 32 bits. */
export function bitsOf(value: number): number {
  let v = value - ((value >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Resizes the region to 32 × 32 bytes with the arithmetic of Pillow: first rows, then columns, each rounded to bytes. */
function reduce(grey: Uint8Array, width: number, { left, top, width: across, height: down }: Region): Uint8Array {
  const rows = new Uint8ClampedArray(down * SIDE);
  const [columnsOf, rowsOf] = [axisOf(across), axisOf(down)];
  for (let y = 0; y < down; y++)
    weigh(columnsOf, grey, { at: (top + y) * width + left, step: 1 }, rows, { at: y * SIDE, step: 1 });
  const result = new Uint8ClampedArray(SIDE * SIDE);
  for (let x = 0; x < SIDE; x++) weigh(rowsOf, rows, { at: x, step: SIDE }, result, { at: x, step: SIDE });
  return new Uint8Array(result.buffer);
}

type Line = Readonly<{ at: number; step: number }>;

/** Computes the weighted sums along one line. */
function weigh(
  { starts, weights, taps }: AxisWeights,
  source: Uint8Array | Uint8ClampedArray,
  from: Line,
  target: Uint8ClampedArray,
  to: Line,
): void {
  for (let i = 0; i < starts.length; i++) {
    let sum = HALF;
    const start = from.at + (starts[i] ?? 0) * from.step;
    for (let tap = 0; tap < taps; tap++) {
      const weight = weights[i * taps + tap] ?? 0;
      if (weight !== 0) sum += weight * (source[start + tap * from.step] ?? 0);
    }
    target[to.at + i * to.step] = sum >> WEIGHT_BITS;
  }
}

/** Returns the lowest 8 × 8 coefficients of the transform (DCT-II), row by row. */
function lowFrequencies(pixels: Uint8Array): Float64Array {
  const vertical = new Float64Array(USED * SIDE);
  for (let u = 0; u < USED; u++)
    for (let x = 0; x < SIDE; x++) {
      let sum = 0;
      for (let y = 0; y < SIDE; y++) sum += (COSINES[u * SIDE + y] ?? 0) * (pixels[y * SIDE + x] ?? 0);
      vertical[u * SIDE + x] = sum;
    }
  const result = new Float64Array(USED * USED);
  for (let u = 0; u < USED; u++)
    for (let v = 0; v < USED; v++) {
      let sum = 0;
      for (let x = 0; x < SIDE; x++) sum += (COSINES[v * SIDE + x] ?? 0) * (vertical[u * SIDE + x] ?? 0);
      result[u * USED + v] = sum;
    }
  return result;
}
