/** Twins of images in other splits: images with the same pixels, and near duplicates. */
import { SPLIT_NAMES } from '../../contracts/datasets/dataset-content.js';
import { createNearSearch, type NearSearch } from './near-search.js';
import type { Survey } from './survey.js';
import { createUnions, type Unions } from './unions.js';

/** No training image. */
export const NONE = 0xffffffff;

export type Twins = Readonly<{
  /** Splits that have an image with the same pixels: bit `i` is set for split `i` of `SPLIT_NAMES`. The own split is one of them. */
  sameSplits(image: number): number;
  /** Splits that have a near duplicate. The own split is one of them if the image was compared. */
  nearSplits(image: number): number;
  /** Lowest index of a training image with the same pixels. `NONE` if there is none. */
  sameTrain(image: number): number;
  /** Lowest index of a training image that is a near duplicate. `NONE` if there is none. */
  nearTrain(image: number): number;
  /** Group of near duplicates, directly or through others, that a distinct image belongs to. */
  groupOf(content: number): number;
  /** All groups are below it. */
  groups: number;
  /** False if the search for near duplicates stopped early. */
  isComplete: boolean;
}>;

const TRAIN = SPLIT_NAMES.indexOf('train');

/** Finds the twins of all images. Yields to the event loop. */
export async function findTwins(survey: Survey): Promise<Twins> {
  const search = createNearSearch(survey.contents.prints());
  const [splitOf, contentOf] = [survey.splitOf(), survey.contentOf()];
  const contents = { splits: new Uint8Array(survey.contents.count()), train: noTrain(survey.contents.count()) };
  const clusters = { splits: new Uint8Array(search.clusters), train: noTrain(search.clusters) };
  for (let image = 0; image < survey.count(); image++) {
    const [content, split] = [contentOf[image] ?? 0, splitOf[image] ?? 0];
    const index = split === TRAIN ? (survey.indexOf()[image] ?? NONE) : NONE;
    note(contents, content, 1 << split, index);
    const cluster = search.clusterOf[content] ?? -1;
    if (cluster >= 0) note(clusters, cluster, 1 << split, index);
  }
  const near = { splits: clusters.splits.slice(), train: clusters.train.slice() };
  const groups = createUnions(search.clusters);
  const isComplete = await search.run((one, other) => {
    groups.join(one, other);
    note(near, one, clusters.splits[other] ?? 0, clusters.train[other] ?? NONE);
    note(near, other, clusters.splits[one] ?? 0, clusters.train[one] ?? NONE);
  });
  const contentAt = (image: number): number => contentOf[image] ?? 0;
  const clusterAt = (image: number): number => search.clusterOf[contentAt(image)] ?? -1;
  return {
    sameSplits: (image) => contents.splits[contentAt(image)] ?? 0,
    nearSplits: (image) => near.splits[clusterAt(image)] ?? 0,
    sameTrain: (image) => contents.train[contentAt(image)] ?? NONE,
    nearTrain: (image) => near.train[clusterAt(image)] ?? NONE,
    groupOf: groupFinder(search, groups),
    groups: search.clusters + survey.contents.count(),
    isComplete,
  };
}

const noTrain = (length: number): Uint32Array => new Uint32Array(length).fill(NONE);

type Seen = Readonly<{ splits: Uint8Array; train: Uint32Array }>;

function note({ splits, train }: Seen, at: number, bits: number, index: number): void {
  splits[at] = (splits[at] ?? 0) | bits;
  train[at] = Math.min(train[at] ?? NONE, index);
}

/** Returns a function that gives the group of a distinct image. An image that was not compared has a group of its own. */
function groupFinder({ clusterOf, clusters }: NearSearch, groups: Unions) {
  return (content: number): number => {
    const cluster = clusterOf[content] ?? -1;
    return cluster < 0 ? clusters + content : groups.find(cluster);
  };
}
