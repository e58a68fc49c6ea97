/** What a data set is once it lies in memory, and what each entry of the table of data sets can do. */

import type { DatasetInfo } from '../contracts/datasets/dataset.js';
import type { DatasetSpec } from '../contracts/jobs/job.js';

/** One label per image: a byte, or two for more than 256 classes. */
export type Labels = Uint8Array | Uint16Array;

/** Images and their labels. Pixels are samples × height × width × channels bytes. */
export type Split = Readonly<{ images: Uint8Array; labels: Labels; samples: number }>;

/** The splits of a data set as it is published, or the first images of them. `validation`: its own, if the spec asks for it. */
export type LoadedDataset = Readonly<{ info: DatasetInfo; train: Split; test: Split; validation?: Split }>;

/** What a job trains on. `validation` is the data set's own, or taken out of the training images. */
export type Dataset = LoadedDataset;

export type DatasetOptions = Readonly<{
  /** Folder of the data sets that set-up fetches, as configured. */
  datasetsDir: string;
  /** Folder of those that were imported. Absent: there are none. */
  importedDir?: string | undefined;
  signal?: AbortSignal;
}>;

/** One row of the table: how a data set is loaded, and how its files are checked. */
export type DatasetEntry = Readonly<{
  info: DatasetInfo;
  load(spec: DatasetSpec, seed: number, options: DatasetOptions): Promise<LoadedDataset>;
  /** Files the data set needs, each with the SHA-256 of its uncompressed bytes. Throws `dataset_corrupt` where one is missing. */
  files(options: DatasetOptions): Promise<readonly DatasetFile[]>;
}>;

export type DatasetFile = Readonly<{ path: string; compressed: boolean; sha256: string }>;

/** The first `samples` of a split, without keeping the rest in memory. */
export function firstSamples(split: Split, samples: number): Split {
  if (samples >= split.samples) return split;
  const imageBytes = split.images.length / split.samples;
  return {
    images: split.images.slice(0, samples * imageBytes),
    labels: split.labels.slice(0, samples),
    samples,
  };
}
