/**
 * File format of checkpoints: safetensors, with the SHA-256 of the whole file in its header. Files are written and read in pieces,
 * because they may exceed the size of one buffer or one system call.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { Compile } from 'typebox/compile';
import { CheckpointHeader } from '../contracts/processes/checkpoint-header.js';
import { TrainyardError } from '../errors/errors.js';
import { writeDurably } from '../files/durable.js';
import { createSha256 } from '../files/sha256.js';
import {
  bytesOfFloats,
  decodeHead,
  encodeSafetensors,
  headBytes,
  type SafetensorsHead,
  type StoredTensor,
} from '../formats/safetensors.js';

/** Tensors of a run by name. */
export type CheckpointTensors = ReadonlyMap<string, Readonly<{ shape: readonly number[]; values: Float32Array }>>;
export type Checkpoint = Readonly<{ header: CheckpointHeader; tensors: CheckpointTensors }>;

const FORMAT = 'trainyard-checkpoint/1';
/** The digest is the first value of the header, so its offset is fixed. It is computed with zeros in its place. */
const BEFORE_DIGEST = '{"__metadata__":{"sha256":"';
const DIGEST_AT = 8 + BEFORE_DIGEST.length;
const NO_DIGEST = '0'.repeat(64);
const DIGEST_END = DIGEST_AT + NO_DIGEST.length;
/** Bytes read or hashed at once, far below the 2 GiB limit of a call. */
const PIECE = 2 ** 26;

const schema = Compile(CheckpointHeader);

/** Writes a checkpoint without copying its tensors, and waits until it is on the disk. The file must not exist yet. */
export async function writeCheckpoint(path: string, { header, tensors }: Checkpoint): Promise<void> {
  const stored = [...tensors].map(
    ([name, { shape, values }]) => [name, { dtype: 'F32', shape, bytes: bytesOfFloats(values) }] as const,
  );
  const metadata = { sha256: NO_DIGEST, format: FORMAT, checkpoint: JSON.stringify(header) };
  const parts = encodeSafetensors(new Map<string, StoredTensor>(stored), metadata);
  const hash = createSha256();
  for (const part of parts) hash.update(part);
  parts[0].set(Buffer.from(hash.digest()), DIGEST_AT);
  await writeDurably(path, parts);
}

/** Returns the checkpoint, or what is wrong with its file, as a clause. Throws if the file cannot be opened. */
export async function readCheckpoint(path: string, jobId: string): Promise<Checkpoint | string> {
  const file = await open(path);
  try {
    const found = await readWhole(file);
    if (found === undefined) return (await digestFault(file)) ?? 'its header cannot be read';
    const { head, tensors } = found;
    const header = headerOf(head);
    if (typeof header === 'string') return header;
    if (header.jobId !== jobId) return `it belongs to job ${header.jobId}`;
    return { header, tensors };
  } finally {
    await file.close();
  }
}

/** Reads a file once and verifies its digest on the way. Undefined if the file is damaged in any way. */
async function readWhole(
  file: FileHandle,
): Promise<Readonly<{ head: SafetensorsHead; tensors: CheckpointTensors }> | undefined> {
  const { size } = await file.stat();
  const bytes = await readHeadBytes(file).catch(() => undefined);
  const head = bytes && decoded(bytes);
  if (bytes === undefined || head === undefined || !isFilled(head, bytes.length, size)) return undefined;
  const hash = createSha256();
  const expected = takeDigest(bytes);
  hash.update(bytes);
  const tensors = await readTensors(file, head, (part) => hash.update(part));
  return hash.digest() === expected ? { head, tensors } : undefined;
}

/** Tells whether the tensors are all float32 and fill the file from the end of the header without gaps. */
function isFilled({ tensors }: SafetensorsHead, headLength: number, size: number): boolean {
  let offset = headLength;
  for (const { dtype, start, end } of tensors.values()) {
    const isValid = end >= start && (end - start) % Float32Array.BYTES_PER_ELEMENT === 0;
    if (dtype !== 'F32' || start !== offset || !isValid) return false;
    offset = end;
  }
  return offset === size;
}

function decoded(head: Uint8Array): SafetensorsHead | undefined {
  try {
    return decodeHead(head);
  } catch {
    return undefined;
  }
}

/** Returns the header of a checkpoint, or what is wrong with it, as a clause. Does not read the tensors. */
export async function describeCheckpoint(
  path: string,
): Promise<Readonly<{ header: CheckpointHeader; sha256: string }> | string> {
  const file = await open(path);
  try {
    const head = await readHead(file);
    const header = headerOf(head);
    return typeof header === 'string' ? header : { header, sha256: head.metadata['sha256'] ?? '' };
  } catch (error) {
    if (error instanceof TrainyardError || error instanceof SyntaxError) return 'its header cannot be read';
    throw error;
  } finally {
    await file.close();
  }
}

