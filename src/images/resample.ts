/**
 * Resize of 8-bit pixels with the arithmetic of Pillow (`src/libImaging/Resample.c`): first rows, then columns, each with weights of
 * 22 fractional bits and a rounding to bytes. Without antialiasing it reads the neighbours that PyTorch's `interpolate` reads.
 */
import { setImmediate } from 'node:timers/promises';
import type { ImagePreprocessing } from '../contracts/images/image-preprocessing.js';
import type { Placement, Size } from './placement.js';

/** Red, green and blue. */
const CHANNELS = 3;
/** Fractional bits of a weight. */
export const WEIGHT_BITS = 22;
const HALF = 1 << (WEIGHT_BITS - 1);
/** Maximum number of products of the rows: a second or two. A photo of 50 million pixels needs a tenth of it. */
const MAX_PRODUCTS = 2 ** 31;
const TOO_SLOW = 'its aspect ratio is too extreme';
/** Products of the rows between two yields to the event loop: about a millisecond, with those of the columns. */
const PRODUCTS_PER_CHUNK = 2 ** 18;

type Method = Pick<ImagePreprocessing, 'interpolation' | 'antialias'>;
/** Filter of a resize; `weight` is 0 beyond `support`, in pixels. */
export type Kernel = Readonly<{ support: number; weight: (distance: number) => number }>;

const BILINEAR: Kernel = { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) };
/** Keys' cubic convolution. Pillow takes a = −0.5; PyTorch without antialiasing takes a = −0.75. */
const cubic = (a: number): Kernel => ({
  support: 2,
  weight: (distance) => {
    const x = Math.abs(distance);
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
  },
});

function kernelOf({ interpolation, antialias }: Method): Kernel {
  if (interpolation !== 'bicubic') return BILINEAR;
  return cubic(antialias ? -0.5 : -0.75);
}

/** Weights of the source pixels of each result along one axis: `taps` weights from index `starts[i]`; unused ones are 0. */
export type AxisWeights = Readonly<{ starts: Int32Array; weights: Int32Array; taps: number }>;

/** Source and resized length of an axis, and the part of the resized axis that is computed. */
type Axis = Readonly<{ source: number; resized: number; from: number; length: number }>;

/**
 * Resizes source.height × source.width × 3 bytes to the size of `placement`, and returns the covered part of the result as
 * covered.height × covered.width × 3 bytes. Computes no other pixel. Yields to the event loop. Throws `RangeError` if an extreme
 * aspect ratio would make it too slow.
 */
export async function resample(
  pixels: Uint8Array,
  source: Size,
  placement: Placement,
  covered: Size,
  method: Method,
): Promise<Uint8Array> {
  const columns = { source: source.width, resized: placement.width, from: Math.max(0, placement.left) };
  const rows = { source: source.height, resized: placement.height, from: Math.max(0, placement.top) };
  const across = axisWeights({ ...columns, length: covered.width }, method);
  const down = axisWeights({ ...rows, length: covered.height }, method);
  return resizeBoth(pixels, source, across, down);
}

const axisWeights = (axis: Axis, method: Method): AxisWeights =>
  method.antialias
    ? averagedAxis(axis, kernelOf(method))
    : weightsAlong(axis, kernelOf(method), { stretch: 1, fill: neighbourWeights });

/** Returns the weights of an axis with antialiasing: the kernel is stretched if the axis gets shorter. */
export const averagedAxis = (axis: Axis, kernel: Kernel): AxisWeights =>
  weightsAlong(axis, kernel, { stretch: Math.max(1, axis.source / axis.resized), fill: averagedWeights });

type Filling = Readonly<{ stretch: number; fill: typeof averagedWeights }>;

function weightsAlong(axis: Axis, kernel: Kernel, { stretch, fill }: Filling): AxisWeights {
  const scale = axis.source / axis.resized;
  const taps = Math.ceil(kernel.support * stretch) * 2 + 1;
  const starts = new Int32Array(axis.length);
  const weights = new Int32Array(axis.length * taps);
  for (let i = 0; i < axis.length; i++) {
    const found = fill((axis.from + i + 0.5) * scale, axis.source, stretch, kernel);
    starts[i] = found.start;
    weights.set(found.weights.map(fixedPoint), i * taps);
  }
  return { starts, weights, taps };
}

type Weights = Readonly<{ start: number; weights: number[] }>;

