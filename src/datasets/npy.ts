/** Reader of NumPy's npy files: header and values of an array. */

export type NpyArray = Readonly<{
  shape: readonly number[];
  /** Values as numbers; texts for arrays of strings. */
  kind: 'integer' | 'float' | 'boolean' | 'text';
  length: number;
  valueAt(index: number): number;
  textAt(index: number): string;
}>;

/** Fault of an array, as a predicate ("is damaged"). */
export class ArrayError extends Error {}

const MAGIC = '\x93NUMPY';
const HEADER = /^\{'descr': '([^']*)', 'fortran_order': (True|False), 'shape': \(([\d, ]*)\),? \}/;

/** Number readers of little-endian values, by NumPy's type. */
const readers: Readonly<
  Record<string, readonly [bytes: number, kind: NpyArray['kind'], read: (view: DataView, at: number) => number]>
> = {
  b1: [1, 'boolean', (view, at) => view.getUint8(at)],
  u1: [1, 'integer', (view, at) => view.getUint8(at)],
  i1: [1, 'integer', (view, at) => view.getInt8(at)],
  u2: [2, 'integer', (view, at) => view.getUint16(at, true)],
  i2: [2, 'integer', (view, at) => view.getInt16(at, true)],
  u4: [4, 'integer', (view, at) => view.getUint32(at, true)],
  i4: [4, 'integer', (view, at) => view.getInt32(at, true)],
  u8: [8, 'integer', (view, at) => Number(view.getBigUint64(at, true))],
  i8: [8, 'integer', (view, at) => Number(view.getBigInt64(at, true))],
  f4: [4, 'float', (view, at) => view.getFloat32(at, true)],
  f8: [8, 'float', (view, at) => view.getFloat64(at, true)],
};

/** Reads an array of numbers or strings in C order. Throws `ArrayError`. */
export function readNpy(file: Uint8Array): NpyArray {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  const { type, isFortran, shape, at } = readHeader(bytes);
  const length = shape.reduce((product, size) => product * size, 1);
  if (isFortran && shape.filter((size) => size > 1).length > 1)
    throw new ArrayError('is in Fortran order: save np.ascontiguousarray of it');
  const data = bytes.subarray(at);
  const [, order = '', name = ''] = /^([<>|=])(.*)$/.exec(type) ?? [];
  const texts = /^(U|S)(\d+)$/.exec(name);
  if (texts !== null && order !== '>')
    return textArray(data, { shape, length, isWide: texts[1] === 'U', width: Number(texts[2]) });
  const reader = readers[name];
  if (reader === undefined || (order === '>' && reader[0] > 1))
    throw new ArrayError(
      type.endsWith('O')
        ? 'contains Python objects (pickle), which are not read: save an array of numbers'
        : `has the type ${type.slice(0, 20)}, which is not supported: save it as uint8, float32 or an integer type`,
    );
  const [width, kind, read] = reader;
  requireLength(data, length * width);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return {
    shape,
    kind,
    length,
    valueAt: (index) => read(view, index * width),
    textAt: (index) => String(read(view, index * width)),
  };
}

function readHeader(bytes: Buffer) {
  if (bytes.toString('latin1', 0, 6) !== MAGIC) throw new ArrayError('is no npy array');
  const isFirst = bytes[6] === 1;
  if (bytes.length < 12) throw new ArrayError('is cut off');
  const [from, length] = isFirst ? [10, bytes.readUInt16LE(8)] : [12, bytes.readUInt32LE(8)];
  const [, type = '', fortran = '', sizes = ''] =
    HEADER.exec(bytes.toString('latin1', from, from + Math.min(length, 4096))) ?? [];
  if (type === '' || length > 2 ** 16) throw new ArrayError('has a header that cannot be read: save one plain array');
  const shape = sizes
    .split(',')
    .filter((size) => size.trim() !== '')
    .map(Number);
  if (shape.some((size) => !Number.isSafeInteger(size)) || shape.length > 8)
    throw new ArrayError('has an impossible shape');
  return { type, isFortran: fortran === 'True', shape, at: from + length };
}

function requireLength({ length }: Buffer, expected: number): void {
  if (length < expected) throw new ArrayError(`is cut off: its values have ${length} bytes, not ${expected}`);
}

type TextShape = Readonly<{ shape: readonly number[]; length: number; isWide: boolean; width: number }>;

/** Strings have a fixed width, in 4-byte characters (`U`) or bytes (`S`), and end at the first zero. */
function textArray(data: Buffer, { shape, length, isWide, width }: TextShape): NpyArray {
  const bytes = width * (isWide ? 4 : 1);
  requireLength(data, length * bytes);
  const wide = (at: number): string => {
    const points = Array.from({ length: width }, (_, i) => data.readUInt32LE(at + 4 * i)).filter(
      (point) => point !== 0,
    );
    return points.map((point) => String.fromCodePoint(Math.min(point, 0x10ffff))).join('');
  };
  const textAt = (index: number): string =>
    isWide ? wide(index * bytes) : data.toString('utf8', index * bytes, (index + 1) * bytes).replace(/\0.*$/s, '');
  return { shape, kind: 'text', length, valueAt: () => Number.NaN, textAt };
}
