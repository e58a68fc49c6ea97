/** Reader and writer of idx files, the format of MNIST: a magic number, the dimensions, then the values. */
import { TrainyardError } from '../errors/errors.js';
import type { Labels } from './loaded-dataset.js';

export type IdxArray = Readonly<{ dimensions: readonly number[]; values: Uint8Array }>;

/** Third byte of the magic number: unsigned bytes, or 16-bit numbers for labels of more than 256 classes. */
const UNSIGNED_BYTE = 0x08;
const SHORT = 0x0b;
/** Largest label that fits into a byte. */
const MAX_BYTE = 255;

/**
 * Reads an idx file of unsigned bytes; `values` is a view of `bytes`. Throws `dataset_corrupt` if the magic number, the dimensions
 * or the length differ from `expected`.
 */
export function readIdx(bytes: Uint8Array, expected: readonly number[], path: string): IdxArray {
  return { dimensions: expected, values: readValues(bytes, expected, path, UNSIGNED_BYTE) };
}

/** Checks the header and returns a view of the values. */
function readValues(bytes: Uint8Array, expected: readonly number[], path: string, type: number): Uint8Array {
  const header = 4 + 4 * expected.length;
  if (bytes.length < header) {
    throw corrupt(path, `it has ${bytes.length} bytes, too few for the header of ${header}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0);
  const expectedMagic = (type << 8) | expected.length;
  if (magic !== expectedMagic) {
    throw corrupt(path, `its magic number is ${hexadecimal(magic)}, not ${hexadecimal(expectedMagic)}`);
  }
  const dimensions = expected.map((_, index) => view.getUint32(4 + 4 * index));
  if (dimensions.some((size, index) => size !== expected[index])) {
    throw corrupt(path, `its dimensions are ${dimensions.join('×')}, not ${expected.join('×')}`);
  }
  const size = (type === SHORT ? 2 : 1) * expected.reduce((product, dimension) => product * dimension, 1);
  if (bytes.length !== header + size) {
    throw corrupt(path, `it has ${bytes.length} bytes, not ${header + size}`);
  }
  return new Uint8Array(bytes.buffer, bytes.byteOffset + header, size);
}

/** Reads the labels of `classes` classes. Throws `dataset_corrupt` like `readIdx`. */
export function readLabels(bytes: Uint8Array, samples: number, classes: number, path: string): Labels {
  return decodeLabels(readValues(bytes, [samples], path, labelBytes(classes) === 1 ? UNSIGNED_BYTE : SHORT), classes);
}

/** Returns the bytes of a label of `classes` classes: 1 or 2. */
export const labelBytes = (classes: number): 1 | 2 => (classes - 1 <= MAX_BYTE ? 1 : 2);

/** Returns the labels in these values of an idx file. */
export function decodeLabels(values: Uint8Array, classes: number): Labels {
  if (labelBytes(classes) === 1) return values;
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  return Uint16Array.from({ length: values.length / 2 }, (_, index) => view.getUint16(2 * index));
}

/** Returns an idx file of labels of `classes` classes. */
export function encodeLabels(labels: readonly number[], classes: number): Uint8Array {
  const isByte = labelBytes(classes) === 1;
  const header = idxHeader([labels.length], isByte ? UNSIGNED_BYTE : SHORT);
  if (isByte) return Buffer.concat([header, Uint8Array.from(labels)]);
  const values = Buffer.alloc(2 * labels.length);
  for (const [index, label] of labels.entries()) values.writeUInt16BE(label, 2 * index);
  return Buffer.concat([header, values]);
}

/** Returns the header of an idx file with these dimensions. The values follow it. */
export function idxHeader(dimensions: readonly number[], type = UNSIGNED_BYTE): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 + 4 * dimensions.length));
  view.setUint32(0, (type << 8) | dimensions.length);
  for (const [index, size] of dimensions.entries()) view.setUint32(4 + 4 * index, size);
  return new Uint8Array(view.buffer);
}

/** Returns the error for a data set file that cannot be used. `reason` is a clause. */
export function corrupt(path: string, reason: string, cause?: unknown): TrainyardError {
  return new TrainyardError(
    'dataset_corrupt',
    `The data set file ${path} cannot be used: ${reason}. Built-in data set: delete the file and run \`npm start\` to fetch it again, or correct DATASETS_DIR. Imported data set: remove it and import it again.`,
    { cause },
  );
}

const hexadecimal = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`;