/** Returns weights whose sum is 1 for the source pixels under the stretched kernel. Those outside of the image do not count. */
function averagedWeights(center: number, source: number, stretch: number, { support, weight }: Kernel): Weights {
  const reach = support * stretch;
  const start = Math.max(0, Math.trunc(center - reach + 0.5));
  const end = Math.min(source, Math.trunc(center + reach + 0.5));
  const raw = Array.from({ length: end - start }, (_, i) => weight((i + start - center + 0.5) / stretch));
  const sum = raw.reduce((total, value) => total + value, 0);
  return { start, weights: sum === 0 ? raw : raw.map((value) => value / sum) };
}

/** Returns the weights of the nearest pixels. Beyond an edge, the pixel at the edge counts again. */
function neighbourWeights(center: number, source: number, _: number, { support, weight }: Kernel): Weights {
  const first = Math.floor(center - 0.5) - (support - 1);
  const start = Math.max(0, Math.min(source - 1, first));
  const weights: number[] = [];
  for (let index = first; index < first + 2 * support; index++) {
    const at = Math.max(0, Math.min(source - 1, index)) - start;
    weights[at] = (weights[at] ?? 0) + weight(index + 0.5 - center);
  }
  return { start, weights };
}

const fixedPoint = (weight: number): number => Math.trunc(weight * 2 ** WEIGHT_BITS + (weight < 0 ? -0.5 : 0.5));

/** Returns which source rows the results depend on. */
function usedRows({ starts, weights, taps }: AxisWeights, height: number): Uint8Array {
  const used = new Uint8Array(height);
  for (let i = 0; i < weights.length; i++)
    if (weights[i] !== 0) used[(starts[Math.floor(i / taps)] ?? 0) + (i % taps)] = 1;
  return used;
}

/** Resizes each used row across, and adds it to the result's rows that depend on it: memory for one row and the sums. */
async function resizeBoth(pixels: Uint8Array, source: Size, across: AxisWeights, down: AxisWeights) {
  const rowBytes = across.starts.length * CHANNELS;
  const used = usedRows(down, source.height);
  const productsPerRow = rowBytes * across.taps;
  if (used.reduce((count, one) => count + one, 0) * productsPerRow > MAX_PRODUCTS) throw new RangeError(TOO_SLOW);
  const rowsPerChunk = Math.max(1, Math.floor(PRODUCTS_PER_CHUNK / productsPerRow));
  const row = new Uint8ClampedArray(rowBytes);
  const sums = new Int32Array(down.starts.length * rowBytes).fill(HALF);
  for (let y = 0, first = 0, done = 0; y < source.height; y++) {
    if (used[y] === 0) continue;
    resizeRow(pixels, y * source.width * CHANNELS, across, row);
    first = addRow(row, y, down, sums, first);
    if (++done % rowsPerChunk === 0) await setImmediate();
  }
  const result = new Uint8ClampedArray(sums.length);
  for (let i = 0; i < sums.length; i++) result[i] = (sums[i] ?? 0) >> WEIGHT_BITS;
  return new Uint8Array(result.buffer);
}

function resizeRow(
  pixels: Uint8Array,
  begin: number,
  { starts, weights, taps }: AxisWeights,
  row: Uint8ClampedArray,
): void {
  for (let x = 0; x < starts.length; x++) {
    let red = HALF;
    let green = HALF;
    let blue = HALF;
    for (let tap = 0, at = begin + (starts[x] ?? 0) * CHANNELS; tap < taps; tap++, at += CHANNELS) {
      const weight = weights[x * taps + tap] ?? 0;
      if (weight === 0) continue; // also keeps `at` within the row
      red += weight * (pixels[at] ?? 0);
      green += weight * (pixels[at + 1] ?? 0);
      blue += weight * (pixels[at + 2] ?? 0);
    }
    row[x * CHANNELS] = red >> WEIGHT_BITS;
    row[x * CHANNELS + 1] = green >> WEIGHT_BITS;
    row[x * CHANNELS + 2] = blue >> WEIGHT_BITS;
  }
}

/** Adds source row `y` to the sums of all rows that depend on it. Returns the first row that may depend on a later one. */
function addRow(
  row: Uint8ClampedArray,
  y: number,
  { starts, weights, taps }: AxisWeights,
  sums: Int32Array,
  first: number,
) {
  let next = first;
  for (let i = first; i < starts.length && (starts[i] ?? 0) <= y; i++) {
    const tap = y - (starts[i] ?? 0);
    if (tap >= taps) {
      next = i + 1;
      continue;
    }
    const weight = weights[i * taps + tap] ?? 0;
    const at = i * row.length;
    if (weight !== 0) for (let x = 0; x < row.length; x++) sums[at + x] = (sums[at + x] ?? 0) + weight * (row[x] ?? 0);
  }
  return next;
}
