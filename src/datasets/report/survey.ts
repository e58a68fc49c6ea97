/** Survey of the images that an import stores: their place, class, content and size, in columns. */
import { SPLIT_NAMES, type SplitName } from '../../contracts/datasets/dataset-content.js';
import type { Size } from '../../images/placement.js';
import { createColumn } from './columns.js';
import type { Contents } from './contents.js';

/** An image: number in its split, number of its class, path in the archive. */
export type ImagePlace = Readonly<{ split: SplitName; index: number; label: number; path: string }>;

/** What is known of an image that shows nothing: its colour as `#rrggbb`, and whether the file has transparent pixels. */
export type BlankFacts = Readonly<{ colour: string; transparent: boolean }>;

export type BlankPlace = ImagePlace & BlankFacts;

type Surveyed = Readonly<{
  place: ImagePlace;
  content: number;
  /** Size of the upright original. Undefined if it is not known. */
  original: Size | undefined;
  /** Undefined if the image shows something. */
  blank: BlankFacts | undefined;
}>;

export type Survey = Readonly<{
  contents: Contents;
  add(image: Surveyed): void;
  count(): number;
  splitOf(): Uint8Array;
  labelOf(): Uint16Array;
  indexOf(): Uint32Array;
  /** Numbers of the contents of the images. */
  contentOf(): Uint32Array;
  /** Sizes of the originals; 0 if they are not known. */
  sizes(): Readonly<{ widths: Uint32Array; heights: Uint32Array }>;
  /** Images that show nothing, in the order in which they were added. */
  blank(): BlankPlace[];
  pathOf(image: number): string;
  placeOf(image: number): ImagePlace;
  /** Returns the survey of these images: numbers of images, by split and in their new order. */
  arrange(order: Readonly<Record<SplitName, readonly number[]>>): Survey;
}>;

export function createSurvey(contents: Contents): Survey {
  const splitOf = createColumn((length) => new Uint8Array(length));
  const labelOf = createColumn((length) => new Uint16Array(length));
  const [contentOf, indexOf] = [createColumn((n) => new Uint32Array(n)), createColumn((n) => new Uint32Array(n))];
  const [widths, heights] = [createColumn((n) => new Uint32Array(n)), createColumn((n) => new Uint32Array(n))];
  const paths: string[] = [];
  const blank = new Map<number, BlankFacts>();

  const placeOf = (image: number): ImagePlace => ({
    split: SPLIT_NAMES[splitOf.values()[image] ?? 0] ?? 'train',
    index: indexOf.values()[image] ?? 0,
    label: labelOf.values()[image] ?? 0,
    path: paths[image] ?? '',
  });

  const surveyed = (image: number): Surveyed => ({
    place: placeOf(image),
    content: contentOf.values()[image] ?? 0,
    original: { width: widths.values()[image] ?? 0, height: heights.values()[image] ?? 0 },
    blank: blank.get(image),
  });

  return {
    contents,
    add({ place, content, original, blank: facts }) {
      if (facts !== undefined) blank.set(paths.length, facts);
      splitOf.push(SPLIT_NAMES.indexOf(place.split));
      labelOf.push(place.label);
      indexOf.push(place.index);
      contentOf.push(content);
      widths.push(original?.width ?? 0);
      heights.push(original?.height ?? 0);
      paths.push(place.path);
    },
    count: () => paths.length,
    ...{ splitOf: splitOf.values, labelOf: labelOf.values, indexOf: indexOf.values, contentOf: contentOf.values },
    sizes: () => ({ widths: widths.values(), heights: heights.values() }),
    blank: () => [...blank].map(([image, facts]) => ({ ...placeOf(image), ...facts })),
    pathOf: (image) => paths[image] ?? '',
    placeOf,
    arrange(order) {
      const arranged = createSurvey(contents);
      for (const split of SPLIT_NAMES)
        for (const [index, image] of order[split].entries()) {
          const found = surveyed(image);
          arranged.add({ ...found, place: { ...found.place, split, index } });
        }
      return arranged;
    },
  };
}
