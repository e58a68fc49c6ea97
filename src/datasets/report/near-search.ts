/**
 * Search for similar pictures among many: perceptual hashes that differ in few bits, by multi-index hashing (Norouzi, Punjani and Fleet
 * 2012), confirmed by the mean colours of thumbnails.
 */
import { setImmediate } from 'node:timers/promises';
import { THUMB_BYTES } from '../../images/image-facts.js';
import { bitsOf } from '../../images/perceptual-hash.js';

/** Maximum number of bits in which the hashes of near duplicates differ. The index finds all pairs up to 9 bits. */
export const MAX_HASH_DISTANCE = 8;
/** Largest sum of the differences of the thumbnails of near duplicates: 5 of 255 on average. */
const MOST_DIFFERENCE = 5 * THUMB_BYTES;

/** Parts of a hash: four of 13 bits, one of 12. Two hashes that differ in at most 9 bits differ in at most one bit of some part. */
const PARTS = 5;
const PART_BITS = 13;
/** Changes of a part by at most one bit. */
const FLIPS = [0, ...Array.from({ length: PART_BITS }, (_, bit) => 1 << bit)];
/** Pictures with the same hash that are compared with each later one. */
const MAX_REPRESENTATIVES = 32;
/** Comparisons between two yields to the event loop: a few milliseconds. */
const COMPARISONS_PER_CHUNK = 2 ** 18;
/** Comparisons of hashes that take as long as one of thumbnails. */
const THUMB_COST = 32;
/** Maximum number of comparisons: some ten seconds. Only data whose pictures are nearly all alike needs more. */
const MAX_COMPARISONS = 2 ** 32;

/** Pictures in columns. `isComparable`: 0 if a picture is too flat to be compared. */
export type Prints = Readonly<{
  high: Uint32Array;
  low: Uint32Array;
  /** 8 × 8 × 3 bytes of each picture. */
  thumbs: Uint8Array;
  isComparable: Uint8Array;
}>;

export type NearSearch = Readonly<{
  /** Cluster of each picture: pictures with the same hash and similar thumbnails share one. -1: it is not compared. */
  clusterOf: Int32Array;
  clusters: number;
  /**
   * Calls `onPair` for each pair of clusters whose pictures are near duplicates. Yields to the event loop. Resolves with false if it
   * stopped early, after the most comparisons.
   */
  run(onPair: (one: number, other: number) => void): Promise<boolean>;
}>;

export function createNearSearch(prints: Prints): NearSearch {
  const { clusterOf, representatives } = clusterByHash(prints);
  return {
    clusterOf,
    clusters: representatives.length,
    async run(onPair) {
      const index = createIndex(prints, Uint32Array.from(representatives), onPair);
      for (let cluster = 0; cluster < representatives.length; cluster++) {
        if (!index.visit(cluster)) return false;
        if (index.needsPause()) await setImmediate();
      }
      return true;
    },
  };
}

/** Puts pictures with the same hash and similar thumbnails into one cluster. */
function clusterByHash({ high, low, thumbs, isComparable }: Prints) {
  const clusterOf = new Int32Array(high.length).fill(-1);
  const representatives: number[] = [];
  const order = Uint32Array.from(high.keys()).sort(
    (a, b) => (high[a] ?? 0) - (high[b] ?? 0) || (low[a] ?? 0) - (low[b] ?? 0) || a - b,
  );
  let first = 0;
  let before: number | undefined;
  for (const picture of order) {
    if (isComparable[picture] === 0) continue;
    if (before === undefined || high[before] !== high[picture] || low[before] !== low[picture])
      first = representatives.length;
    before = picture;
    const known = representatives
      .slice(first, first + MAX_REPRESENTATIVES)
      .findIndex((other) => areSimilar(thumbs, other, picture));
    if (known < 0) representatives.push(picture);
    clusterOf[picture] = known < 0 ? representatives.length - 1 : first + known;
  }
  return { clusterOf, representatives };
}

/** Index of the hashes of clusters: linked lists of the clusters with the same part. */
function createIndex(
  { high, low, thumbs }: Prints,
  representatives: Uint32Array,
  onPair: (one: number, other: number) => void,
) {
  // Signed: V8 keeps larger numbers as floating point.
  const [highs, lows] = [high, low].map((half) => Int32Array.from(representatives, (at) => half[at] ?? 0)) as [
    Int32Array,
    Int32Array,
  ];
  const heads = Array.from({ length: PARTS }, () => new Int32Array(2 ** PART_BITS).fill(-1));
  const nexts = Array.from({ length: PARTS }, () => new Int32Array(representatives.length));
  let [comparisons, pausedAt] = [0, 0];

  /** Collects the earlier clusters that are near to `cluster` and share all but one bit of a part, then adds `cluster` to the list. */
  function compare(cluster: number, part: number, value: number, found: Set<number>): void {
    const [head, next] = [heads[part] as Int32Array, nexts[part] as Int32Array];
    const [high, low] = [highs[cluster] as number, lows[cluster] as number];
    const thumb = representatives[cluster] as number;
    for (const flip of FLIPS)
      for (let other = head[value ^ flip] as number; other >= 0; other = next[other] as number) {
        comparisons += 1;
        const distance = bitsOf(high ^ (highs[other] as number)) + bitsOf(low ^ (lows[other] as number));
        if (distance > MAX_HASH_DISTANCE || found.has(other)) continue;
        comparisons += THUMB_COST;
        if (areSimilar(thumbs, representatives[other] as number, thumb)) found.add(other);
      }
    next[cluster] = head[value] as number;
    head[value] = cluster;
  }

  return {
    /** Finds the earlier neighbours of a cluster, and makes it findable. Returns false once the limit is reached. */
    visit(cluster: number): boolean {
      const [high, low] = [highs[cluster] ?? 0, lows[cluster] ?? 0];
      const found = new Set<number>();
      for (const [part, value] of partsOf(high, low).entries()) compare(cluster, part, value, found);
      for (const other of found) onPair(other, cluster);
      return comparisons < MAX_COMPARISONS;
    },
    needsPause(): boolean {
      if (comparisons - pausedAt < COMPARISONS_PER_CHUNK) return false;
      pausedAt = comparisons;
      return true;
    },
  };
}

const partsOf = (high: number, low: number): number[] => [
  ...[high >>> 19, (high >>> 6) & 0x1fff, ((high & 0x3f) << 7) | (low >>> 25), (low >>> 12) & 0x1fff, low & 0xfff],
];

/** Tells whether two thumbnails differ little. */
function areSimilar(thumbs: Uint8Array, one: number, other: number): boolean {
  const [a, b] = [one * THUMB_BYTES, other * THUMB_BYTES];
  let sum = 0;
  for (let i = 0; i < THUMB_BYTES && sum <= MOST_DIFFERENCE; i++)
    sum += Math.abs((thumbs[a + i] as number) - (thumbs[b + i] as number));
  return sum <= MOST_DIFFERENCE;
}
