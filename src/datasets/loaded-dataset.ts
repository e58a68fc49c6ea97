/** Data sets in memory, and the interface of the data sets in the table. */
import type { DatasetInfo } from '../contracts/datasets/dataset.js';
import type { DatasetSpec } from '../contracts/jobs/job.js';

/** Class index of each image: 8 bits, or 16 for more than 256 classes. */
export type Labels = Uint8Array | Uint16Array;

/** Images with their labels. `images`: samples × height × width × channels bytes. */
export type Split = Readonly<{ images: Uint8Array; labels: Labels; samples: number }>;

/** Splits of a data set, complete or their first images. `validation` is the data set's own, if the spec asks for it. */
export type LoadedDataset = Readonly<{ info: DatasetInfo; train: Split; test: Split; validation?: Split }>;

/** Images of a job. `validation` is the data set's own, or held out from the training images. */
export type Dataset = LoadedDataset;

export type DatasetOptions = Readonly<{
  /** Folder of the data sets that set-up fetches (`DATASETS_DIR`). */
  datasetsDir: string;
  /** Folder of imported data sets. Default: none. */
  importedDir?: string | undefined;
  signal?: AbortSignal;
}>;

/** A data set that can be loaded and checked. */
export type DatasetEntry = Readonly<{
  info: DatasetInfo;
  load(spec: DatasetSpec, seed: number, options: DatasetOptions): Promise<LoadedDataset>;
  /** Returns the files of the data set, with the SHA-256 of their uncompressed bytes. Throws `dataset_corrupt` if one is missing. */
  files(options: DatasetOptions): Promise<readonly DatasetFile[]>;
}>;

export type DatasetFile = Readonly<{ path: string; compressed: boolean; sha256: string }>;

/** Returns a copy of the first `samples` images of a split, so that the rest can be freed. */
export function firstSamples(split: Split, samples: number): Split {
  if (samples >= split.samples) return split;
  const imageBytes = split.images.length / split.samples;
  return {
    images: split.images.slice(0, samples * imageBytes),
    labels: split.labels.slice(0, samples),
    samples,
  };
}
