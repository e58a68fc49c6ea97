/** Groups of images that occur several times: with the same stored pixels, or as near duplicates. */
import {
  type DuplicateCounts,
  type DuplicateKind,
  type DuplicatesQuery,
  LISTED_DUPLICATES,
  SPLIT_NAMES,
  type SplitName,
} from '../../contracts/datasets/dataset-content.js';
import { writeDurably } from '../../files/durable.js';
import { readJsonLines } from '../json-lines.js';
import type { ImagePlace, Survey } from './survey.js';
import type { Twins } from './twins.js';

/** Name of the list in the data set's folder. Each line is a JSON object. */
export const DUPLICATES_FILE = 'duplicates.jsonl';

/** Name of the list of near duplicates, in the same form. */
export const NEAR_DUPLICATES_FILE = 'near-duplicates.jsonl';

/** Line of the list: a group of images with the same pixels. */
export type StoredGroup = Readonly<{ kinds: DuplicateKind[]; count: number; images: readonly ImagePlace[] }>;

export type Group = {
  /** Up to LISTED_DUPLICATES images. */
  readonly images: ImagePlace[];
  readonly inSplit: Record<SplitName, number>;
  readonly labels: Set<number>;
};

/** Returns the groups of images with the same pixels. */
export const sameGroups = (survey: Survey): readonly Group[] =>
  groupsOf(survey, { keyOf: (content) => content, keys: survey.contents.count(), hasSeveral: () => true });

/** Returns the groups of near duplicates: images that resemble each other, directly or through others. */
export const nearGroups = (survey: Survey, { groupOf, groups }: Pick<Twins, 'groupOf' | 'groups'>): readonly Group[] =>
  groupsOf(survey, { keyOf: groupOf, keys: groups, hasSeveral: (one, other) => one !== other });

/** `keyOf` returns the group of a content, below `keys`. `hasSeveral` tells whether two images with these contents make a group. */
type Grouping = Readonly<{
  keyOf(content: number): number;
  keys: number;
  hasSeveral(one: number, other: number): boolean;
}>;

function groupsOf(survey: Survey, { keyOf, keys, hasSeveral }: Grouping): readonly Group[] {
  const contentOf = survey.contentOf();
  const firstContent = new Int32Array(keys).fill(-1);
  const isGroup = new Uint8Array(keys);
  for (const content of contentOf) {
    const key = keyOf(content);
    const first = firstContent[key] ?? -1;
    if (first < 0) firstContent[key] = content;
    else if (hasSeveral(first, content)) isGroup[key] = 1;
  }
  const groups = new Map<number, Group>();
  for (const [image, content] of contentOf.entries()) {
    const key = keyOf(content);
    if (isGroup[key] === 0) continue;
    const group = groups.get(key) ?? newGroup();
    groups.set(key, group);
    join(group, survey.placeOf(image));
  }
  return [...groups.values()];
}

/** Writes the list: leaks and conflicts first, then the largest groups. */
export async function writeGroups(path: string, groups: readonly Group[]): Promise<void> {
  const lines = groups
    .map((group): StoredGroup => ({ kinds: kindsOf(group), count: sizeOf(group), images: inOrder(group.images) }))
    .sort((a, b) => severityOf(b) - severityOf(a) || b.count - a.count);
  await writeDurably(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

const newGroup = (): Group => ({ images: [], inSplit: { train: 0, validation: 0, test: 0 }, labels: new Set() });

/** Adds an image. Replaces a listed one if the split or the class of the new one is not listed yet. */
function join({ images, inSplit, labels }: Group, place: ImagePlace): void {
  const isNews = inSplit[place.split] === 0 || !labels.has(place.label);
  inSplit[place.split] += 1;
  labels.add(place.label);
  if (images.length < LISTED_DUPLICATES) images.push(place);
  else if (isNews) images.splice(repeatedPlace(images), 1, place);
}

/** Returns the position of the last image whose split and class another one has too, or of the last image. */
function repeatedPlace(images: readonly ImagePlace[]): number {
  const at = images.findLastIndex((place, i) =>
    images.some((other, j) => i !== j && other.split === place.split && other.label === place.label),
  );
  return at < 0 ? images.length - 1 : at;
}

/** Returns training images before validation images before test images. */
const inOrder = (images: readonly ImagePlace[]): ImagePlace[] =>
  images.toSorted((a, b) => SPLIT_NAMES.indexOf(a.split) - SPLIT_NAMES.indexOf(b.split));

const sizeOf = ({ inSplit: { train, validation, test } }: Group): number => train + validation + test;

function kindsOf({ inSplit, labels }: Group): DuplicateKind[] {
  const isLeak = Object.values(inSplit).filter((count) => count > 0).length > 1;
  const isConflict = labels.size > 1;
  return isLeak || isConflict
    ? [...(isLeak ? ['leak' as const] : []), ...(isConflict ? ['conflict' as const] : [])]
    : ['copy'];
}

const severityOf = ({ kinds }: StoredGroup): number => (kinds.includes('copy') ? 0 : kinds.length);

/** Counts the groups of images with the same pixels. */
export function countGroups(groups: readonly Group[]): DuplicateCounts {
  const counts = { groups: groups.length, images: 0, leakedTest: 0, leakedValidation: 0, conflicts: 0 };
  for (const group of groups) {
    const { train, validation, test } = group.inSplit;
    counts.images += sizeOf(group);
    if (train + validation > 0) counts.leakedTest += test;
    if (train > 0) counts.leakedValidation += validation;
    if (group.labels.size > 1) counts.conflicts += 1;
  }
  return counts;
}

/** Returns a page of the list. Data sets of earlier versions have none. */
export async function readDuplicates(path: string, { kind, limit, cursor }: DuplicatesQuery) {
  const found = await readJsonLines<StoredGroup>(path, {
    ...{ limit, cursor },
    accepts: ({ kinds }) => kind === undefined || kinds.includes(kind),
  });
  const { lines = [], ...next } = found ?? {};
  return { groups: lines, ...next };
}
