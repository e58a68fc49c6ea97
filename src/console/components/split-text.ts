/** Splits of a data set in words. */
import type { SplitName } from 'trainyard';

export const SPLIT_TITLES: Readonly<Record<SplitName, string>> = {
  train: 'Training',
  validation: 'Validation',
  test: 'Test',
};

/** Name of one image of a split: `test image`. */
export const imageOf = (split: SplitName): string => `${(SPLIT_TITLES[split] ?? split).toLowerCase()} image`;