/** Reads the head of a safetensors file. Throws `internal` if the file is not in that format. */
export const readHead = async (file: FileHandle): Promise<SafetensorsHead> => decodeHead(await readHeadBytes(file));

async function readHeadBytes(file: FileHandle): Promise<Buffer> {
  const { size } = await file.stat();
  const bytes = headBytes(await readPart(file, 0, Math.min(8, size)), size);
  return readPart(file, 0, bytes);
}

/**
 * Reads the float32 tensors of a safetensors file, each into a buffer of its own; skips tensors of other types. Calls `onBytes` with
 * the bytes of each tensor, in order, while it reads the next one.
 */
export async function readTensors(
  file: FileHandle,
  head: SafetensorsHead,
  onBytes?: (bytes: Uint8Array) => void,
): Promise<CheckpointTensors> {
  const tensors = new Map<string, Readonly<{ shape: readonly number[]; values: Float32Array }>>();
  let previous: Uint8Array = new Uint8Array();
  for (const [name, { dtype, shape, start, end }] of head.tensors) {
    if (dtype !== 'F32') continue;
    const values = new Float32Array((end - start) / Float32Array.BYTES_PER_ELEMENT);
    const bytes = bytesOfFloats(values);
    const reading = fill(file, bytes, start);
    onBytes?.(previous);
    await reading;
    previous = bytes;
    tensors.set(name, { shape, values });
  }
  onBytes?.(previous);
  return tensors;
}

function headerOf({ metadata }: SafetensorsHead): CheckpointHeader | string {
  if (metadata['format'] !== FORMAT) return `its format is ${metadata['format']}, not ${FORMAT}`;
  const header: unknown = JSON.parse(metadata['checkpoint'] ?? 'null');
  return schema.Check(header) ? header : 'its header does not fit the schema';
}

/** Verifies a checkpoint's file by its own digest. Returns what is wrong, as a clause; undefined if it is intact. */
export async function digestFault(file: FileHandle): Promise<string | undefined> {
  const { size } = await file.stat();
  if (size < DIGEST_END) return 'it has no digest';
  let expected: string | undefined;
  const found = await digestOf(file, size, (first) => {
    expected = takeDigest(first);
  });
  if (expected === undefined) return 'it has no digest';
  return found === expected ? undefined : 'its digest does not match its content';
}

/** Returns the digest in the first bytes of a file and overwrites it with zeros. Undefined if there is none. */
function takeDigest(first: Buffer): string | undefined {
  if (first.toString('latin1', 8, DIGEST_AT) !== BEFORE_DIGEST) return undefined;
  const digest = first.toString('latin1', DIGEST_AT, DIGEST_END);
  first.write(NO_DIGEST, DIGEST_AT, 'latin1');
  return digest;
}

/** Verifies a file by a given digest. Returns what is wrong, as a clause; undefined if it is intact. */
export async function fileFault(file: FileHandle, sha256: string): Promise<string | undefined> {
  const found = await digestOf(file, (await file.stat()).size);
  return found === sha256 ? undefined : `its SHA-256 is ${found}, not ${sha256}`;
}

/** Returns the SHA-256 of the first `size` bytes. `change` may modify the first piece before it is hashed. */
async function digestOf(file: FileHandle, size: number, change?: (first: Buffer) => void): Promise<string> {
  const hash = createSha256();
  const buffer = Buffer.alloc(Math.min(PIECE, size));
  for (let start = 0; start < size; start += PIECE) {
    const piece = buffer.subarray(0, size - start);
    await fill(file, piece, start);
    if (start === 0) change?.(piece);
    hash.update(piece);
  }
  return hash.digest();
}

async function readPart(file: FileHandle, start: number, length: number): Promise<Buffer> {
  const part = Buffer.alloc(length);
  await fill(file, part, start);
  return part;
}

/** Fills `target` with the bytes from `start`. Throws `internal` if the file ends before. */
async function fill(file: FileHandle, target: Uint8Array, start: number): Promise<void> {
  for (let done = 0; done < target.length; ) {
    const length = Math.min(PIECE, target.length - done);
    const { bytesRead } = await file.read(target, done, length, start + done);
    if (bytesRead === 0) throw new TrainyardError('internal', 'The file ends in the middle of a tensor.');
    done += bytesRead;
  }
}
