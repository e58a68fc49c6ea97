/** Values of tensors from the storages of a file. */
import type { ByteSource } from '../../files/byte-source.js';
import type { FileTensor } from '../file-tensor.js';
import { itemBytes, type StoredView } from './globals.js';
import { refusal } from './refusal.js';

/** Returns the offset of a storage in its file. Throws `invalid_weights` unless the file has this many bytes there. */
export type Locate = (key: string, bytes: number) => Promise<number>;

/** Returns a tensor that reads its numbers when it is asked for them. Memory: its own bytes, twice if it is not contiguous. */
export function fileTensor(source: ByteSource, view: StoredView, locate: Locate): FileTensor {
  const { storage, shape } = view;
  return { dtype: storage.dtype, shape, read: () => readView(source, view, locate) };
}

async function readView(
  source: ByteSource,
  { storage, offset, shape, strides }: StoredView,
  locate: Locate,
): Promise<Uint8Array> {
  const item = itemBytes(storage.dtype);
  const count = shape.reduce((product, size) => product * size, 1);
  if (count === 0) return new Uint8Array();
  const at = await locate(storage.key, storage.total * item);
  const span = shape.reduce((sum, size, axis) => sum + (size - 1) * (strides[axis] ?? 0), 1);
  const bytes = await source.read(at + (storage.start + offset) * item, span * item);
  if (bytes.length < span * item) throw refusal('it ends within a tensor');
  return isContiguous(shape, strides) ? bytes : gather(bytes, item, shape, strides);
}

/** Returns whether the numbers lie in row-major order without gaps. Strides of axes with one entry do not matter. */
function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
    const size = shape[axis] ?? 1;
    if (size !== 1 && strides[axis] !== expected) return false;
    expected *= size;
  }
  return true;
}

/** Copies the numbers into row-major order. */
function gather(bytes: Uint8Array, item: number, shape: readonly number[], strides: readonly number[]): Uint8Array {
  const count = shape.reduce((product, size) => product * size, 1);
  const result = new Uint8Array(count * item);
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; to += item) {
    for (let byte = 0; byte < item; byte += 1) result[to + byte] = bytes[from * item + byte] ?? 0;
    from += advance(index, shape, strides);
  }
  return result;
}

/** Moves a row-major index to the next entry. Returns by how many numbers its place in the storage changes. */
function advance(index: number[], shape: readonly number[], strides: readonly number[]): number {
  let moved = 0;
  for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
    const position = (index[axis] ?? 0) + 1;
    const stride = strides[axis] ?? 0;
    if (position < (shape[axis] ?? 1)) {
      index[axis] = position;
      return moved + stride;
    }
    moved -= (position - 1) * stride;
    index[axis] = 0;
  }
  return moved;
}
