/** Data sets: the built-in ones and the imported ones. */
import { stat } from 'node:fs/promises';
import type { DatasetInfo, DatasetPage, DatasetQuery } from '../contracts/datasets/dataset.js';
import type { SplitName } from '../contracts/datasets/dataset-content.js';
import type { DatasetSpec } from '../contracts/jobs/job.js';
import { TrainyardError } from '../errors/errors.js';
import { pathIn } from '../files/checked-paths.js';
import { sha256, sha256OfFile } from '../files/sha256.js';
import { fashionMnist } from './fashion-mnist.js';
import { corrupt } from './idx.js';
import type { Dataset, DatasetEntry, DatasetFile, DatasetOptions, Split } from './loaded-dataset.js';
import { readLeaks, type TestLeak } from './report/leaks.js';
import { readAllStored, readStored, storedEntry, storedNames } from './stored.js';
import { synthetic } from './synthetic.js';
import { holdOut } from './validation-split.js';

export { digestOf } from './digest.js';
export type { Dataset, Split } from './loaded-dataset.js';

/** Built-in data sets. */
const table = { 'fashion-mnist': fashionMnist, synthetic } as const satisfies Record<string, DatasetEntry>;

/** Descriptions of the built-in data sets. */
export const datasets = { 'fashion-mnist': fashionMnist.info, synthetic: synthetic.info } as const;

/** Tells whether a data set is built in. An import cannot have its name. */
export const isBuiltIn = (name: string): name is keyof typeof table => Object.hasOwn(table, name);

/** Finds a data set. Throws `dataset_not_found` or `dataset_corrupt`. */
export async function openEntry(
  name: string,
  { importedDir }: Pick<DatasetOptions, 'importedDir'>,
): Promise<DatasetEntry> {
  if (isBuiltIn(name)) return table[name];
  const stored = importedDir === undefined ? undefined : await readStored(name, importedDir);
  if (stored !== undefined && importedDir !== undefined) return storedEntry(stored, importedDir);
  throw new TrainyardError(
    'dataset_not_found',
    `There is no data set named "${name.slice(0, 64)}". GET /datasets lists the data sets.`,
  );
}

/** Returns the description of a data set without loading it. Throws `dataset_not_found` or `dataset_corrupt`. */
export const describeDataset = async (
  name: string,
  options: Pick<DatasetOptions, 'importedDir'>,
): Promise<DatasetInfo> => (await openEntry(name, options)).info;

/** Returns a page of the data sets: the built-in ones, then the imported ones by name. Reads no more than the page. */
export async function listDatasets(
  importedDir: string,
  { limit, cursor }: DatasetQuery = { limit: 100 },
): Promise<DatasetPage> {
  // Set-up keeps the files of built-in data sets in the same folder.
  const imported = (await storedNames(importedDir)).filter((name) => !isBuiltIn(name));
  const builtIn: readonly string[] = Object.keys(table);
  const rest =
    cursor === undefined || isBuiltIn(cursor)
      ? [...builtIn.slice(cursor === undefined ? 0 : builtIn.indexOf(cursor) + 1), ...imported]
      : imported.filter((name) => name > cursor);
  const page = rest.slice(0, limit);
  const stored = await readAllStored(
    page.filter((name) => !isBuiltIn(name)),
    importedDir,
  );
  const last = page.at(-1);
  return {
    datasets: [...page.filter(isBuiltIn).map((name) => datasets[name]), ...stored.map(({ info }) => info)],
    ...(rest.length > limit && last !== undefined && { nextCursor: last }),
  };
}

/**
 * Loads the first images of each split, as many as the spec says. Holds the validation images out from the training images, unless the
 * spec asks for the data set's own. Throws `dataset_not_found`, `dataset_corrupt` if a file is missing or damaged, and
 * `invalid_request` if no training image would remain.
 */
export async function loadDataset(spec: DatasetSpec, seed: number, options: DatasetOptions): Promise<Dataset> {
  const { validationSamples } = spec;
  const entry = await openEntry(spec.name, options);
  const loaded = await entry.load(spec, seed, options);
  if (validationSamples === 0 || spec.validation === 'own') return loaded;
  return { ...loaded, ...holdOut(loaded.train, validationSamples, seed, spec.stratified) };
}

/**
 * Returns a digest of the test images and labels of a data set: it changes if the data set is replaced by another of the same name.
 * `seed` matters only for generated data sets. Throws `dataset_not_found` or `dataset_corrupt`.
 */
export async function testDigest(
  name: string,
  seed: number,
  options: Pick<DatasetOptions, 'importedDir'>,
): Promise<string> {
  return splitDigest(name, 'test', options, seed);
}

/**
 * Returns a digest of the images and labels of a split: it changes if the data set is replaced by another of the same name. `seed` matters
 * only for generated data sets. Throws `dataset_not_found`, `dataset_corrupt`, and `invalid_request` if there is no such split.
 */
