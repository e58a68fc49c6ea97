/** A ZIP archive of images → a stored data set: each image as a predictor would see it, in idx files that are whole or absent. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { DatasetImport, DatasetInfo, StoredDataset } from '../contracts/dataset.js';
import { type FieldError, TrainyardError } from '../errors.js';
import { createImageDecoder } from '../images/decoder.js';
import { pathIn } from '../paths.js';
import { syncFolder, writeDurably } from '../store/durable.js';
import { hasCode } from '../store/folders.js';
import { type ArchiveImage, openArchive } from './archive.js';
import { idxHeader } from './idx.js';
import { type Labelled, layoutOf, refuse } from './layout.js';
import { DESCRIPTION, FILE_NAMES, imageShape, readStored } from './stored.js';

/** `path` is the archive's, `importedDir` the folder of imported data sets. */
export type ImportRequest = Readonly<{ name: string; path: string; options: DatasetImport; importedDir: string }>;

/** Most bytes of one split: Node.js reads a file of at most 2 GiB. */
const MOST_SPLIT_BYTES = 2 ** 31 - 2 ** 16;
/** Most bytes of one image file. */
const MOST_IMAGE_BYTES = 2 ** 26;
/** Images that are unpacked and decoded at once. */
const AT_ONCE = 4;
/** Images that cannot be used after which the others are not looked at. */
const MOST_FAULTS = 20;

type Size = Readonly<{ height: number; width: number; channels: 1 | 3 }>;
type Images = readonly Labelled<ArchiveImage>[];

/**
 * Imports the archive. The same one again, under the same name and options, is answered with what it became. Throws
 * `invalid_dataset` with the files at fault, `dataset_exists`.
 */
