/** Rewrites the splits of a data set that is being imported: images move to other splits or leave. */
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SplitName } from '../contracts/datasets/dataset-content.js';
import { readAt } from '../files/read-at.js';
import { corrupt } from './idx.js';
import type { Survey } from './report/survey.js';
import { type StoredSize, type WrittenSplit, writeSplit } from './split-writer.js';
import { FILE_NAMES, imageShape } from './stored.js';

type Rearrangement = Readonly<{
  size: StoredSize;
  classes: number;
  /** Survey of the images as they are stored now. */
  survey: Survey;
  /** Numbers of the images of each split, in their new order. */
  order: Readonly<Record<SplitName, readonly number[]>>;
  /** Splits to write. */
  splits: readonly SplitName[];
}>;

const FOLDER = 'rearranged';

/** Writes the files of the splits again, in the new order, and replaces the old ones. */
export async function rearrangeSplits(
  folder: string,
  { size, classes, survey, order, splits }: Rearrangement,
): Promise<Partial<Record<SplitName, WrittenSplit>>> {
  const target = join(folder, FOLDER);
  await mkdir(target);
  const files = await openImages(folder, size, splits);
  try {
    const written: Partial<Record<SplitName, WrittenSplit>> = {};
    for (const split of splits)
      written[split] = await writeSplit(
        order[split].map((image) => ({ image, label: survey.labelOf()[image] ?? 0 })),
        {
          ...{ size, classes },
          read: async (image: number) => ({ pixels: await files.read(survey.placeOf(image)) }),
          images: join(target, FILE_NAMES[`${split}Images`]),
          labels: join(target, FILE_NAMES[`${split}Labels`]),
        },
      );
    for (const name of splits.flatMap((split) => [`${split}Images`, `${split}Labels`] as const))
      await rename(join(target, FILE_NAMES[name]), join(folder, FILE_NAMES[name]));
    return written;
  } finally {
    await files.close();
    await rm(target, { recursive: true, force: true });
  }
}

/** Opens the files of images for random access. */
async function openImages(folder: string, size: StoredSize, splits: readonly SplitName[]) {
  const bytes = size.height * size.width * size.channels;
  const header = 4 + 4 * imageShape(size, 0).length;
  const opened = new Map<SplitName, Awaited<ReturnType<typeof open>>>();
  for (const split of splits) opened.set(split, await open(join(folder, FILE_NAMES[`${split}Images`]), 'r'));
  return {
    async read({ split, index }: Readonly<{ split: SplitName; index: number }>): Promise<Uint8Array> {
      const file = opened.get(split);
      const pixels = file && (await readAt(file, header + index * bytes, bytes));
      if (pixels?.length === bytes) return pixels;
      throw corrupt(join(folder, FILE_NAMES[`${split}Images`]), `it has no image ${index}`);
    },
    close: () => Promise.all([...opened.values()].map((file) => file.close())),
  };
}
