/** Safetensors format: 8 bytes with the header's length, a JSON header, then the tensors, little-endian. */
import { TrainyardError } from '../errors/errors.js';

/** A tensor as in a file, in row-major order. */
export type StoredTensor = Readonly<{
  dtype: 'F32' | 'I32' | 'I64' | 'U8';
  shape: readonly number[];
  bytes: Uint8Array;
}>;

const LENGTH_BYTES = 8;
/** The data begins at a multiple of this, so that typed arrays can view it without a copy. */
const ALIGNMENT = 8;

type Entry = Readonly<{ dtype: StoredTensor['dtype']; shape: number[]; data_offsets: [number, number] }>;

/** Encodes a file as parts: its head, then the bytes of each tensor, not copied. `metadata` is the first entry of the header. */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>>,
): [head: Uint8Array, ...data: Uint8Array[]] {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { dtype, shape, bytes }] of tensors) {
    header[name] = { dtype, shape, data_offsets: [offset, offset + bytes.length] };
    offset += bytes.length;
  }
  const json = Buffer.from(JSON.stringify(header));
  const head = Buffer.alloc(LENGTH_BYTES + Math.ceil(json.length / ALIGNMENT) * ALIGNMENT, ' ');
  head.writeBigUInt64LE(BigInt(head.length - LENGTH_BYTES));
  json.copy(head, LENGTH_BYTES);
  return [head, ...[...tensors.values()].map(({ bytes }) => bytes)];
}

/** Location of a tensor in a file: byte `start` to before byte `end`. */
export type TensorLocation = Readonly<{
  dtype: StoredTensor['dtype'];
  shape: readonly number[];
  start: number;
  end: number;
}>;
export type SafetensorsHead = Readonly<{
  metadata: Readonly<Record<string, string>>;
  tensors: ReadonlyMap<string, TensorLocation>;
  /** Size of the file according to its last tensor, in bytes. */
  size: number;
}>;

/** Returns the size of a file's head, from its first 8 bytes. Throws `internal` if the file is shorter. */
export function headBytes(start: Uint8Array, fileSize: number): number {
  const buffer = Buffer.from(start.buffer, start.byteOffset, start.byteLength);
  const bytes = buffer.length < LENGTH_BYTES ? Number.NaN : LENGTH_BYTES + Number(buffer.readBigUInt64LE());
  if (!(bytes <= fileSize)) throw new TrainyardError('internal', 'The file ends in its header.');
  return bytes;
}

/** Decodes the head of a file: its first `headBytes` bytes. Throws a `SyntaxError` if the header is not JSON. */
export function decodeHead(head: Uint8Array): SafetensorsHead {
  const { buffer, byteOffset, byteLength } = head;
  const json = JSON.parse(Buffer.from(buffer, byteOffset, byteLength).toString('utf8', LENGTH_BYTES));
  const { __metadata__: metadata = {}, ...entries } = json as Record<string, unknown>;
  const tensors = new Map<string, TensorLocation>();
  let size = head.length;
  for (const [name, entry] of Object.entries(entries as Record<string, Entry>)) {
    const [start, end] = entry.data_offsets.map((offset) => head.length + offset) as [number, number];
    tensors.set(name, { dtype: entry.dtype, shape: entry.shape, start, end });
    size = Math.max(size, end);
  }
  return { metadata: metadata as Record<string, string>, tensors, size };
}

/** Decodes a file; the tensors are views of it. Throws `internal` if the file is cut off. */
export function decodeSafetensors(file: Uint8Array): {
  metadata: Readonly<Record<string, string>>;
  tensors: Map<string, StoredTensor>;
} {
  const { metadata, tensors } = decodeHead(file.subarray(0, headBytes(file, file.length)));
  const found = [...tensors].map(([name, { dtype, shape, start, end }]) => {
    if (end > file.length) throw new TrainyardError('internal', `The file ends in the middle of "${name}".`);
    return [name, { dtype, shape, bytes: file.subarray(start, end) }] as const;
  });
  return { metadata, tensors: new Map(found) };
}

/** Returns the bytes of float32 numbers without a copy. */
export const bytesOfFloats = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Returns the numbers of an F32 tensor. Copies them only if they are not aligned to 4 bytes. */
export function floatsOf({ bytes }: Pick<StoredTensor, 'bytes'>): Float32Array {
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes);
  return new Float32Array(buffer, byteOffset, byteLength / 4);
}