export async function importDataset({ name, path, options, importedDir }: ImportRequest): Promise<DatasetInfo> {
  const archive = createHash('sha256');
  await pipeline(createReadStream(path), archive);
  const sha256 = archive.digest('hex');
  const existing = async (): Promise<DatasetInfo | undefined> => {
    const stored = await readStored(name, importedDir);
    return stored && requireSame(stored, options, sha256);
  };
  const before = await existing();
  if (before !== undefined) return before;
  // In the folder of the upload, which goes with all that is in it also where this process dies.
  const folder = `${path}.imported`;
  await mkdir(importedDir, { recursive: true });
  await mkdir(folder);
  try {
    const stored = await convert({ name, path, options, sha256 }, folder);
    await writeDurably(join(folder, DESCRIPTION), `${JSON.stringify(stored, null, 2)}\n`);
    await syncFolder(folder);
    await rename(folder, pathIn(importedDir, { datasetName: name }));
    await syncFolder(importedDir);
    return stored.info;
  } catch (error) {
    // Where the name is taken by now, somebody was faster.
    const other = hasCode(error, 'ENOTEMPTY') || hasCode(error, 'EEXIST') ? await existing() : undefined;
    if (other === undefined) throw error;
    return other;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What is stored under the name, if it comes of the same archive and options. */
function requireSame({ info }: StoredDataset, options: DatasetImport, sha256: string): DatasetInfo {
  const { imported, height, channels } = info;
  const isSame =
    imported?.sha256 === sha256 &&
    height === options.side &&
    channels === options.channels &&
    (imported.testShare ?? options.testShare) === options.testShare;
  if (isSame) return info;
  throw new TrainyardError(
    'dataset_exists',
    `There is a data set ${info.name} already, of another archive or with other options: take another name, or remove it first.`,
  );
}

type Conversion = Omit<ImportRequest, 'importedDir'> & Readonly<{ sha256: string }>;

/** Writes the files of both splits into the folder. */
async function convert({ name, path, options, sha256 }: Conversion, folder: string): Promise<StoredDataset> {
  const { side, channels, testShare } = options;
  const archive = await openArchive(path);
  try {
    const { classes, train, test, hasTest } = layoutOf(archive.images, testShare);
    const size: Size = { height: side, width: side, channels };
    for (const [split, images] of Object.entries({ training: train, test })) requireRoom(split, images.length, size);
    const read = createReader(size);
    const trained = await writeSplit(
      train,
      size,
      [join(folder, FILE_NAMES.trainImages), join(folder, FILE_NAMES.trainLabels)],
      read,
    );
    const tested = await writeSplit(
      test,
      size,
      [join(folder, FILE_NAMES.testImages), join(folder, FILE_NAMES.testLabels)],
      read,
    );
    read.requireAll();
    const imported = {
      at: new Date().toISOString(),
      sha256,
      ...(!hasTest && { testShare }),
      ignoredFiles: archive.ignoredFiles,
    };
    return {
      format: 1,
      info: {
        ...{ name, ...size, trainSamples: train.length, testSamples: test.length },
        ...{ mean: trained.mean, std: trained.std, classes: [...classes], imported },
      },
      files: {
        ...{ trainImages: trained.images, trainLabels: trained.labels },
        ...{ testImages: tested.images, testLabels: tested.labels },
      },
    };
  } finally {
    archive.close();
  }
}

function requireRoom(split: string, samples: number, { height, width, channels }: Size): void {
  const bytes = samples * height * width * channels;
  if (bytes <= MOST_SPLIT_BYTES) return;
  const side = Math.floor(Math.sqrt(MOST_SPLIT_BYTES / (samples * channels)));
  throw new TrainyardError(
    'invalid_dataset',
    `The ${samples} ${split} images of ${height} × ${width} pixels take ${(bytes / 1e9).toFixed(1)} GB: at most ${(MOST_SPLIT_BYTES / 1e9).toFixed(1)} GB are taken, which would be a side of ${side} pixels.`,
  );
}

type Reader = ReturnType<typeof createReader>;

/** Reads images as pixels; what is wrong with those that cannot be used is collected, so that all of it is told at once. */
function createReader(size: Size) {
  const decoder = createImageDecoder();
  const target = { ...size, fit: 'contain', background: 0 } as const;
  const faults: FieldError[] = [];
  const requireAll = (): void => {
    if (faults.length > 0) throw refuse(faults);
  };

  return {
    /** The pixels of an image; zeros for one that cannot be used. Throws `invalid_dataset` once there are many of those. */
    async pixels({ path, bytes, read }: ArchiveImage): Promise<Uint8Array> {
      const pointer = `/${path}`;
      try {
        if (bytes > MOST_IMAGE_BYTES) {
          throw new TrainyardError('invalid_image', '', {
            errors: [{ pointer, message: `is larger than ${MOST_IMAGE_BYTES / 2 ** 20} MiB` }],
          });
        }
        return await decoder.decode(await read(), target, pointer);
      } catch (error) {
        if (!(error instanceof TrainyardError)) throw error;
        faults.push(error.errors?.[0] ?? { pointer, message: error.message });
        if (faults.length >= MOST_FAULTS) requireAll();
        return new Uint8Array(size.height * size.width * size.channels);
      }
    },
    requireAll,
  };
}

/** Writes pixels and labels of a split, and says what the files are and how the pixels are distributed. */
async function writeSplit(
  samples: Images,
  size: Size,
  [imagePath, labelPath]: readonly [string, string],
  reader: Reader,
) {
  const statistics = createStatistics(size.channels);
  const images = await writeHashed(imagePath, async (write) => {
    await write(idxHeader(imageShape(size, samples.length)));
    const read = Readable.from(samples).map(({ image }: Labelled<ArchiveImage>) => reader.pixels(image), {
      concurrency: AT_ONCE,
    });
    for await (const pixels of read as AsyncIterable<Uint8Array>) {
      statistics.add(pixels);
      await write(pixels);
    }
  });
  const labels = await writeHashed(labelPath, async (write) => {
    await write(idxHeader([samples.length]));
    await write(Uint8Array.from(samples, ({ label }) => label));
  });
  return { images, labels, ...statistics.of() };
}

/** Writes a file that is on the disk when this resolves, with its SHA-256. */
async function writeHashed(
  path: string,
  fill: (write: (bytes: Uint8Array) => Promise<void>) => Promise<void>,
): Promise<string> {
  const file: FileHandle = await open(path, 'wx');
  const hash: Hash = createHash('sha256');
  try {
    await fill(async (bytes) => {
      hash.update(bytes);
      await file.writeFile(bytes);
    });
    await file.sync();
    return hash.digest('hex');
  } finally {
    await file.close();
  }
}

/** Mean and standard deviation per channel, of pixels from 0 to 1: exact sums over how often each value occurs. */
function createStatistics(channels: number) {
  const counts = Array.from({ length: channels }, () => new Float64Array(256));
  const six = (value: number): number => Math.round(value * 1e6) / 1e6;
  return {
    add(pixels: Uint8Array): void {
      for (let channel = 0; channel < channels; channel++) {
        const of = counts[channel] as Float64Array;
        for (let i = channel; i < pixels.length; i += channels) {
          const value = pixels[i] as number;
          of[value] = (of[value] ?? 0) + 1;
        }
      }
    },
    of(): Readonly<{ mean: number[]; std: number[] }> {
      const moments = counts.map((of) => {
        const total = of.reduce((sum, count) => sum + count, 0);
        const mean = of.reduce((sum, count, value) => sum + count * value, 0) / total;
        const variance = of.reduce((sum, count, value) => sum + count * (value - mean) ** 2, 0) / total;
        return { mean: mean / 255, std: Math.sqrt(variance) / 255 };
      });
      return { mean: moments.map(({ mean }) => six(mean)), std: moments.map(({ std }) => six(std)) };
    },
  };
}
