/** Answers of the API about the content of data sets: numbers of images, single images, and duplicates. Loads no split. */
import type { Caller } from '../concurrency/fair-limit.js';
import {
  type DatasetDetails,
  type DatasetImagePage,
  type DatasetImagesQuery,
  type ImageCounts,
  SPLIT_NAMES,
  type SplitName,
} from '../contracts/datasets/dataset-content.js';
import { TrainyardError } from '../errors/errors.js';
import { pathIn } from '../files/checked-paths.js';
import { encodePng } from '../images/encode-png.js';
import { countImages, readStatistics } from './dataset-statistics.js';
import { imageUrlOf } from './image-url.js';
import { isBuiltIn, openEntry } from './index.js';
import type { DatasetEntry, SplitSource } from './loaded-dataset.js';
import { createReportAnswers } from './report-answers.js';
import { findImages, requireWhole } from './split-source.js';

type Folders = Readonly<{ datasetsDir: string; importedDir: string }>;

type ImageKey = Readonly<{ name: string; split: SplitName; index: number }>;

/** A PNG file, with the version of its split. */
export type EncodedImage = Readonly<{ version: string; png: Buffer }>;

export function createDatasetImages(folders: Folders) {
  const folderOf = (name: string) => pathIn(folders.importedDir, { datasetName: name });
  const readStored = (name: string) => (isBuiltIn(name) ? Promise.resolve(undefined) : readStatistics(folderOf(name)));

  async function open(name: string, split: SplitName) {
    const entry = await openEntry(name, folders);
    return { entry, source: await openSource(entry, split) };
  }

  /** Throws `not_found` if the data set has no such split. */
  async function openSource({ info, source }: DatasetEntry, split: SplitName): Promise<SplitSource> {
    const found = await source(split, folders);
    if (found !== undefined) return found;
    throw new TrainyardError('not_found', `The data set ${info.name} has no ${split} split.`);
  }

  async function countsOf(entry: DatasetEntry): Promise<ImageCounts> {
    return (await readStored(entry.info.name))?.counts ?? countImages(entry, folders);
  }

  /** Runs a read. A file that disappears because the data set is being deleted is no damage: throws `dataset_not_found` then. */
  async function unlessDeleted<Answer>(name: string, read: () => Promise<Answer>): Promise<Answer> {
    try {
      return await read();
    } catch (error) {
      if (error instanceof TrainyardError && error.code === 'dataset_corrupt') await openEntry(name, folders);
      throw error;
    }
  }

  return {
    ...createReportAnswers(folders),

    /** Returns a data set with its numbers of images. Throws `dataset_not_found` or `dataset_corrupt`. */
    async details(name: string): Promise<DatasetDetails> {
      const entry = await openEntry(name, folders);
      const stored = await readStored(name);
      if (stored === undefined) return { ...entry.info, counts: await countImages(entry, folders) };
      return { ...entry.info, counts: stored.counts, duplicates: stored.duplicates };
    },

    /** Reads the last image of each split. Throws `dataset_not_found`, and `dataset_corrupt` if a file is missing or too short. */
    async requireFiles(name: string): Promise<void> {
      const { source } = await openEntry(name, folders);
      const splits = await Promise.all(SPLIT_NAMES.map((split) => source(split, folders)));
      await unlessDeleted(name, () => Promise.all(splits.map(requireWhole)));
    },

    /** Returns a page of the images of a split or of a class in it. Throws like `details`, and `not_found`. */
    async list(name: string, query: DatasetImagesQuery): Promise<DatasetImagePage> {
      const { split, limit, cursor } = query;
      const { entry, source } = await open(name, split);
      const label = query.class === undefined ? undefined : labelOf(entry, query.class);
      const { images, next } = await unlessDeleted(name, () =>
        findImages(source, { from: Number(cursor ?? 0), limit, label }),
      );
      const paths = await unlessDeleted(name, async () => source.paths?.(images.map(({ index }) => index)));
      return {
        split,
        total: label === undefined ? source.samples : ((await countsOf(entry))[split]?.[label] ?? 0),
        images: images.map((image, at) => ({
          ...{ index: image.index, class: entry.info.classes[image.label] ?? '' },
          ...pathOf(paths, at),
          url: imageUrlOf(name, split, image.index, source.version),
        })),
        ...(next !== undefined && { nextCursor: String(next) }),
      };
    },

    /** Returns an image. Throws like `list`; `not_found` also if `version` is not that of the split. */
    async image({ name, split, index }: ImageKey, version: string | undefined, caller: Caller): Promise<EncodedImage> {
      const { entry, source } = await open(name, split);
      const fault = faultOf({ name, split, index }, version, source);
      if (fault !== undefined) throw new TrainyardError('not_found', fault);
      const pixels = await unlessDeleted(name, () => source.pixels(index));
      return { version: source.version, png: await encodePng(pixels, entry.info, caller) };
    },
  };
}

/** Returns why there is no such image. */
function faultOf({ name, split, index }: ImageKey, version: string | undefined, source: SplitSource) {
  if (version !== undefined && version !== source.version)
    return `The data set ${name} was replaced, and its ${split} images are others now. List the images again.`;
  if (index >= source.samples)
    return `The ${split} split of ${name} has the images 0–${source.samples - 1}, and no image ${index}.`;
  return undefined;
}

/** Throws `invalid_request` if there is no such class. */
function labelOf({ info: { name, classes } }: DatasetEntry, className: string): number {
  const label = classes.indexOf(className);
  if (label >= 0) return label;
  const message = `must be one of the ${classes.length} classes of ${name}, such as ${JSON.stringify(classes[0])}`;
  throw new TrainyardError('invalid_request', `?class ${message} (got ${JSON.stringify(className)}).`, {
    errors: [{ pointer: '?class', message }],
  });
}

/** Returns the path as a field, if it is known. */
const pathOf = (paths: readonly string[] | undefined, at: number) => {
  const path = paths?.[at];
  return path === undefined ? {} : { path };
};
