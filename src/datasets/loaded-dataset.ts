/** Data sets in memory, and the interface of the data sets in the table. */
import type { DatasetInfo } from '../contracts/datasets/dataset.js';
import type { ImageCounts, SplitName } from '../contracts/datasets/dataset-content.js';
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

/** Random access to the images of a split. */
export type SplitSource = Readonly<{
  samples: number;
  /** Changes if the pixels change. Lower-case letters, digits and hyphens. */
  version: string;
  /** Returns the labels of `count` images. Throws `dataset_corrupt`. */
  labels(from: number, count: number): Promise<Labels>;
  /** Returns height × width × channels bytes. Throws `dataset_corrupt`. */
  pixels(index: number): Promise<Uint8Array>;
  /** Returns the paths of these images in their archive; undefined if they are not known. Throws `dataset_corrupt`. */
  paths?(images: readonly number[]): Promise<readonly string[] | undefined>;
}>;

/** A data set that can be loaded, checked, and read image by image. */
export type DatasetEntry = Readonly<{
  info: DatasetInfo;
  load(spec: DatasetSpec, seed: number, options: DatasetOptions): Promise<LoadedDataset>;
  /**
   * Returns a text that identifies the images and labels of a split: two splits with the same text are equal. Undefined if there is no
   * such split.
   */
  identity(split: SplitName, seed: number): string | undefined;
  /** Returns the files of the data set, with the SHA-256 of their uncompressed bytes. Throws `dataset_corrupt` if one is missing. */
  files(options: DatasetOptions): Promise<readonly DatasetFile[]>;
  /** Returns random access to a split. Undefined if there is no such split. Throws `dataset_corrupt` if a file is missing. */
  source(split: SplitName, options: DatasetOptions): Promise<SplitSource | undefined>;
  /** Images per class, if they are known without reading the labels. */
  counts?: ImageCounts;
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
