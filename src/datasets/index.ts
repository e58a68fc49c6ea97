/** The data sets: those of the table, and those that were imported. */
import { stat } from 'node:fs/promises';
import type { DatasetInfo, DatasetPage, DatasetQuery } from '../contracts/datasets/dataset.js';
import type { DatasetSpec } from '../contracts/jobs/job.js';
import { TrainyardError } from '../errors/errors.js';
import { sha256OfFile } from '../files/sha256.js';
import type { Dataset, DatasetEntry, DatasetFile, DatasetOptions } from './dataset.js';
import { fashionMnist } from './fashion-mnist.js';
import { corrupt } from './idx.js';
import { readAllStored, readStored, storedEntry, storedNames } from './stored.js';
import { synthetic } from './synthetic.js';
import { setAside } from './validation-split.js';

export type { Dataset, Split } from './dataset.js';
export { digestOf } from './digest.js';

const table = { 'fashion-mnist': fashionMnist, synthetic } as const satisfies Record<string, DatasetEntry>;

/** What is known about each data set of the table. */
export const datasets = { 'fashion-mnist': fashionMnist.info, synthetic: synthetic.info } as const;

/** Whether a name is one of the table: an import cannot have it. */
export const isBuiltIn = (name: string): name is keyof typeof table => Object.hasOwn(table, name);

/** Throws `dataset_not_found`, `dataset_corrupt`. */
async function entryOf(name: string, { importedDir }: Pick<DatasetOptions, 'importedDir'>): Promise<DatasetEntry> {
  if (isBuiltIn(name)) return table[name];
  const stored = importedDir === undefined ? undefined : await readStored(name, importedDir);
  if (stored !== undefined && importedDir !== undefined) return storedEntry(stored, importedDir);
  throw new TrainyardError(
    'dataset_not_found',
    `There is no data set "${name.slice(0, 64)}": GET /datasets lists those there are.`,
  );
}

/** What is known about a data set without loading it. Throws `dataset_not_found`, `dataset_corrupt`. */
export const describeDataset = async (
  name: string,
  options: Pick<DatasetOptions, 'importedDir'>,
): Promise<DatasetInfo> => (await entryOf(name, options)).info;

/** Returns a page of the data sets: those of the table, then those that were imported, by name. Reads no more than the page. */
export async function listDatasets(
  importedDir: string,
  { limit, cursor }: DatasetQuery = { limit: 100 },
): Promise<DatasetPage> {
  const imported = await storedNames(importedDir);
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
 * The first images of each split, as many as the spec says. Unless the data set's own are asked for, the validation images are taken
 * out of the training images.
 * Throws `dataset_not_found`, `dataset_corrupt` where a file is missing or wrong, `invalid_request` where validation would leave
 * nothing to train on.
 */
export async function loadDataset(spec: DatasetSpec, seed: number, options: DatasetOptions): Promise<Dataset> {
  const { validationSamples } = spec;
  const entry = await entryOf(spec.name, options);
  const loaded = await entry.load(spec, seed, options);
  if (validationSamples === 0 || spec.validation === 'own') return loaded;
  return { ...loaded, ...setAside(loaded.train, validationSamples, seed) };
}

/** Which bytes of a file were checked: a file of the same path, size and time of change is not read again. */
type Fingerprint = string;

export type DatasetVerifier = ReturnType<typeof createDatasetVerifier>;

/**
 * Checks the files of data sets by digest, in small pieces, so that the event loop is never held for long.
 * A file that was right is read again only once its size or its time of change differ.
 */
export function createDatasetVerifier(options: DatasetOptions) {
  const verified = new Map<string, Fingerprint>();

  async function verifyFile(file: DatasetFile): Promise<void> {
    const { size, mtimeMs, ino } = await stat(file.path);
    const fingerprint = `${size} ${mtimeMs} ${ino} ${file.sha256}`;
    if (verified.get(file.path) === fingerprint) return;
    const found = await digest(file, options.signal);
    if (found !== file.sha256) throw corrupt(file.path, `its SHA-256 is ${found}, not ${file.sha256}`);
    verified.set(file.path, fingerprint);
  }

  return {
    /** Returns when every file is right; throws `dataset_corrupt` with the path of the first that is not. */
    async verify(name: string): Promise<void> {
      const entry = await entryOf(name, options);
      for (const file of await entry.files(options)) await verifyFile(file);
    },
  };
}

/** Checks the files of one data set once. Throws `dataset_corrupt` with the path of the first that is not right. */
export const verifyDataset = (name: string, options: DatasetOptions): Promise<void> =>
  createDatasetVerifier(options).verify(name);

/** SHA-256 of a file's uncompressed bytes. */
const digest = ({ path, compressed: isGzip }: DatasetFile, signal: AbortSignal | undefined): Promise<string> =>
  sha256OfFile(path, { isGzip, signal }).catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw corrupt(path, cause instanceof Error ? cause.message : String(cause), cause);
  });
