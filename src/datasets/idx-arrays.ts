/** idx files of other origin, such as MNIST's: unsigned bytes with any number of dimensions. */
import { ArrayError, type NpyArray } from './npy.js';

const UNSIGNED_BYTE = 0x08;

/** Tells whether a file begins like an idx file of unsigned bytes with 1–4 dimensions. */
export const isIdx = (file: Uint8Array): boolean =>
  file.length >= 8 &&
  file[0] === 0 &&
  file[1] === 0 &&
  file[2] === UNSIGNED_BYTE &&
  [1, 2, 3, 4].includes(file[3] ?? 0);

/** Reads an idx file as an array. Throws `ArrayError`. */
export function readIdxArray(file: Uint8Array): NpyArray {
  if (!isIdx(file)) throw new ArrayError('is no idx file of unsigned bytes');
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const dimensions = file[3] ?? 0;
  const at = 4 + 4 * dimensions;
  if (file.length < at) throw new ArrayError('is cut off');
  const shape = Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i));
  const length = shape.reduce((product, size) => product * size, 1);
  if (file.length < at + length)
    throw new ArrayError(`is cut off: its values have ${file.length - at} bytes, not ${length}`);
  const valueAt = (index: number): number => file[at + index] ?? 0;
  return { shape, kind: 'integer', length, valueAt, textAt: (index) => String(valueAt(index)) };
}
