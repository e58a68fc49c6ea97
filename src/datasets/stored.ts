/** Imported data sets: each a folder of idx files and, written last, dataset.json, which says what they are. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Compile } from 'typebox/compile';
import { DATASET_FILES, StoredDataset } from '../contracts/dataset.js';
import { isPart } from '../contracts/path-part.js';
import { TrainyardError } from '../errors.js';
import { pathIn } from '../paths.js';
import { hasCode } from '../store/folders.js';
import { readChecked } from './checked-file.js';
import {
  type DatasetEntry,
  type DatasetFile,
  type DatasetOptions,
  firstSamples,
  type LoadedDataset,
  type Split,
} from './dataset.js';
import { corrupt, readIdx } from './idx.js';

export const DESCRIPTION = 'dataset.json';
/** Where each file lies in the folder of its data set. */
export const FILE_NAMES = {
  trainImages: 'train-images.idx',
  trainLabels: 'train-labels.idx',
  testImages: 'test-images.idx',
  testLabels: 'test-labels.idx',
} as const satisfies Record<(typeof DATASET_FILES)[number], string>;

const description = Compile(StoredDataset);

/** What dataset.json says; undefined where there is no such data set. Throws `dataset_corrupt`. */
export async function readStored(dataset: string, importedDir: string): Promise<StoredDataset | undefined> {
  if (!isPart('datasetName', dataset)) return undefined;
  const path = join(pathIn(importedDir, { datasetName: dataset }), DESCRIPTION);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    if (hasCode(cause, 'ENOENT')) return undefined;
    throw corrupt(path, 'it cannot be read', cause);
  });
  if (text === undefined) return undefined;
  let stored: unknown;
  try {
    stored = JSON.parse(text);
  } catch (cause) {
    throw corrupt(path, 'it is not JSON', cause);
  }
  if (description.Check(stored) && stored.info.name === dataset) return stored;
  throw corrupt(path, 'it does not describe this data set');
}

/** All there are, in the order of their names; one that is damaged is left out: who asks for it is told. */
export async function listStored(importedDir: string): Promise<StoredDataset[]> {
  const folders = await readdir(importedDir).catch((cause: unknown) => {
    if (hasCode(cause, 'ENOENT')) return [];
    throw cause;
  });
  const found = await Promise.all(
    folders.sort().map((folder) =>
      readStored(folder, importedDir).catch((error: unknown) => {
        if (error instanceof TrainyardError) return undefined;
        throw error;
      }),
    ),
  );
  return found.filter((stored) => stored !== undefined);
}

/** A stored data set as a row of the table. */
export function storedEntry({ info, files }: StoredDataset, importedDir: string): DatasetEntry {
  const fileOf = (name: keyof typeof FILE_NAMES): DatasetFile => ({
    path: join(pathIn(importedDir, { datasetName: info.name }), FILE_NAMES[name]),
    compressed: false,
    sha256: files[name],
  });

  async function read(name: keyof typeof FILE_NAMES, shape: readonly number[], options: DatasetOptions) {
    const file = fileOf(name);
    return readIdx(await readChecked(file, options.signal), shape, file.path).values;
  }

  async function split(which: 'train' | 'test', options: DatasetOptions): Promise<Split> {
    const samples = which === 'train' ? info.trainSamples : info.testSamples;
    return {
      images: await read(`${which}Images`, imageShape(info, samples), options),
      labels: await read(`${which}Labels`, [samples], options),
      samples,
    };
  }

  return {
    info,
    async load(spec, _seed, options): Promise<LoadedDataset> {
      const train = firstSamples(await split('train', options), spec.trainSamples);
      return { info, train, test: firstSamples(await split('test', options), spec.testSamples) };
    },
    files: async () => DATASET_FILES.map(fileOf),
  };
}

/** The dimensions of so many images in an idx file; grey ones have no dimension for it, as MNIST's. */
export const imageShape = (
  { height, width, channels }: Readonly<{ height: number; width: number; channels: number }>,
  samples: number,
): number[] => [samples, height, width, ...(channels === 1 ? [] : [channels])];
