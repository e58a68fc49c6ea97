/** The safetensors format: 8 bytes header length, a JSON header, then the numbers, little-endian. */
import { TrainyardError } from './errors.js';

/** One tensor as it lies in a file: numbers in row-major order. */
export type StoredTensor = Readonly<{ dtype: 'F32' | 'I64'; shape: readonly number[]; bytes: Uint8Array }>;

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

/** Reads a whole file; the tensors are views of it. Throws `internal` where it is not in this format. */
export function decodeSafetensors(file: Uint8Array): {
  metadata: Record<string, string>;
  tensors: Map<string, StoredTensor>;
} {
  const buffer = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const length = buffer.length < LENGTH_BYTES ? Number.NaN : Number(buffer.readBigUInt64LE());
  if (!(LENGTH_BYTES + length <= buffer.length)) throw new TrainyardError('internal', 'The file ends in its header.');
  const header = JSON.parse(buffer.toString('utf8', LENGTH_BYTES, LENGTH_BYTES + length)) as Record<string, unknown>;
  const { __metadata__: metadata = {}, ...entries } = header;
  const data = file.subarray(LENGTH_BYTES + length);
  const tensors = Object.entries(entries as Record<string, Entry>).map(([name, { dtype, shape, data_offsets }]) => {
    const bytes = data.subarray(...data_offsets);
    if (bytes.length !== data_offsets[1] - data_offsets[0])
      throw new TrainyardError('internal', `The file ends before "${name}" does.`);
    return [name, { dtype, shape, bytes }] as const;
  });
  return { metadata: metadata as Record<string, string>, tensors: new Map(tensors) };
}

/** Float32 numbers as the bytes of a tensor, not copied. */
export const bytesOfFloats = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** The bytes of an F32 tensor as numbers; copied only where they lie at an odd place. */
export function floatsOf({ bytes }: Pick<StoredTensor, 'bytes'>): Float32Array {
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes);
  return new Float32Array(buffer, byteOffset, byteLength / 4);
}
