/** The background of a data set: what transparent images show, and what is around narrow ones. */
import type { DatasetImport } from '../contracts/datasets/dataset.js';
import type { Preprocessing } from '../contracts/models/model.js';

const NAMES: Readonly<Record<string, string>> = { black: '#000000', white: '#ffffff' };
const BLACK = '#000000';

/** As it is kept: `#rrggbb` in lower case, and undefined for black. */
export function keptBackground({ background }: Pick<DatasetImport, 'background'>): string | undefined {
  const colour = NAMES[background] ?? background.toLowerCase();
  return colour === BLACK ? undefined : colour;
}

/** As the preprocessing of a model has it: a grey level, or red, green and blue. */
export function backgroundOf(background = BLACK): Preprocessing['background'] {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => Number.parseInt(background.slice(at, at + 2), 16));
  return red === green && green === blue ? red : [red, green, blue];
}
