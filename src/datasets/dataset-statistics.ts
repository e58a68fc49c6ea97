/** Statistics of a stored data set: images per class and split, and images that occur several times. */
import { join } from 'node:path';
import { Compile } from 'typebox/compile';
import {
  type DuplicateCounts,
  type ImageCounts,
  SPLIT_NAMES,
  StoredStatistics,
} from '../contracts/datasets/dataset-content.js';
import { readText } from '../files/bounded-reads.js';
import { writeDurably } from '../files/durable.js';
import { hasCode } from '../files/error-codes.js';
import { corrupt } from './idx.js';
import type { DatasetEntry, DatasetOptions } from './loaded-dataset.js';
import { countClasses } from './split-source.js';

/** Name of the file in the data set's folder. */
export const STATISTICS_FILE = 'statistics.json';

const stored = Compile(StoredStatistics);

/** Reads the statistics in a data set's folder. Undefined if there are none. Throws `dataset_corrupt`. */
export async function readStatistics(folder: string): Promise<StoredStatistics | undefined> {
  const path = join(folder, STATISTICS_FILE);
  const text = await readText(path).catch((cause: unknown) => {
    if (hasCode(cause, 'ENOENT')) return undefined;
    throw corrupt(path, 'it cannot be read', cause);
  });
  if (text === undefined) return undefined;
  try {
    const statistics: unknown = JSON.parse(text);
    if (stored.Check(statistics)) return statistics;
  } catch (cause) {
    throw corrupt(path, 'it is not JSON', cause);
  }
  throw corrupt(path, 'it has no statistics of a data set');
}

/** Counts the images of each class and split. Reads labels only. Throws `dataset_corrupt`. */
export async function countImages(entry: DatasetEntry, options: DatasetOptions): Promise<ImageCounts> {
  if (entry.counts !== undefined) return entry.counts;
  const counts: Partial<Record<keyof ImageCounts, number[]>> = {};
  for (const split of SPLIT_NAMES) {
    const source = await entry.source(split, options);
    if (source !== undefined) counts[split] = await countClasses(source, entry.info.classes.length);
  }
  return counts as ImageCounts;
}

type WrittenLabels = Readonly<{ labelsStored: readonly number[] }>;

/** Writes the statistics of a new data set. Returns the number of images of each class. */
export async function writeStatistics(
  folder: string,
  classes: readonly string[],
  { train, validation, test }: Readonly<{ train: WrittenLabels; validation?: WrittenLabels; test: WrittenLabels }>,
  duplicates: DuplicateCounts,
): Promise<ImageCounts> {
  const count = ({ labelsStored }: WrittenLabels): number[] => {
    const counts = new Array<number>(classes.length).fill(0);
    for (const label of labelsStored) counts[label] = (counts[label] ?? 0) + 1;
    return counts;
  };
  const counts = { train: count(train), ...(validation && { validation: count(validation) }), test: count(test) };
  const statistics: StoredStatistics = { format: 1, counts, duplicates };
  await writeDurably(join(folder, STATISTICS_FILE), JSON.stringify(statistics));
  return counts;
}
