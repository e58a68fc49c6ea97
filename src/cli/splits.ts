/** Splits of a data set, as values of options. */
import type { SplitName } from '../client/index.js';

export const SPLITS = ['test', 'train', 'validation'] as const satisfies readonly SplitName[];
