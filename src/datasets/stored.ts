/** Imported data sets: folders of idx files with a description, dataset.json, which is written last. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Compile } from 'typebox/compile';
import { DATASET_FILES, StoredDataset } from '../contracts/datasets/dataset.js';
import { isPart } from '../contracts/references/path-part.js';
import { TrainyardError } from '../errors/errors.js';
import { mapInChunks, readText } from '../files/bounded-reads.js';
import { pathIn } from '../files/checked-paths.js';
import { hasCode } from '../files/error-codes.js';
import { readChecked } from './checked-file.js';
import { corrupt, readIdx, readLabels } from './idx.js';
import { pathsFileOf } from './image-paths.js';
import {
  type DatasetEntry,
  type DatasetFile,
  type DatasetOptions,
  firstSamples,
  type LoadedDataset,
  type Split,
} from './loaded-dataset.js';
import { idxSource } from './split-source.js';

export const DESCRIPTION = 'dataset.json';
/** Name of each file in the data set's folder. */
export const FILE_NAMES = {
  trainImages: 'train-images.idx',
  trainLabels: 'train-labels.idx',
  testImages: 'test-images.idx',
  testLabels: 'test-labels.idx',
  validationImages: 'validation-images.idx',
  validationLabels: 'validation-labels.idx',
} as const satisfies Record<(typeof DATASET_FILES)[number], string>;

const description = Compile(StoredDataset);
/** Descriptions read at once. Each may name 10,000 classes. */
const READ_AT_ONCE = 8;

/** Reads the description of a data set; undefined if there is no such data set. Throws `dataset_corrupt`. */
export async function readStored(dataset: string, importedDir: string): Promise<StoredDataset | undefined> {
  if (!isPart('datasetName', dataset)) return undefined;
  const path = join(pathIn(importedDir, { datasetName: dataset }), DESCRIPTION);
  const text = await readText(path).catch((cause: unknown) => {
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

/** Returns the names of all folders that may be imported data sets, in order. */
export async function storedNames(importedDir: string): Promise<string[]> {
  const folders = await readdir(importedDir).catch((cause: unknown) => {
    if (hasCode(cause, 'ENOENT')) return [];
    throw cause;
  });
  return folders.filter((folder) => isPart('datasetName', folder)).sort();
}

/** Reads the descriptions of these data sets. Leaves out damaged ones. */
export async function readAllStored(names: readonly string[], importedDir: string): Promise<StoredDataset[]> {
  const readOrLeaveOut = (name: string) =>
    readStored(name, importedDir).catch((error: unknown) => {
      if (error instanceof TrainyardError) return undefined;
      throw error;
    });
  const found = await mapInChunks(names, readOrLeaveOut, READ_AT_ONCE);
  return found.filter((stored) => stored !== undefined);
}

/** Makes an imported data set loadable like the built-in ones. */
export function storedEntry({ info, files }: StoredDataset, importedDir: string): DatasetEntry {
  const folder = pathIn(importedDir, { datasetName: info.name });
  const fileOf = (name: keyof typeof FILE_NAMES): DatasetFile | undefined => {
    const sha256 = files[name];
    return sha256 === undefined ? undefined : { path: join(folder, FILE_NAMES[name]), compressed: false, sha256 };
  };

  /** Loads the first `maxSamples` images of a split. */
  async function loadSplit(
    name: 'train' | 'test' | 'validation',
    maxSamples: number,
    { signal }: DatasetOptions,
  ): Promise<Split> {
    const samples = info[`${name}Samples`] ?? 0;
    const [images, labels] = [fileOf(`${name}Images`), fileOf(`${name}Labels`)];
    if (images === undefined || labels === undefined)
      throw new TrainyardError(
        'invalid_request',
        `The data set ${info.name} has no ${name} split. Hold training images out with \`dataset.validationSamples\`.`,
      );
    const split = {
      images: readIdx(await readChecked(images, signal), imageShape(info, samples), images.path).values,
      labels: readLabels(await readChecked(labels, signal), samples, info.classes.length, labels.path),
      samples,
    };
    return firstSamples(split, maxSamples);
  }

  return {
    info,
    async load(spec, _seed, options): Promise<LoadedDataset> {
      const train = await loadSplit('train', spec.trainSamples, options);
      const test = await loadSplit('test', spec.testSamples, options);
      if (spec.validation !== 'own' || spec.validationSamples === 0) return { info, train, test };
      return { info, train, test, validation: await loadSplit('validation', spec.validationSamples, options) };
    },
    identity(split) {
      const [images, labels] = [files[`${split}Images`], files[`${split}Labels`]];
      return images === undefined || labels === undefined ? undefined : `${images} ${labels}`;
    },
    files: async () => DATASET_FILES.flatMap((name) => fileOf(name) ?? []),
    async source(split) {
      const [images, labels] = [fileOf(`${split}Images`), fileOf(`${split}Labels`)];
      if (images === undefined || labels === undefined) return undefined;
      const shape = imageShape(info, info[`${split}Samples`] ?? 0);
      const paths = join(folder, pathsFileOf(split));
      return idxSource({ shape, classes: info.classes.length, images, labels, paths });
    },
  };
}

/** Returns the dimensions of `samples` images in an idx file. Grey images have no dimension for the channel, as in MNIST. */
export const imageShape = (
  { height, width, channels }: Readonly<{ height: number; width: number; channels: number }>,
  samples: number,
): number[] => [samples, height, width, ...(channels === 1 ? [] : [channels])];
