/** idx files, the format of MNIST and Fashion-MNIST: a magic number, the dimensions, then the bytes. */
import { TrainyardError } from '../errors.js';

export type IdxArray = Readonly<{ dimensions: readonly number[]; values: Uint8Array }>;

/** The third byte of the magic number of unsigned bytes; nothing else is read. */
const UNSIGNED_BYTE = 0x08;

/**
 * The array in an idx file of unsigned bytes. `values` is a view of `bytes`.
 * Throws `dataset_corrupt` where magic number, dimensions or length are not `expected`.
 */
export function readIdx(bytes: Uint8Array, expected: readonly number[], path: string): IdxArray {
  const header = 4 + 4 * expected.length;
  if (bytes.length < header) {
    throw corrupt(path, `it has ${bytes.length} bytes, too few for the header of ${header}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0);
  const expectedMagic = (UNSIGNED_BYTE << 8) | expected.length;
  if (magic !== expectedMagic) {
    throw corrupt(path, `its magic number is ${hexadecimal(magic)}, not ${hexadecimal(expectedMagic)}`);
  }
  const dimensions = expected.map((_, index) => view.getUint32(4 + 4 * index));
  if (dimensions.some((size, index) => size !== expected[index])) {
    throw corrupt(path, `its dimensions are ${dimensions.join('×')}, not ${expected.join('×')}`);
  }
  const size = expected.reduce((product, dimension) => product * dimension, 1);
  if (bytes.length !== header + size) {
    throw corrupt(path, `it has ${bytes.length} bytes, not ${header + size}`);
  }
  return { dimensions, values: new Uint8Array(bytes.buffer, bytes.byteOffset + header, size) };
}

/** The header of an idx file of unsigned bytes with these dimensions; its values follow. */
export function idxHeader(dimensions: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 + 4 * dimensions.length));
  view.setUint32(0, (UNSIGNED_BYTE << 8) | dimensions.length);
  for (const [index, size] of dimensions.entries()) view.setUint32(4 + 4 * index, size);
  return new Uint8Array(view.buffer);
}

/** The error of a data set file that cannot be used, and what to do about it. */
export function corrupt(path: string, reason: string, cause?: unknown): TrainyardError {
  return new TrainyardError(
    'dataset_corrupt',
    `The data set file ${path} cannot be used: ${reason}. Delete it and run \`npm start\` to fetch it again, or correct DATASETS_DIR; one that was imported is removed and imported again.`,
    { cause },
  );
}

const hexadecimal = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`;
