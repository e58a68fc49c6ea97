/** Random access to the images of a split: reads single images and labels, and never loads the split. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { readAt } from '../files/read-at.js';
import { corrupt, decodeLabels, labelBytes } from './idx.js';
import { readPaths } from './image-paths.js';
import type { DatasetFile, SplitSource } from './loaded-dataset.js';

/** Labels read at once. */
const CHUNK_LABELS = 2 ** 16;
/** Digits of the digest that are the version. */
const VERSION_DIGITS = 16;

type IdxSplit = Readonly<{
  /** Dimensions of the idx file of the images. */
  shape: readonly number[];
  classes: number;
  images: DatasetFile;
  labels: DatasetFile;
  /** File with the paths of the images. Absent for built-in data sets. */
  paths?: string;
}>;

/** Returns the source of a split in idx files. Trusts their headers, which are checked when a job begins. */
export function idxSource({ shape: [samples = 0, ...image], classes, images, labels, paths }: IdxSplit): SplitSource {
  const imageBytes = image.reduce((product, size) => product * size, 1);
  const [imagesAt, labelsAt, width] = [4 + 4 * (1 + image.length), 8, labelBytes(classes)];
  return {
    samples,
    version: images.sha256.slice(0, VERSION_DIGITS),
    pixels: (index) => readRange(images, imagesAt + index * imageBytes, imageBytes),
    async labels(from, count) {
      const bytes = await readRange(labels, labelsAt + from * width, Math.min(count, samples - from) * width);
      return decodeLabels(bytes, classes);
    },
    ...(paths !== undefined && { paths: (wanted: readonly number[]) => readPaths(paths, wanted) }),
  };
}

/** Reads `length` uncompressed bytes of a file. Throws `dataset_corrupt` if it cannot be read or is shorter. */
async function readRange({ path, compressed }: DatasetFile, start: number, length: number): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = compressed ? await readCompressed(path, start, length) : await readPlain(path, start, length);
  } catch (cause) {
    throw corrupt(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (bytes.length < length) throw corrupt(path, `it has fewer than ${start + length} bytes`);
  return bytes;
}

async function readPlain(path: string, start: number, length: number): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    return await readAt(file, start, length);
  } finally {
    await file.close();
  }
}

/** Decompresses everything before the range as well, piece by piece: gzip has no random access. */
async function readCompressed(path: string, start: number, length: number): Promise<Uint8Array> {
  const source = createReadStream(path);
  const unpacked = createGunzip();
  source.once('error', (error) => unpacked.destroy(error));
  const found: Buffer[] = [];
  let at = 0;
  try {
    for await (const chunk of source.pipe(unpacked) as AsyncIterable<Buffer>) {
      found.push(chunk.subarray(Math.max(0, start - at), Math.max(0, start + length - at)));
      at += chunk.length;
      if (at >= start + length) break;
    }
  } finally {
    source.destroy();
  }
  return Buffer.concat(found);
}

/** Reads the last image and the last label of a split, if there is one. Throws `dataset_corrupt` if a file is missing or too short. */
export async function requireWhole(source: SplitSource | undefined): Promise<void> {
  if (source === undefined || source.samples === 0) return;
  const last = source.samples - 1;
  await Promise.all([source.pixels(last), source.labels(last, 1)]);
}

/** Counts the images of each class. Reads the labels piece by piece. */
export async function countClasses(source: SplitSource, classes: number): Promise<number[]> {
  const counts = new Array<number>(classes).fill(0);
  for (let from = 0; from < source.samples; from += CHUNK_LABELS)
    for (const label of await source.labels(from, CHUNK_LABELS)) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

/** Returns the labels of up to `limit` images from `from` on; with `label`, only images of that class. `next` continues. */
export async function findImages(
  source: SplitSource,
  { from, limit, label }: Readonly<{ from: number; limit: number; label: number | undefined }>,
): Promise<Readonly<{ images: { index: number; label: number }[]; next?: number }>> {
  const images: { index: number; label: number }[] = [];
  const chunk = label === undefined ? limit : CHUNK_LABELS;
  for (let at = from; at < source.samples; at += chunk) {
    const labels = await source.labels(at, chunk);
    for (const [offset, found] of labels.entries()) {
      if (label !== undefined && found !== label) continue;
      if (images.length === limit) return { images, next: at + offset };
      images.push({ index: at + offset, label: found });
    }
  }
  return { images };
}
