/** Writer of a split: idx files of its images and labels, and statistics of its pixels. */
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createSha256, sha256OfFile } from '../files/sha256.js';
import { encodeLabels, idxHeader } from './idx.js';
import type { Labelled } from './placed-image.js';
import { imageShape } from './stored.js';

export type StoredSize = Readonly<{ height: number; width: number; channels: 1 | 3 }>;

/** Files unpacked and decoded at once. */
export const AT_ONCE = 4;

/** A decoded image: height × width × channels bytes, perhaps with more that is known about it. */
type WithPixels = Readonly<{ pixels: Uint8Array }>;

type SplitOptions<Image, Decoded extends WithPixels> = Readonly<{
  size: StoredSize;
  classes: number;
  images: string;
  labels: string;
  /** Returns an image with its pixels; undefined to leave it out. */
  read(image: Image): Promise<Decoded | undefined>;
  /** Called with each stored image, in their order. */
  onStored?(image: Labelled<Image>, index: number, decoded: Decoded): void;
}>;

export type WrittenSplit = Awaited<ReturnType<typeof writeSplit>>;

type Read<Image, Decoded> = Readonly<{ sample: Labelled<Image>; decoded: Decoded | undefined }>;

/** Writes both files. Returns their SHA-256, the number of images, the labels used and the pixel statistics. */
export async function writeSplit<Image, Decoded extends WithPixels>(
  samples: readonly Labelled<Image>[],
  { size, classes, images, labels, read, onStored }: SplitOptions<Image, Decoded>,
) {
  const statistics = createStatistics(size.channels);
  const kept: number[] = [];
  const digest = await writeHashed(images, async (write) => {
    await write(idxHeader(imageShape(size, samples.length)));
    const found = Readable.from(samples).map(
      async (sample: Labelled<Image>) => ({ sample, decoded: await read(sample.image) }),
      { concurrency: AT_ONCE },
    );
    for await (const { sample, decoded } of found as AsyncIterable<Read<Image, Decoded>>) {
      if (decoded === undefined) continue;
      onStored?.(sample, kept.length, decoded);
      kept.push(sample.label);
      statistics.add(decoded.pixels);
      await write(decoded.pixels);
    }
  });
  const isComplete = kept.length === samples.length;
  return {
    imagesDigest: isComplete ? digest : await rewriteHeader(images, imageShape(size, kept.length)),
    labelsDigest: await writeHashed(labels, (write) => write(encodeLabels(kept, classes))),
    samples: kept.length,
    labelsStored: kept,
    ...statistics.result(),
  };
}

/** Corrects the dimensions of a file after images were left out. Returns its new SHA-256. */
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

/** Writes a file and waits until it is on the disk. Returns its SHA-256. */
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

/** Computes mean and standard deviation per channel, of pixels in 0–1, exactly, from a histogram of the 256 values. */
function createStatistics(channels: number) {
  const counts = Array.from({ length: channels }, () => new Float64Array(256));
  let first: Uint8Array | undefined;
  let areIdentical = true;
  const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;
  return {
    add(pixels: Uint8Array): void {
      first ??= pixels;
      areIdentical &&= Buffer.compare(pixels, first) === 0;
      for (let channel = 0; channel < channels; channel++) {
        const histogram = counts[channel] as Float64Array;
        for (let i = channel; i < pixels.length; i += channels) {
          const value = pixels[i] as number;
          histogram[value] = (histogram[value] ?? 0) + 1;
        }
      }
    },
    /** `areIdentical`: all images have the same pixels. */
    result(): Readonly<{ mean: number[]; std: number[]; areIdentical: boolean }> {
      const moments = counts.map((histogram) => {
        const total = histogram.reduce((sum, count) => sum + count, 0);
        const mean = histogram.reduce((sum, count, value) => sum + count * value, 0) / total;
        const variance = histogram.reduce((sum, count, value) => sum + count * (value - mean) ** 2, 0) / total;
        return { mean: mean / 255, std: Math.sqrt(variance) / 255 };
      });
      return {
        mean: moments.map(({ mean }) => rounded(mean)),
        std: moments.map(({ std }) => rounded(std)),
        areIdentical,
      };
    },
  };
}
