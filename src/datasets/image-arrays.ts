/** Images in arrays of NumPy or idx files, and their encoding as BMP files for the decoder. */
import { ArrayError, type NpyArray } from './npy.js';

export type ImageArray = Readonly<{
  count: number;
  height: number;
  width: number;
  /** Returns an image as a BMP file of 24 bits a pixel. */
  bmp(index: number): Uint8Array;
}>;

/** Offsets of an image's values: `stride` values per image, and those between rows, columns and channels. */
type Strides = Readonly<{
  height: number;
  width: number;
  channels: number;
  row: number;
  column: number;
  channel: number;
}>;

/**
 * Returns the images of an array: N × H × W, N × H × W × C or N × C × H × W with 1 or 3 channels, of bytes, or of floats in 0–1 or 0–255.
 * Throws `ArrayError`.
 */
export function imagesOf(array: NpyArray): ImageArray {
  const strides = stridesOf(array.shape);
  const { height, width, channels } = strides;
  const [count = 0] = array.shape;
  const factor = factorOf(array);
  const size = height * width * channels;
  return {
    ...{ count, height, width },
    bmp: (index) => encodeBmp(strides, (offset) => Math.round(factor * array.valueAt(index * size + offset))),
  };
}

const isChannels = (size: number | undefined): boolean => size === 1 || size === 3;

function stridesOf(shape: readonly number[]): Strides {
  const [count = 0, first = 0, second = 0, third] = shape;
  if (count > 0 && first > 0 && second > 0) {
    if (shape.length === 3) return { height: first, width: second, channels: 1, row: second, column: 1, channel: 0 };
    if (shape.length === 4 && isChannels(third)) {
      const channels = third ?? 1;
      return { height: first, width: second, channels, row: second * channels, column: channels, channel: 1 };
    }
    if (shape.length === 4 && isChannels(first) && third !== undefined && third > 0)
      return { height: second, width: third, channels: first, row: third, column: 1, channel: second * third };
  }
  throw new ArrayError(
    `has the shape ${shape.join(' × ')}, and images are N × height × width, perhaps × 1 or 3 channels`,
  );
}

/** Returns the factor that makes values 0–255. Reads all values of a float array once. */
function factorOf({ kind, length, valueAt }: NpyArray): number {
  if (kind === 'boolean') return 255;
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let index = 0; index < length; index++) {
    const value = valueAt(index);
    if (!(value >= 0)) throw new ArrayError(`has the value ${value}, and pixels are 0–255, or 0–1 as floats`);
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  if (most > 255) throw new ArrayError(`has the value ${most}, and pixels are 0–255, or 0–1 as floats`);
  return kind === 'float' && most <= 1 ? 255 : 1;
}

const HEADER_BYTES = 54;

/** Encodes an image without compression: rows from the bottom up, blue first, padded to 4 bytes. */
function encodeBmp(
  { height, width, channels, row, column, channel }: Strides,
  valueAt: (offset: number) => number,
): Uint8Array {
  const stride = Math.ceil((width * 3) / 4) * 4;
  const file = Buffer.alloc(HEADER_BYTES + stride * height);
  file.write('BM', 'latin1');
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(HEADER_BYTES, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(width, 18);
  file.writeInt32LE(height, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(24, 28);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [from, to] = [y * row + x * column, HEADER_BYTES + (height - 1 - y) * stride + x * 3];
      for (let c = 0; c < 3; c++) file[to + 2 - c] = valueAt(from + (channels === 1 ? 0 : c * channel));
    }
  return file;
}
