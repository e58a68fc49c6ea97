/**
 * Paths of the images of a split in their archive: a file with random access by the number of the image. It begins with the number of
 * images and the offset of each path, as 32-bit little-endian integers; the paths follow in UTF-8.
 */
import { type FileHandle, open } from 'node:fs/promises';
import type { SplitName } from '../contracts/datasets/dataset-content.js';
import { mapInChunks } from '../files/bounded-reads.js';
import { writeDurably } from '../files/durable.js';
import { hasCode } from '../files/error-codes.js';
import { readAt } from '../files/read-at.js';
import { corrupt } from './idx.js';

/** Name of the file in the data set's folder. */
export const pathsFileOf = (split: SplitName): string => `${split}-paths.bin`;

const INTEGER_BYTES = 4;
/** Bytes before the offsets. */
const HEADER_BYTES = INTEGER_BYTES;
/** Longest path in bytes: an archive's paths have at most 1,024 characters. */
const MAX_PATH_BYTES = 4_096;
/** Paths encoded at once, so that a million of them need no second copy as one text. */
const CHUNK_PATHS = 4_096;

/** Writes the paths of a split, in the order of its images. */
export async function writePaths(file: string, paths: readonly string[]): Promise<void> {
  const header = Buffer.alloc(HEADER_BYTES + INTEGER_BYTES * (paths.length + 1));
  header.writeUInt32LE(paths.length, 0);
  let end = 0;
  for (const [index, path] of paths.entries()) {
    end += Buffer.byteLength(path);
    header.writeUInt32LE(end, HEADER_BYTES + INTEGER_BYTES * (index + 1));
  }
  const texts: Buffer[] = [];
  for (let from = 0; from < paths.length; from += CHUNK_PATHS)
    texts.push(Buffer.from(paths.slice(from, from + CHUNK_PATHS).join('')));
  await writeDurably(file, [header, ...texts]);
}

/**
 * Returns the paths of these images. Undefined if there is no such file: earlier versions kept no paths. Throws `dataset_corrupt` if
 * the file has no such image or is damaged.
 */
export async function readPaths(file: string, images: readonly number[]): Promise<string[] | undefined> {
  if (images.length === 0) return [];
  const opened = await open(file, 'r').catch((cause: unknown) => {
    if (hasCode(cause, 'ENOENT')) return undefined;
    throw corrupt(file, 'it cannot be read', cause);
  });
  if (opened === undefined) return undefined;
  try {
    const count = (await readExactly(opened, file, 0, HEADER_BYTES)).readUInt32LE(0);
    const runs = await mapInChunks(runsOf(images), (run) => readRun(opened, file, count, run));
    return runs.flat();
  } finally {
    await opened.close();
  }
}

/** Images that follow each other in the file. */
type Run = Readonly<{ first: number; length: number }>;

function runsOf(images: readonly number[]): Run[] {
  const runs: { first: number; length: number }[] = [];
  for (const image of images) {
    const last = runs.at(-1);
    if (last !== undefined && image === last.first + last.length && last.length < CHUNK_PATHS) last.length += 1;
    else runs.push({ first: image, length: 1 });
  }
  return runs;
}

async function readRun(opened: FileHandle, file: string, count: number, { first, length }: Run): Promise<string[]> {
  if (first + length > count) throw corrupt(file, `it has the paths of ${count} images`);
  const table = await readExactly(opened, file, HEADER_BYTES + INTEGER_BYTES * first, INTEGER_BYTES * (length + 1));
  const offsets = Array.from({ length: length + 1 }, (_, i) => table.readUInt32LE(INTEGER_BYTES * i));
  const [from = 0, to = 0] = [offsets[0], offsets.at(-1)];
  if (to < from || to - from > length * MAX_PATH_BYTES) throw corrupt(file, 'its offsets are wrong');
  const texts = await readExactly(opened, file, HEADER_BYTES + INTEGER_BYTES * (count + 1) + from, to - from);
  return Array.from({ length }, (_, i) =>
    texts.toString('utf8', (offsets[i] ?? 0) - from, (offsets[i + 1] ?? 0) - from),
  );
}

async function readExactly(opened: FileHandle, file: string, position: number, length: number): Promise<Buffer> {
  const bytes = await readAt(opened, position, length);
  if (bytes.length < length) throw corrupt(file, `it has fewer than ${position + length} bytes`);
  return bytes;
}
