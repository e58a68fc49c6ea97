/**
 * The file of a checkpoint: safetensors, with the SHA-256 of all its bytes in its header. It is written from parts and read
 * piece by piece, so that it may be larger than what one buffer or one call of the system takes.
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

/** Numbers of a run by name, each with its shape. */
export type CheckpointTensors = ReadonlyMap<string, Readonly<{ shape: readonly number[]; values: Float32Array }>>;
export type Checkpoint = Readonly<{ header: CheckpointHeader; tensors: CheckpointTensors }>;

const FORMAT = 'trainyard-checkpoint/1';
/** The digest is the first thing in the header: it is always at this place, and counts as zeros when it is computed. */
const BEFORE_DIGEST = '{"__metadata__":{"sha256":"';
const DIGEST_AT = 8 + BEFORE_DIGEST.length;
const NO_DIGEST = '0'.repeat(64);
const DIGEST_END = DIGEST_AT + NO_DIGEST.length;
/** Bytes read or hashed at once: far below the 2 GiB that a call takes. */
const PIECE = 2 ** 26;

const schema = Compile(CheckpointHeader);

/** Writes a checkpoint, the numbers not copied, and waits until it is on the disk. The file must not exist yet. */
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

/** The checkpoint, or what is wrong with its file. Throws where it cannot be opened. */
export async function readCheckpoint(path: string, jobId: string): Promise<Checkpoint | string> {
  const file = await open(path);
  try {
    const found = await readWhole(file);
    if (found === undefined) return (await digestFault(file)) ?? 'its header cannot be read';
    const { head, tensors } = found;
    const header = headerOf(head);
    if (typeof header === 'string') return header;
    if (header.jobId !== jobId) return `it is of job ${header.jobId}`;
    return { header, tensors };
  } finally {
    await file.close();
  }
}

/** A file that is as it was written, read once; undefined where it is not, whatever is wrong. */
async function readWhole(
  file: FileHandle,
): Promise<Readonly<{ head: SafetensorsHead; tensors: CheckpointTensors }> | undefined> {
  const { size } = await file.stat();
  const bytes = await readHeadBytes(file).catch(() => undefined);
  const head = bytes && decoded(bytes);
  if (bytes === undefined || head === undefined || !isFilled(head, bytes.length, size)) return undefined;
  const hash = createSha256();
  const said = takeDigest(bytes);
  hash.update(bytes);
  const tensors = await readTensors(file, head, (part) => hash.update(part));
  return hash.digest() === said ? { head, tensors } : undefined;
}

/** Whether the tensors of a head lie one behind the other, all of float32, and end where the file does. */
function isFilled({ tensors }: SafetensorsHead, headLength: number, size: number): boolean {
  let place = headLength;
  for (const { dtype, start, end } of tensors.values()) {
    const isWhole = end >= start && (end - start) % Float32Array.BYTES_PER_ELEMENT === 0;
    if (dtype !== 'F32' || start !== place || !isWhole) return false;
    place = end;
  }
  return place === size;
}

function decoded(head: Uint8Array): SafetensorsHead | undefined {
  try {
    return decodeHead(head);
  } catch {
    return undefined;
  }
}

/** What a checkpoint's file says of itself, or what is wrong with it. Its numbers are not looked at. */
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

/** The head of a safetensors file. Throws `internal` where it is not one. */
export const readHead = async (file: FileHandle): Promise<SafetensorsHead> => decodeHead(await readHeadBytes(file));

async function readHeadBytes(file: FileHandle): Promise<Buffer> {
  const { size } = await file.stat();
  const bytes = headBytes(await readPart(file, 0, Math.min(8, size)), size);
  return readPart(file, 0, bytes);
}

/**
 * The float32 tensors of a safetensors file, each in a buffer of its own; others are left out. `note` is given the bytes of each, in
 * order, while those of the next are read.
 */
export async function readTensors(
  file: FileHandle,
  head: SafetensorsHead,
  note?: (bytes: Uint8Array) => void,
): Promise<CheckpointTensors> {
  const tensors = new Map<string, Readonly<{ shape: readonly number[]; values: Float32Array }>>();
  let before: Uint8Array = new Uint8Array();
  for (const [name, { dtype, shape, start, end }] of head.tensors) {
    if (dtype !== 'F32') continue;
    const values = new Float32Array((end - start) / Float32Array.BYTES_PER_ELEMENT);
    const bytes = bytesOfFloats(values);
    const reading = fill(file, bytes, start);
    note?.(before);
    await reading;
    before = bytes;
    tensors.set(name, { shape, values });
  }
  note?.(before);
  return tensors;
}

function headerOf({ metadata }: SafetensorsHead): CheckpointHeader | string {
  if (metadata['format'] !== FORMAT) return `its format is ${metadata['format']}, not ${FORMAT}`;
  const header: unknown = JSON.parse(metadata['checkpoint'] ?? 'null');
  return schema.Check(header) ? header : 'its header does not fit the schema';
}

/** What is wrong with a checkpoint's file by the digest in it alone; undefined where it is as it was written. */
export async function digestFault(file: FileHandle): Promise<string | undefined> {
  const { size } = await file.stat();
  if (size < DIGEST_END) return 'it has no digest';
  let said: string | undefined;
  const found = await digestOf(file, size, (first) => {
    said = takeDigest(first);
  });
  if (said === undefined) return 'it has no digest';
  return found === said ? undefined : 'its digest does not match its content';
}

/** The digest that the beginning of a file has, which is zeros there afterwards; undefined where it has none. */
function takeDigest(first: Buffer): string | undefined {
  if (first.toString('latin1', 8, DIGEST_AT) !== BEFORE_DIGEST) return undefined;
  const digest = first.toString('latin1', DIGEST_AT, DIGEST_END);
  first.write(NO_DIGEST, DIGEST_AT, 'latin1');
  return digest;
}

/** What is wrong with a file whose digest must be this one; undefined where it is. */
export async function fileFault(file: FileHandle, sha256: string): Promise<string | undefined> {
  const found = await digestOf(file, (await file.stat()).size);
  return found === sha256 ? undefined : `its SHA-256 is ${found}, not ${sha256}`;
}

/** SHA-256 of the first `size` bytes; `change` may change the first piece before it counts. */
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

/** Reads as many bytes as `target` takes from `start` on. Throws `internal` where the file ends before. */
async function fill(file: FileHandle, target: Uint8Array, start: number): Promise<void> {
  for (let done = 0; done < target.length; ) {
    const length = Math.min(PIECE, target.length - done);
    const { bytesRead } = await file.read(target, done, length, start + done);
    if (bytesRead === 0) throw new TrainyardError('internal', 'The file ends before its numbers do.');
    done += bytesRead;
  }
}
