/** Import of a ZIP archive: decodes its images as for predictions, and stores them as idx files. */
import { mkdir, rename, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { Readable } from 'node:stream';
import type { DatasetImport, DatasetInfo, StoredDataset } from '../contracts/datasets/dataset.js';
import { TrainyardError } from '../errors/errors.js';
import { pathIn } from '../files/checked-paths.js';
import { syncFolder, writeDurably } from '../files/durable.js';
import { hasCode } from '../files/error-codes.js';
import { sha256OfFile } from '../files/sha256.js';
import { formatOf } from '../images/formats.js';
import { type Archive, type ArchiveFile, openArchive } from './archive.js';
import { shown } from './archive-path.js';
import { storedBackground } from './background.js';
import { createImageReader, type ImageReader } from './image-reader.js';
import { type Labelled, type Layout, layoutOf, refuse } from './layout.js';
import { createLeftOut, LEFT_OUT_FILE, type LeftOut } from './left-out.js';
import { AT_ONCE, type Size, type WrittenSplit, writeSplit } from './split-writer.js';
import { DESCRIPTION, FILE_NAMES, readStored } from './stored.js';

/** `path` is the path of the archive, `importedDir` the folder of imported data sets. */
export type ImportRequest = Readonly<{ name: string; path: string; options: DatasetImport; importedDir: string }>;

/** Largest split in bytes: Node.js reads a file of at most 2 GiB. */
const MAX_SPLIT_BYTES = 2 ** 31 - 2 ** 16;

type Images = readonly Labelled<ArchiveFile>[];

/**
 * Imports an archive. If the same archive was imported under this name with the same options, returns that data set. Throws
 * `invalid_dataset` with the files at fault, and `dataset_exists`.
 */
export async function importDataset({ name, path, options, importedDir }: ImportRequest): Promise<DatasetInfo> {
  const sha256 = await sha256OfFile(path);
  const existing = async (): Promise<DatasetInfo | undefined> => {
    const stored = await readStored(name, importedDir);
    return stored && requireSame(stored, options, sha256);
  };
  const before = await existing();
  if (before !== undefined) return before;
  // In the folder of the upload, which is removed even if this process dies.
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
    // Another import may have taken the name.
    const other = hasCode(error, 'ENOTEMPTY', 'EEXIST') ? await existing() : undefined;
    if (other === undefined) throw error;
    return other;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Returns the stored data set if it was made from the same archive with the same options. Throws `dataset_exists`. */
function requireSame({ info }: StoredDataset, options: DatasetImport, sha256: string): DatasetInfo {
  const { imported, height, channels } = info;
  const isSame =
    imported?.sha256 === sha256 &&
    height === options.side &&
    channels === options.channels &&
    imported.background === storedBackground(options) &&
    (imported.badImages === undefined || options.onError === 'skip') &&
    (imported.testShare ?? options.testShare) === options.testShare;
  if (isSame) return info;
  throw new TrainyardError(
    'dataset_exists',
    `There is already a data set ${info.name}, from another archive or with other options. Choose another name, or remove it first.`,
  );
}

type Conversion = Omit<ImportRequest, 'importedDir'> & Readonly<{ sha256: string }>;

/** Writes the files of all splits into `folder`. Returns the description of the data set. */
async function convert({ name, path, options, sha256 }: Conversion, folder: string): Promise<StoredDataset> {
  const { side, channels, testShare, onError } = options;
  const archive = await openArchive(path);
  try {
    const leftOut = createLeftOut();
    const content = await sortFiles(archive, leftOut);
    const layout = layoutOf(content, testShare);
    for (const { path: stray } of layout.strays) leftOut.add(stray, 'is outside the splits');
    const size: Size = { height: side, width: side, channels };
    const background = storedBackground(options);
    const skips = onError === 'skip';
    const reader = createImageReader(archive, { size, background, ...(skips && { onFault: leftOut.add }) });
    const splits = await writeSplits(layout, folder, size, reader);
    const { count, first } = reader.faults();
    if (count > 0 && !skips) throw refuse(first, count, ' To leave such images out, import with `onError=skip`.');
    requireUsable(layout.classes, splits);
    await leftOut.write(join(folder, LEFT_OUT_FILE));
    const warnings = [...guessedNames(archive), ...similarClasses(layout.classes), ...warningsOf(splits.train)];
    const summary = leftOut.summary(layout.folderOf);
    const imported = {
      ...{ at: new Date().toISOString(), sha256 },
      ...(!layout.hasTest && { testShare }),
      ...(background !== undefined && { background }),
      ignoredFiles: content.others.length,
      ...(count > 0 && { badImages: count }),
      ...(summary && { leftOut: summary }),
      ...(warnings.length > 0 && { warnings }),
    };
    return describe({ name, ...size, classes: [...layout.classes], imported }, splits);
  } finally {
    await archive.close();
  }
}

/** Separates images from other files by their first bytes. A file with the extension of an image counts as an image. */
async function sortFiles(archive: Archive, leftOut: LeftOut) {
  for (const path of archive.repeated) leftOut.add(path, 'is in the archive several times with the same content');
  const [images, others]: [ArchiveFile[], string[]] = [[], []];
  const sorted = Readable.from(archive.files).map(
    async (file: ArchiveFile) => ({ file, image: await isImage(archive, file) }),
    { concurrency: AT_ONCE },
  );
  for await (const { file, image } of sorted as AsyncIterable<{ file: ArchiveFile; image: boolean }>) {
    if (image) images.push(file);
    else {
      others.push(file.path);
      leftOut.add(file.path, `is not an image file${extname(file.path) && `: ${extname(file.path)}`}`);
    }
  }
  return { images, others, folders: archive.folders };
}

const IMAGE_NAME = /\.(png|apng|jpe?g?|jfif|jif|pjpeg|pjp|webp|gif|bmp|dib|tiff?|avifs?|hei[cf]s?)$/i;
/** Formats of files that come with images but are not part of the data. */
const DOCUMENTS = ['PDF', 'SVG'];

async function isImage(archive: Archive, file: ArchiveFile): Promise<boolean> {
  if (IMAGE_NAME.test(file.path)) return true;
  if (file.isLink) return false;
  const format = formatOf(await archive.readStart(file));
  return format !== undefined && !DOCUMENTS.includes(format);
}

type Splits = Readonly<{ train: WrittenSplit; test: WrittenSplit; validation?: WrittenSplit }>;

async function writeSplits(
  { classes, train, validation, test }: Layout<ArchiveFile>,
  folder: string,
  size: Size,
  { pixels }: ImageReader,
): Promise<Splits> {
  requireRoom('training', train.length, size);
  requireRoom('test', test.length, size);
  requireRoom('validation', validation?.length ?? 0, size);
  const write = (split: 'train' | 'validation' | 'test', images: Images) =>
    writeSplit(images, {
      ...{ size, classes: classes.length, pixels },
      images: join(folder, FILE_NAMES[`${split}Images`]),
      labels: join(folder, FILE_NAMES[`${split}Labels`]),
    });
  return {
    train: await write('train', train),
    test: await write('test', test),
    ...(validation && { validation: await write('validation', validation) }),
  };
}

/** Throws `invalid_dataset` if bad images leave a class without a training image, or a split without images. */
function requireUsable(classes: readonly string[], { train, test, validation }: Splits): void {
  const unusable = classes.filter((_, label) => !train.labelsUsed.has(label));
  if (unusable.length > 0)
    throw refuse(unusable.map((name) => ({ pointer: `/${name}`, message: 'has no usable training image' })));
  for (const [split, written] of Object.entries({ test, validation }))
    if (written?.samples === 0) throw refuse([{ pointer: '', message: `no image of the ${split} split is usable` }]);
}

function describe(
  info: Omit<DatasetInfo, 'trainSamples' | 'testSamples' | 'mean' | 'std'>,
  { train, test, validation }: Splits,
): StoredDataset {
  const { imported, classes, ...rest } = info;
  return {
    format: 1,
    info: {
      ...rest,
      ...{ trainSamples: train.samples, testSamples: test.samples },
      ...(validation && { validationSamples: validation.samples }),
      ...{ mean: train.mean, std: train.std, classes, ...(imported && { imported }) },
    },
    files: {
      ...{ trainImages: train.imagesDigest, trainLabels: train.labelsDigest },
      ...{ testImages: test.imagesDigest, testLabels: test.labelsDigest },
      ...(validation && { validationImages: validation.imagesDigest, validationLabels: validation.labelsDigest }),
    },
  };
}

/** Returns a warning if the names of two classes differ only in upper and lower case. */
function similarClasses(classes: readonly string[]): string[] {
  const known = new Map<string, string>();
  const pairs: string[] = [];
  for (const name of classes) {
    const other = known.get(name.toLowerCase());
    if (other === undefined) known.set(name.toLowerCase(), name);
    else pairs.push(`${other} and ${name}`);
  }
  const [first] = pairs;
  if (first === undefined) return [];
  const more = pairs.length > 1 ? ` (${pairs.length} such pairs)` : '';
  return [
    `The classes ${first} differ only in upper and lower case${more}. If they are one class, put their images into one folder.`,
  ];
}

/** Returns a warning if names of the archive had to be read in the code page of MS-DOS. */
function guessedNames({ inCodePage: { count, first } }: Archive): string[] {
  if (count === 0) return [];
  return [
    `The names of ${count} files and folders are not in UTF-8 and were read in the code page of MS-DOS (CP437), the first as ${shown(first)}. If letters are wrong, pack the images with names in UTF-8.`,
  ];
}

/** Returns warnings about the training pixels. */
function warningsOf({ std, areIdentical, samples }: WrittenSplit): string[] {
  if (areIdentical)
    return [`All ${samples} training images have the same pixels, so nothing can be learned from them.`];
  return std.flatMap((value, channel) =>
    value > 0
      ? []
      : [
          `Channel ${channel + 1} has the same value in all training pixels (std 0). It carries no information, and \`normalization: "dataset"\` is refused.`,
        ],
  );
}

function requireRoom(split: string, samples: number, { height, width, channels }: Size): void {
  const bytes = samples * height * width * channels;
  if (bytes <= MAX_SPLIT_BYTES) return;
  const side = Math.floor(Math.sqrt(MAX_SPLIT_BYTES / (samples * channels)));
  throw new TrainyardError(
    'invalid_dataset',
    `The ${samples} ${split} images of ${height} × ${width} pixels take ${(bytes / 1e9).toFixed(1)} GB, and at most ${(MAX_SPLIT_BYTES / 1e9).toFixed(1)} GB are allowed. Choose a \`side\` of at most ${side} pixels.`,
  );
}
