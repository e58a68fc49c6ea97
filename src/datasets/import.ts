/** Import of a ZIP archive: decodes its images as for predictions, and stores them as idx files. */
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetImport, DatasetInfo, StoredDataset } from '../contracts/datasets/dataset.js';
import { SPLIT_NAMES, type SplitName } from '../contracts/datasets/dataset-content.js';
import type { ImportProgress } from '../contracts/datasets/dataset-import-status.js';
import type { StoredReport } from '../contracts/datasets/dataset-report.js';
import { resolveImagePreprocessing, storedImageOptions } from '../contracts/images/image-preprocessing.js';
import { TrainyardError } from '../errors/errors.js';
import { pathIn } from '../files/checked-paths.js';
import { syncFolder, writeDurably } from '../files/durable.js';
import { hasCode } from '../files/error-codes.js';
import { sha256OfFile } from '../files/sha256.js';
import type { Archive, ArchiveFile } from './archive-listing.js';
import { shown } from './archive-path.js';
import { writeStatistics } from './dataset-statistics.js';
import { pathsFileOf, writePaths } from './image-paths.js';
import { createImageReader, type ImageReader } from './image-reader.js';
import type { Layout } from './layout.js';
import { createLeftOut, LEFT_OUT_FILE, type LeftOut } from './left-out.js';
import { openArchive } from './open-archive.js';
import type { Labelled } from './placed-image.js';
import { readLayout } from './read-layout.js';
import { rearrangeSplits } from './rearrange-splits.js';
import { refuse } from './refuse.js';
import { createContents } from './report/contents.js';
import { type LeakPlan, planLeaks } from './report/leak-policy.js';
import { composeReport, writeReport } from './report/report.js';
import { createSurvey, type Survey } from './report/survey.js';
import { findTwins, type Twins } from './report/twins.js';
import { requireSame } from './same-import.js';
import { storedSplitOptions } from './split-options.js';
import { type StoredSize, type WrittenSplit, writeSplit } from './split-writer.js';
import { DESCRIPTION, FILE_NAMES, readStored } from './stored.js';

/** `path` is the path of the archive, `importedDir` the folder of imported data sets. */
export type ImportRequest = Readonly<{ name: string; path: string; options: DatasetImport; importedDir: string }>;

/** Largest split in bytes: Node.js reads a file of at most 2 GiB. */
const MAX_SPLIT_BYTES = 2 ** 31 - 2 ** 16;

export type OnProgress = (progress: ImportProgress) => void;

/** Shortest time between two reports of progress. */
const REPORT_EVERY_MS = 250;

type Images = readonly Labelled<ArchiveFile>[];

/**
 * Imports an archive. If the same archive was imported under this name with the same options, returns that data set. Throws
 * `invalid_dataset` with the files at fault, and `dataset_exists` with what differs from the data set of this name.
 */
