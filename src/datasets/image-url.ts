/** URL of an image of a data set, as answers of the API have it. */
import type { SplitName } from '../contracts/datasets/dataset-content.js';

/** Returns the path of an image. `version` is that of its split, so that the URL never shows another image. */
export const imageUrlOf = (name: string, split: SplitName, index: number, version: string): string =>
  `/datasets/${name}/images/${split}/${index}?version=${version}`;
