/** Fashion-MNIST (Xiao et al. 2017, arXiv:1708.07747): 70,000 grey images of clothing, 28 × 28, in ten classes. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetInfo } from '../contracts/datasets/dataset.js';
import { readChecked } from './checked-file.js';
import { corrupt, readIdx } from './idx.js';
import {
  type DatasetEntry,
  type DatasetFile,
  type DatasetOptions,
  firstSamples,
  type LoadedDataset,
  type Split,
} from './loaded-dataset.js';
import { idxSource } from './split-source.js';

const info: DatasetInfo = {
  name: 'fashion-mnist',
  height: 28,
  width: 28,
  channels: 1,
  trainSamples: 60_000,
  testSamples: 10_000,
  mean: [0.286041],
  std: [0.353024],
  classes: ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
};

/** The four files of the corrected edition, with the SHA-256 of their uncompressed bytes. */
const files = {
  trainImages: {
    name: 'train-images-idx3-ubyte',
    sha256: 'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
  },
  trainLabels: {
    name: 'train-labels-idx1-ubyte',
    sha256: 'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
  },
  testImages: {
    name: 't10k-images-idx3-ubyte',
    sha256: '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
  },
  testLabels: {
    name: 't10k-labels-idx1-ubyte',
    sha256: '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
  },
} as const;

type FileEntry = (typeof files)[keyof typeof files];

export const fashionMnist: DatasetEntry = {
  info,

  async load(spec, _seed, options): Promise<LoadedDataset> {
    const [train, test] = await Promise.all([
      readSplit(files.trainImages, files.trainLabels, info.trainSamples, options),
      readSplit(files.testImages, files.testLabels, info.testSamples, options),
    ]);
    return { info, train: firstSamples(train, spec.trainSamples), test: firstSamples(test, spec.testSamples) };
  },

  identity: (split) =>
    split === 'validation' ? undefined : `${files[`${split}Images`].sha256} ${files[`${split}Labels`].sha256}`,

  files: (options) => Promise.all(Object.values(files).map((file) => locate(file, options))),

  async source(split, options) {
    if (split === 'validation') return undefined;
    const [images, labels] = await Promise.all([
      locate(files[`${split}Images`], options),
      locate(files[`${split}Labels`], options),
    ]);
    const shape = [info[`${split}Samples`], info.height, info.width];
    return idxSource({ shape, classes: info.classes.length, images, labels });
  },

  counts: { train: info.classes.map(() => 6_000), test: info.classes.map(() => 1_000) },
};

async function readSplit(
  images: FileEntry,
  labels: FileEntry,
  samples: number,
  options: DatasetOptions,
): Promise<Split> {
  const [imageFile, labelFile] = await Promise.all([read(images, options), read(labels, options)]);
  return {
    images: readIdx(imageFile.bytes, [samples, info.height, info.width], imageFile.path).values,
    labels: readIdx(labelFile.bytes, [samples], labelFile.path).values,
    samples,
  };
}

async function read(entry: FileEntry, options: DatasetOptions): Promise<{ path: string; bytes: Uint8Array }> {
  const file = await locate(entry, options);
  return { path: file.path, bytes: await readChecked(file, options.signal) };
}

/** Finds a file in the folder of the data set or in its parent; prefers the uncompressed file. Throws `dataset_corrupt` if missing. */
async function locate(entry: FileEntry, options: DatasetOptions): Promise<DatasetFile> {
  for (const folder of [join(options.datasetsDir, info.name), options.datasetsDir]) {
    for (const ending of ['', '.gz']) {
      const path = join(folder, entry.name + ending);
      const found = await stat(path).catch(() => undefined);
      if (found?.isFile()) return { path, compressed: ending === '.gz', sha256: entry.sha256 };
    }
  }
  throw corrupt(join(options.datasetsDir, info.name, entry.name), 'it is missing');
}