export async function splitDigest(
  name: string,
  split: SplitName,
  options: Pick<DatasetOptions, 'importedDir'>,
  seed = DRAWN_SEED,
): Promise<string> {
  const { identity, info } = await openEntry(name, options);
  const text = identity(split, seed);
  if (text !== undefined) return sha256(text);
  throw noSplit(info, split);
}

/** Seed with which generated images are drawn outside of jobs. */
const DRAWN_SEED = 0;

/** Returns the number of images of a split. Throws `invalid_request` if there is no such split. */
export function samplesOf(info: DatasetInfo, split: SplitName): number {
  const samples = info[`${split}Samples`] ?? 0;
  if (samples > 0) return samples;
  throw noSplit(info, split);
}

function noSplit({ name }: DatasetInfo, split: SplitName): TrainyardError {
  const message = `must be a split that the data set ${name} has: it has no ${split} split`;
  return new TrainyardError('invalid_request', `/split ${message}.`, { errors: [{ pointer: '/split', message }] });
}

/**
 * Loads all images of one split. Throws `dataset_not_found`, `dataset_corrupt`, and `invalid_request` if there is no such split.
 */
export async function loadSplit(
  name: string,
  split: SplitName,
  options: DatasetOptions,
): Promise<Readonly<{ info: DatasetInfo; images: Split; sha256: string }>> {
  const entry = await openEntry(name, options);
  const samples = samplesOf(entry.info, split);
  const counts = { trainSamples: 1, testSamples: 1, validationSamples: 0, [`${split}Samples`]: samples };
  const spec = { name, resize: entry.info.height, validation: 'own' as const, ...counts };
  const loaded = await entry.load(spec as DatasetSpec, DRAWN_SEED, options);
  const images = loaded[split];
  if (images === undefined) throw noSplit(entry.info, split);
  return { info: loaded.info, images, sha256: sha256(entry.identity(split, DRAWN_SEED) ?? '') };
}

/** Returns the paths of these images of a split (default `test`) in their archive. Undefined if they are not known. Throws like `openEntry`. */
export async function testPaths(
  name: string,
  images: readonly number[],
  { importedDir }: Pick<DatasetOptions, 'importedDir'>,
  split: SplitName = 'test',
): Promise<readonly string[] | undefined> {
  if (isBuiltIn(name)) return undefined;
  const source = await (await openEntry(name, { importedDir })).source(split, { datasetsDir: '', importedDir });
  return source?.paths?.(images);
}

/**
 * Returns the test images that resemble training images which a job uses, or validation images. Undefined if it is not known. Throws
 * like `openEntry`.
 */
export async function seenTestImages(
  { name, trainSamples }: Pick<DatasetSpec, 'name' | 'trainSamples'>,
  { importedDir }: Pick<DatasetOptions, 'importedDir'>,
): Promise<readonly TestLeak[] | undefined> {
  if (isBuiltIn(name) || importedDir === undefined) return undefined;
  const leaks = await readLeaks(pathIn(importedDir, { datasetName: name }));
  return leaks?.filter(({ train = 0 }) => train < trainSamples);
}

export type DatasetVerifier = ReturnType<typeof createDatasetVerifier>;

/**
 * Verifies the files of data sets by their SHA-256, in small pieces, so that the event loop stays responsive. Reads a verified file
 * again only if its size, inode or modification time has changed.
 */
export function createDatasetVerifier(options: DatasetOptions) {
  /** Fingerprint of each verified file, by path. */
  const verified = new Map<string, string>();

  async function verifyFile(file: DatasetFile): Promise<void> {
    const { size, mtimeMs, ino } = await stat(file.path);
    const fingerprint = `${size} ${mtimeMs} ${ino} ${file.sha256}`;
    if (verified.get(file.path) === fingerprint) return;
    const found = await digest(file, options.signal);
    if (found !== file.sha256) throw corrupt(file.path, `its SHA-256 is ${found}, not ${file.sha256}`);
    verified.set(file.path, fingerprint);
  }

  return {
    /** Verifies all files of a data set. Throws `dataset_corrupt` with the path of the first damaged one. */
    async verify(name: string): Promise<void> {
      const entry = await openEntry(name, options);
      for (const file of await entry.files(options)) await verifyFile(file);
    },
  };
}

/** Verifies the files of one data set once. Throws `dataset_corrupt` with the path of the first damaged one. */
export const verifyDataset = (name: string, options: DatasetOptions): Promise<void> =>
  createDatasetVerifier(options).verify(name);

/** Returns the SHA-256 of a file's uncompressed bytes. */
const digest = ({ path, compressed: isGzip }: DatasetFile, signal: AbortSignal | undefined): Promise<string> =>
  sha256OfFile(path, { isGzip, signal }).catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw corrupt(path, cause instanceof Error ? cause.message : String(cause), cause);
  });
