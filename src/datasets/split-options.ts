/** Options of the splits in the record of an import. */
import type { DatasetImport, DatasetInfo } from '../contracts/datasets/dataset.js';
import type { Layout, SplitOptions } from './layout.js';

type Stored = Partial<Omit<SplitOptions, 'testShare'>> & Readonly<{ testShare?: number; manifests?: string[] }>;

/** Manifests that the record of an import names. */
const MAX_MANIFESTS = 10;

/** Returns the options that the record keeps: the share of a drawn test split, and other options that are not the default. */
export function storedSplitOptions(
  { testShare, validationShare = 0, stratified = true, groups, seed = 0 }: SplitOptions,
  { hasTest, manifests }: Pick<Layout<unknown>, 'hasTest' | 'manifests'>,
): Stored {
  return {
    ...(!hasTest && { testShare }),
    ...(validationShare > 0 && { validationShare }),
    ...(!stratified && { stratified }),
    ...(groups !== undefined && { groups }),
    ...(seed !== 0 && { seed }),
    ...(manifests.length > 0 && { manifests: manifests.slice(0, MAX_MANIFESTS) }),
  };
}

/** Returns the options that a data set was imported with. `testShare` has no effect on an archive with its own test split. */
export const usedSplitOptions = (
  imported: DatasetInfo['imported'],
  { testShare }: Pick<DatasetImport, 'testShare'>,
): SplitOptions => ({ testShare, ...imported });
