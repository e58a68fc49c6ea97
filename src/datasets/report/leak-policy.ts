/** What an import does with images that occur in several splits: moves or drops them. */
import { SPLIT_NAMES, type SplitName } from '../../contracts/datasets/dataset-content.js';
import { sha256 } from '../../files/sha256.js';
import type { Survey } from './survey.js';
import type { Twins } from './twins.js';

/** An image that leaves its split. `to` undefined: it is dropped. */
export type LeavingImage = Readonly<{ image: number; to: SplitName | undefined; isSame: boolean }>;

export type LeakPlan = Readonly<{
  /** Numbers of the images of each split, in their new order. */
  order: Readonly<Record<SplitName, readonly number[]>>;
  leaving: readonly LeavingImage[];
}>;

/** Plans what happens to leaks. Undefined if there is no leak. */
export function planLeaks(action: 'move' | 'drop', survey: Survey, twins: Twins): LeakPlan | undefined {
  const leaving = action === 'move' ? movedImages(survey, twins) : droppedImages(survey, twins);
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
 * Returns the images whose group has an image in a split before their own: they move there. Whole groups move, so that no two images of
 * a group stay in different splits.
 */
function movedImages(survey: Survey, { groupOf, groups, sameSplits }: Twins): LeavingImage[] {
  const [splitOf, contentOf] = [survey.splitOf(), survey.contentOf()];
  const first = new Uint8Array(groups).fill(SPLIT_NAMES.length);
  for (const [image, split] of splitOf.entries()) {
    const group = groupOf(contentOf[image] ?? 0);
    first[group] = Math.min(first[group] ?? split, split);
  }
  const leaving: LeavingImage[] = [];
  for (const [image, split] of splitOf.entries()) {
    const to = first[groupOf(contentOf[image] ?? 0)] ?? split;
    const isSame = (sameSplits(image) & ((1 << split) - 1)) > 0;
    if (to < split) leaving.push({ image, to: SPLIT_NAMES[to], isSame });
  }
  return leaving;
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