export async function importDataset(
  { name, path, options, importedDir }: ImportRequest,
  onProgress: OnProgress = () => undefined,
): Promise<DatasetInfo> {
  const sha256 = await sha256OfFile(path);
  const existing = async (): Promise<DatasetInfo | undefined> => {
    const stored = await readStored(name, importedDir);
    return stored && requireSame(stored, { path, options, sha256 });
  };
  const before = await existing();
  if (before !== undefined) return before;
  // In the folder of the upload, which is removed even if this process dies.
  const folder = `${path}.imported`;
  await mkdir(importedDir, { recursive: true });
  await mkdir(folder);
  try {
    const stored = await convert({ name, path, options, sha256, onProgress }, folder);
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

type Conversion = Omit<ImportRequest, 'importedDir'> & Readonly<{ sha256: string; onProgress: OnProgress }>;

/** Writes the files of all splits into `folder`. Returns the description of the data set. */
async function convert(
  { name, path, options, sha256, onProgress }: Conversion,
  folder: string,
): Promise<StoredDataset> {
  const { side, channels, onError } = options;
  const archive = await openArchive(path);
  try {
    onProgress({ done: 0, total: Math.max(1, archive.files.length), leftOut: 0 });
    const leftOut = createLeftOut();
    const layout = await readLayout(archive, options, leftOut);
    const size: StoredSize = { height: side, width: side, channels };
    const preprocessing = resolveImagePreprocessing(options);
    const skips = onError === 'skip';
    const reader = createImageReader(archive, { size, preprocessing, ...(skips && { onFault: leftOut.add }) });
    const survey = createSurvey(createContents());
    const report = createProgressReport(layout, leftOut, onProgress);
    const written = await writeSplits(layout, folder, { size, reader, survey, report });
    const { count, first } = reader.faults();
    if (count > 0 && !skips) throw refuse(first, count, ' To leave such images out, import with `onError=skip`.');
    requireUsable(layout.classes, written);
    const kept = await resolveLeaks({ splits: written, survey }, { folder, size, options, leftOut, layout });
    requireUsable(layout.classes, kept.splits);
    const { splits } = kept;
    await writeLists(folder, kept, leftOut);
    const { report: found, same } = await writeReport(folder, {
      ...{ survey: kept.survey, twins: kept.twins, side, hasValidation: splits.validation !== undefined },
      resolvedLeaks: kept.resolved,
    });
    const counts = await writeStatistics(folder, layout.classes, splits, same);
    const summary = leftOut.summary(layout.folderOf);
    const imported = {
      ...{ at: new Date().toISOString(), sha256 },
      ...storedSplitOptions(options, layout),
      ...storedImageOptions(options),
      ignoredFiles: layout.others.length,
      ...(count > 0 && { badImages: count }),
      ...(summary && { leftOut: summary }),
      ...(kept.resolved && { onLeak: kept.resolved.action }),
    };
    const { findings } = composeReport({
      info: { name, classes: [...layout.classes], imported },
      counts,
      same,
      stored: found,
    });
    const warnings = [
      ...warningsOf(splits.train),
      ...(splits.train.areIdentical
        ? []
        : findings.filter(({ level }) => level !== 'note').map(({ message }) => message)),
      ...[...guessedNames(archive), ...similarClasses(layout.classes)],
    ];
    return describe(
      {
        name,
        ...size,
        classes: [...layout.classes],
        imported: { ...imported, ...(warnings.length > 0 && { warnings }) },
      },
      splits,
    );
  } finally {
    await archive.close();
  }
}

/** Returns a function to call after each image. Reports the first image, the last one, and some between. */
function createProgressReport(
  { train, validation = [], test }: Layout<ArchiveFile>,
  leftOut: LeftOut,
  onProgress: OnProgress,
): () => void {
  const total = train.length + validation.length + test.length;
  let [done, reportedAt] = [0, 0];
  onProgress({ done, total, leftOut: leftOut.count() });
  return () => {
    done += 1;
    if (done < total && Date.now() - reportedAt < REPORT_EVERY_MS) return;
    reportedAt = Date.now();
    onProgress({ done, total, leftOut: leftOut.count() });
  };
}

type Writing = Readonly<{ size: StoredSize; reader: ImageReader; survey: Survey; report(): void }>;
type Splits = Readonly<{ train: WrittenSplit; test: WrittenSplit; validation?: WrittenSplit }>;

async function writeSplits(
  { classes, train, validation, test }: Layout<ArchiveFile>,
  folder: string,
  { size, reader, survey, report }: Writing,
): Promise<Splits> {
  requireRoom('training', train.length, size);
  requireRoom('test', test.length, size);
  requireRoom('validation', validation?.length ?? 0, size);
  const write = (split: SplitName, images: Images): Promise<WrittenSplit> =>
    writeSplit(images, {
      ...{ size, classes: classes.length },
      read: async (image) => {
        const decoded = await reader.read(image);
        report();
        return decoded;
      },
      onStored({ image: { path }, label }, index, { pixels, facts, original, blank }) {
        const content = survey.contents.add(pixels, facts);
        survey.add({ place: { split, index, label, path }, content, original, blank });
      },
      images: join(folder, FILE_NAMES[`${split}Images`]),
      labels: join(folder, FILE_NAMES[`${split}Labels`]),
    });
  return {
    train: await write('train', train),
    test: await write('test', test),
    ...(validation && { validation: await write('validation', validation) }),
  };
}

type Stored = Readonly<{ splits: Splits; survey: Survey }>;
type Resolving = Readonly<{
  folder: string;
  size: StoredSize;
  options: DatasetImport;
  leftOut: LeftOut;
  layout: Layout<ArchiveFile>;
}>;
type Resolved = Stored & Readonly<{ twins: Twins; resolved: StoredReport['resolvedLeaks'] }>;

/** Finds images that occur in several splits, and moves or drops them if the options say so. */
async function resolveLeaks(
  { splits, survey }: Stored,
  { folder, size, options: { onLeak = 'report' }, leftOut, layout }: Resolving,
): Promise<Resolved> {
  const twins = await findTwins(survey);
  if (onLeak === 'report') return { splits, survey, twins, resolved: undefined };
  const { order, leaving } = planLeaks(onLeak, { survey, twins, groupOf: layout.groupOf }) ?? { leaving: [] };
  const resolved = { action: onLeak, images: leaving.length };
  if (order === undefined) return { splits, survey, twins, resolved };
  const hasGroups = leaving.some(({ image }) => layout.groupOf(survey.pathOf(image)) !== undefined);
  requireRemaining({ onLeak, hasGroups }, order, splits);
  requireRoom('training', order.train.length, size);
  requireRoom('validation', order.validation.length, size);
  for (const { image, to, isSame } of leaving)
    if (to === undefined) leftOut.add(survey.pathOf(image), droppedReason(isSame));
  const written = await rearrangeSplits(folder, {
    ...{ size, classes: layout.classes.length, survey, order },
    splits: SPLIT_NAMES.filter((split) => splits[split] !== undefined),
  });
  const arranged = survey.arrange(order);
  return { splits: { ...splits, ...written }, survey: arranged, twins: await findTwins(arranged), resolved };
}

const droppedReason = (isSame: boolean): string =>
  isSame
    ? 'has the same pixels as an image of the test or validation split'
    : 'nearly equals an image of the test or validation split';

/** Throws `invalid_dataset` if moving or dropping leaks leaves a split empty. */
function requireRemaining(
  { onLeak, hasGroups }: Readonly<{ onLeak: 'move' | 'drop'; hasGroups: boolean }>,
  order: LeakPlan['order'],
  splits: Splits,
): void {
  const empty = SPLIT_NAMES.find((split) => splits[split] !== undefined && order[split].length === 0);
  if (empty === undefined) return;
  const tied = onLeak === 'move' && hasGroups ? ', or other pictures of their groups,' : '';
  throw new TrainyardError(
    'invalid_dataset',
    `With \`onLeak=${onLeak}\` the ${empty} split has no image left: all of its pictures${tied} are in another split as well. Import with \`onLeak=report\` to see them, and correct the archive.`,
    { errors: [{ pointer: '?onLeak', message: `leaves no image in the ${empty} split` }] },
  );
}

/** Writes the list of left-out files and the paths of the images. */
async function writeLists(folder: string, { splits, survey }: Stored, leftOut: LeftOut): Promise<void> {
  await leftOut.write(join(folder, LEFT_OUT_FILE));
  const paths: Record<SplitName, string[]> = { train: [], validation: [], test: [] };
  for (const [image, split] of survey.splitOf().entries())
    paths[SPLIT_NAMES[split] ?? 'train'].push(survey.pathOf(image));
  for (const split of SPLIT_NAMES)
    if (splits[split] !== undefined) await writePaths(join(folder, pathsFileOf(split)), paths[split]);
}

/** Throws `invalid_dataset` if bad images leave a class without a training image, or a split without images. */
function requireUsable(classes: readonly string[], { train, test, validation }: Splits): void {
  const labelsUsed = new Set(train.labelsStored);
  const unusable = classes.filter((_, label) => !labelsUsed.has(label));
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

function requireRoom(split: string, samples: number, { height, width, channels }: StoredSize): void {
  const bytes = samples * height * width * channels;
  if (bytes <= MAX_SPLIT_BYTES) return;
  const side = Math.floor(Math.sqrt(MAX_SPLIT_BYTES / (samples * channels)));
  throw new TrainyardError(
    'invalid_dataset',
    `The ${samples} ${split} images of ${height} × ${width} pixels take ${(bytes / 1e9).toFixed(1)} GB, and at most ${(MAX_SPLIT_BYTES / 1e9).toFixed(1)} GB are allowed. Choose a \`side\` of at most ${side} pixels.`,
  );
}
