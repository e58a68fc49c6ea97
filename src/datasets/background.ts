/** Background colour of a data set: behind transparent pixels, and around images that are not square. */
import type { DatasetImport } from '../contracts/datasets/dataset.js';
import type { Preprocessing } from '../contracts/models/model.js';

const NAMES: Readonly<Record<string, string>> = { black: '#000000', white: '#ffffff' };
const BLACK = '#000000';

/** Returns the stored form: `#rrggbb` in lower case, undefined for black. */
export function storedBackground({ background }: Pick<DatasetImport, 'background'>): string | undefined {
  const colour = NAMES[background] ?? background.toLowerCase();
  return colour === BLACK ? undefined : colour;
}

/** Returns the form in a model's preprocessing: a grey level, or red, green and blue, each 0–255. */
export function backgroundOf(background = BLACK): Preprocessing['background'] {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => Number.parseInt(background.slice(at, at + 2), 16));
  return red === green && green === blue ? red : [red, green, blue];
}
