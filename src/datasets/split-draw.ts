/** Draw of a split from images: a share of them, by class and by group. */
import { sha256 } from '../files/sha256.js';
import { byKey } from './folder-placement.js';
import { apportion } from './largest-remainder.js';
import type { Placed } from './placed-image.js';

export type DrawOptions = Readonly<{
  /** Images to draw. */
  count: number;
  /** Each class gives its share. Otherwise the classes do not matter. */
  isStratified: boolean;
  /** 0: the paths alone decide. */
  seed: number;
}>;

type Images<Image> = readonly Placed<Image>[];

/**
 * Draws about `count` images. Stratified without groups, each class gives its share by the largest-remainder method, at least one image.
 * A group is drawn whole or not at all. Every class keeps an image. The draw depends only on paths and seed.
 */
export function drawImages<Image extends Readonly<{ path: string }>>(
  images: Images<Image>,
  { count, isStratified, seed }: DrawOptions,
): ReadonlySet<Placed<Image>> {
  const ordered = inDrawOrder(images, seed);
  const left = countClasses(ordered);
  const targets = isStratified ? classTargets(left, count) : new Map([[ALL, count]]);
  const targetOf = ({ name }: Placed<Image>): string => (isStratified ? name : ALL);
  const drawn = new Set<Placed<Image>>();
  const groups = groupsOf(ordered);
  for (const group of groups) {
    const gains = countBy(group, targetOf);
    const taken = countClasses(group);
    if (!keepsClasses(taken, left) || !comesCloser(gains, targets, group.length === 1)) continue;
    for (const each of group) drawn.add(each);
    for (const [name, size] of taken) left.set(name, (left.get(name) ?? 0) - size);
    for (const [name, size] of gains) targets.set(name, (targets.get(name) ?? 0) - size);
  }
  if (drawn.size > 0 || count === 0) return drawn;
  // All groups are larger than twice the share: the smallest one is the closest.
  const [smallest = []] = groups
    .filter((group) => keepsClasses(countClasses(group), left))
    .toSorted((a, b) => a.length - b.length);
  return new Set(smallest);
}

const ALL = '';

/** Returns the images in the order of the draw. */
const inDrawOrder = <Image extends Readonly<{ path: string }>>(images: Images<Image>, seed: number): Images<Image> =>
  seed === 0
    ? images
    : images
        .map((each) => ({ each, key: sha256(`${seed}\0${each.image.path}`, 'binary') }))
        .sort(byKey)
        .map(({ each }) => each);

/** Returns how many images each class gives: at least one, but never its last. */
function classTargets(sizes: ReadonlyMap<string, number>, count: number): Map<string, number> {
  const shares = apportion([...sizes.values()], count);
  return new Map(
    [...sizes].map(([name, size], index) => [name, Math.min(Math.max(1, shares[index] ?? 0), size - 1)] as const),
  );
}

/** Returns the groups in the order of their first images. An image without a group is one of its own. */
function groupsOf<Image>(images: Images<Image>): Placed<Image>[][] {
  const groups: Placed<Image>[][] = [];
  const known = new Map<string, Placed<Image>[]>();
  for (const each of images) {
    const { group } = each;
    const members = group === undefined ? undefined : known.get(group);
    if (members !== undefined) members.push(each);
    else {
      const made = [each];
      groups.push(made);
      if (group !== undefined) known.set(group, made);
    }
  }
  return groups;
}

function countBy<Image>(images: Images<Image>, nameOf: (each: Placed<Image>) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const each of images) counts.set(nameOf(each), (counts.get(nameOf(each)) ?? 0) + 1);
  return counts;
}

const countClasses = <Image>(images: Images<Image>): Map<string, number> => countBy(images, ({ name }) => name);

const keepsClasses = (taken: ReadonlyMap<string, number>, left: ReadonlyMap<string, number>): boolean =>
  [...taken].every(([name, size]) => size < (left.get(name) ?? 0));

/** Tells whether the squared distance from the targets falls. A single image counts if its class still has room. */
function comesCloser(gains: ReadonlyMap<string, number>, targets: ReadonlyMap<string, number>, isSingle: boolean) {
  let change = 0;
  for (const [name, size] of gains) {
    const open = targets.get(name) ?? 0;
    change += (open - size) ** 2 - open ** 2;
  }
  return isSingle ? [...gains.keys()].every((name) => (targets.get(name) ?? 0) > 0) : change < 0;
}
