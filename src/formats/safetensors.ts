/** The safetensors format: 8 bytes header length, a JSON header, then the numbers, little-endian. */
import { TrainyardError } from '../errors/errors.js';

/** One tensor as it lies in a file: numbers in row-major order. */
export type StoredTensor = Readonly<{ dtype: 'F32' | 'I64' | 'U8'; shape: readonly number[]; bytes: Uint8Array }>;

const LENGTH_BYTES = 8;
/** The data begins at a multiple of this, so that numbers can be looked at where they lie. */
const ALIGNMENT = 8;

type Entry = Readonly<{ dtype: StoredTensor['dtype']; shape: number[]; data_offsets: [number, number] }>;

/** The file in parts: its head, then each tensor's own bytes, not copied. `metadata` is the first entry of the header. */
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

/** Where a tensor lies in a file: from `start` to before `end`, in bytes. */
export type Placed = Readonly<{ dtype: StoredTensor['dtype']; shape: readonly number[]; start: number; end: number }>;
export type SafetensorsHead = Readonly<{
  metadata: Readonly<Record<string, string>>;
  tensors: ReadonlyMap<string, Placed>;
  /** Of the whole file, by the last of its tensors. */
  size: number;
}>;

/** How many bytes of a file are its head, by the first 8 of it. Throws `internal` where that cannot be. */
export function headBytes(start: Uint8Array, fileSize: number): number {
  const buffer = Buffer.from(start.buffer, start.byteOffset, start.byteLength);
  const bytes = buffer.length < LENGTH_BYTES ? Number.NaN : LENGTH_BYTES + Number(buffer.readBigUInt64LE());
  if (!(bytes <= fileSize)) throw new TrainyardError('internal', 'The file ends in its header.');
  return bytes;
}

/** Reads the head of a file, all of `headBytes`. Throws `internal` where it is not in this format. */
export function decodeHead(head: Uint8Array): SafetensorsHead {
  const { buffer, byteOffset, byteLength } = head;
  const json = JSON.parse(Buffer.from(buffer, byteOffset, byteLength).toString('utf8', LENGTH_BYTES));
  const { __metadata__: metadata = {}, ...entries } = json as Record<string, unknown>;
  const tensors = new Map<string, Placed>();
  let size = head.length;
  for (const [name, entry] of Object.entries(entries as Record<string, Entry>)) {
    const [start, end] = entry.data_offsets.map((offset) => head.length + offset) as [number, number];
    tensors.set(name, { dtype: entry.dtype, shape: entry.shape, start, end });
    size = Math.max(size, end);
  }
  return { metadata: metadata as Record<string, string>, tensors, size };
}

/** Reads a whole file; the tensors are views of it. Throws `internal` where it is not in this format. */
export function decodeSafetensors(file: Uint8Array): {
  metadata: Readonly<Record<string, string>>;
  tensors: Map<string, StoredTensor>;
} {
  const { metadata, tensors } = decodeHead(file.subarray(0, headBytes(file, file.length)));
  const found = [...tensors].map(([name, { dtype, shape, start, end }]) => {
    if (end > file.length) throw new TrainyardError('internal', `The file ends before "${name}" does.`);
    return [name, { dtype, shape, bytes: file.subarray(start, end) }] as const;
  });
  return { metadata, tensors: new Map(found) };
}

/** Float32 numbers as the bytes of a tensor, not copied. */
export const bytesOfFloats = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** The bytes of an F32 tensor as numbers; copied only where they lie at an odd place. */
export function floatsOf({ bytes }: Pick<StoredTensor, 'bytes'>): Float32Array {
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes);
  return new Float32Array(buffer, byteOffset, byteLength / 4);
}
