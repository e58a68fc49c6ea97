/** Writes the images and labels of a split as idx files, with what there is to know about its pixels. */
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createSha256, sha256OfFile } from '../files/sha256.js';
import { idxHeader, labelFile } from './idx.js';
import type { Labelled } from './layout.js';
import { imageShape } from './stored.js';

export type Size = Readonly<{ height: number; width: number; channels: 1 | 3 }>;

/** Files that are unpacked and decoded at once. */
export const AT_ONCE = 4;

type Options<Image> = Readonly<{
  size: Size;
  classes: number;
  images: string;
  labels: string;
  /** The pixels of an image; undefined for an image to leave out. */
  pixels(image: Image): Promise<Uint8Array | undefined>;
}>;

export type WrittenSplit = Awaited<ReturnType<typeof writeSplit>>;

/** Writes both files. The digests are those of their final bytes. */
export async function writeSplit<Image>(
  samples: readonly Labelled<Image>[],
  { size, classes, images, labels, pixels }: Options<Image>,
) {
  const statistics = createStatistics(size.channels);
  const kept: number[] = [];
  const writtenDigest = await writeHashed(images, async (write) => {
    await write(idxHeader(imageShape(size, samples.length)));
    const read = Readable.from(samples).map(
      async ({ image, label }: Labelled<Image>) => ({ label, bytes: await pixels(image) }),
      { concurrency: AT_ONCE },
    );
    for await (const { label, bytes } of read as AsyncIterable<{ label: number; bytes: Uint8Array | undefined }>) {
      if (bytes === undefined) continue;
      kept.push(label);
      statistics.add(bytes);
      await write(bytes);
    }
  });
  const isWhole = kept.length === samples.length;
  return {
    imagesDigest: isWhole ? writtenDigest : await rewriteHeader(images, imageShape(size, kept.length)),
    labelsDigest: await writeHashed(labels, (write) => write(labelFile(kept, classes))),
    samples: kept.length,
    labelsUsed: new Set(kept),
    ...statistics.of(),
  };
}

/** Corrects the dimensions of a file of which some images were left out, and answers with the digest it then has. */
async function rewriteHeader(path: string, dimensions: readonly number[]): Promise<string> {
  const file = await open(path, 'r+');
  try {
    const header = idxHeader(dimensions);
    await file.write(header, 0, header.length, 0);
    await file.sync();
  } finally {
    await file.close();
  }
  return sha256OfFile(path);
}

/** Writes a file that is on the disk when this resolves, with its SHA-256. */
async function writeHashed(
  path: string,
  fill: (write: (bytes: Uint8Array) => Promise<void>) => Promise<void>,
): Promise<string> {
  const file: FileHandle = await open(path, 'wx');
  const hash = createSha256();
  try {
    await fill(async (bytes) => {
      hash.update(bytes);
      await file.writeFile(bytes);
    });
    await file.sync();
    return hash.digest();
  } finally {
    await file.close();
  }
}

/** Mean and standard deviation per channel, of pixels from 0 to 1: exact sums over how often each value occurs. */
function createStatistics(channels: number) {
  const counts = Array.from({ length: channels }, () => new Float64Array(256));
  let first: Uint8Array | undefined;
  let areAlike = true;
  const six = (value: number): number => Math.round(value * 1e6) / 1e6;
  return {
    add(pixels: Uint8Array): void {
      first ??= pixels;
      areAlike &&= Buffer.compare(pixels, first) === 0;
      for (let channel = 0; channel < channels; channel++) {
        const of = counts[channel] as Float64Array;
        for (let i = channel; i < pixels.length; i += channels) {
          const value = pixels[i] as number;
          of[value] = (of[value] ?? 0) + 1;
        }
      }
    },
    /** `areAlike`: whether all images have the same pixels. */
    of(): Readonly<{ mean: number[]; std: number[]; areAlike: boolean }> {
      const moments = counts.map((of) => {
        const total = of.reduce((sum, count) => sum + count, 0);
        const mean = of.reduce((sum, count, value) => sum + count * value, 0) / total;
        const variance = of.reduce((sum, count, value) => sum + count * (value - mean) ** 2, 0) / total;
        return { mean: mean / 255, std: Math.sqrt(variance) / 255 };
      });
      return { mean: moments.map(({ mean }) => six(mean)), std: moments.map(({ std }) => six(std)), areAlike };
    },
  };
}
