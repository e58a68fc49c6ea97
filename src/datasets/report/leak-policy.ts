/** Leak policy of an import: moves or drops images that occur in several splits. */
import { SPLIT_NAMES, type SplitName } from '../../contracts/datasets/dataset-content.js';
import { sha256 } from '../../files/sha256.js';
import type { Survey } from './survey.js';
import type { Twins } from './twins.js';
import { createUnions } from './unions.js';

/** An image that leaves its split. `to` undefined: it is dropped. */
export type LeavingImage = Readonly<{ image: number; to: SplitName | undefined; isSame: boolean }>;

export type LeakPlan = Readonly<{
  /** Numbers of the images of each split, in their new order. */
  order: Readonly<Record<SplitName, readonly number[]>>;
  leaving: readonly LeavingImage[];
}>;

type Found = Readonly<{
  survey: Survey;
  twins: Twins;
  /** Returns the group of a path, which must stay in one split; undefined if it has none. */
  groupOf: (path: string) => string | undefined;
}>;

/** Plans what happens to leaks. Undefined if there is no leak. */
export function planLeaks(action: 'move' | 'drop', found: Found): LeakPlan | undefined {
  const { survey, twins } = found;
  const leaving = action === 'move' ? movedImages(found) : droppedImages(survey, twins);
  return leaving.length === 0 ? undefined : { leaving, order: orderAfter(survey, leaving) };
}

/**
 * Returns the images whose twin is in a split that is protected more: test before validation before training. So test images never
 * disappear.
 */
function droppedImages(survey: Survey, twins: Twins): LeavingImage[] {
  const leaving: LeavingImage[] = [];
  for (const [image, split] of survey.splitOf().entries()) {
    const isSame = twins.sameSplits(image) >> (split + 1) > 0;
    if (isSame || twins.nearSplits(image) >> (split + 1) > 0) leaving.push({ image, to: undefined, isSame });
  }
  return leaving;
}

/**
 * Returns the images that are tied to an image in a split before their own: they move there. All images that are tied to each other move,
 * so that neither two of them nor two of a group are in different splits.
 */
function movedImages({ survey, twins, groupOf }: Found): LeavingImage[] {
  const splitOf = survey.splitOf();
  const tieOf = findTies({ survey, twins, groupOf });
  const first = new Map<number, number>();
  for (const [image, split] of splitOf.entries())
    first.set(tieOf(image), Math.min(first.get(tieOf(image)) ?? split, split));
  const leaving: LeavingImage[] = [];
  for (const [image, split] of splitOf.entries()) {
    const to = first.get(tieOf(image)) ?? split;
    const isSame = (twins.sameSplits(image) & ((1 << split) - 1)) > 0;
    if (to < split) leaving.push({ image, to: SPLIT_NAMES[to], isSame });
  }
  return leaving;
}

/** Returns a function from an image to a number that near duplicates and images of one group share, directly or through others. */
function findTies({ survey, twins, groupOf }: Found): (image: number) => number {
  const contentOf = survey.contentOf();
  const numbers = new Map<string, number>();
  const unions = createUnions(twins.groups + survey.count());
  for (const [image, content] of contentOf.entries()) {
    const group = groupOf(survey.pathOf(image));
    if (group === undefined) continue;
    const number = numbers.get(group) ?? twins.groups + numbers.size;
    numbers.set(group, number);
    unions.join(twins.groupOf(content), number);
  }
  return (image) => unions.find(twins.groupOf(contentOf[image] ?? 0));
}

/** Returns the images of each split. A split that gets images is sorted as an import sorts it: by the digests of the paths. */
function orderAfter(survey: Survey, leaving: readonly LeavingImage[]): LeakPlan['order'] {
  const targets = new Map(leaving.map(({ image, to }) => [image, to]));
  const order: Record<SplitName, number[]> = { train: [], validation: [], test: [] };
  for (const [image, split] of survey.splitOf().entries()) {
    const to = targets.has(image) ? targets.get(image) : SPLIT_NAMES[split];
    if (to !== undefined) order[to].push(image);
  }
  for (const split of new Set(leaving.flatMap(({ to }) => to ?? []))) sortByPath(order[split], survey);
  return order;
}

function sortByPath(images: number[], { pathOf }: Survey): void {
  const keys = new Map(images.map((image) => [image, sha256(pathOf(image), 'binary')]));
  images.sort((a, b) => ((keys.get(a) ?? '') < (keys.get(b) ?? '') ? -1 : 1));
}
