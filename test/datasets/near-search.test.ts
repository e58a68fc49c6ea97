/** Search for near duplicates: all pairs that a comparison of every two finds, and no others. */
import { expect, it } from 'vitest';
import { createNearSearch, MAX_HASH_DISTANCE, type Prints } from '../../src/datasets/report/near-search.js';
import { THUMB_BYTES } from '../../src/images/image-facts.js';
import { bitsOf } from '../../src/images/perceptual-hash.js';

/** Returns pseudo-random integers of 32 bits (xorshift). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

const PICTURES = 3_000;
/** Each picture of the second half is one of the first half with up to so many bits flipped. */
const MOST_FLIPS = 10;

/** Returns pictures without colours, so that their hashes alone decide. */
function drawPrints(): Prints {
  const random = createRandom(7);
  const [high, low] = [new Uint32Array(PICTURES), new Uint32Array(PICTURES)];
  for (let i = 0; i < PICTURES; i++) {
    const original = i - PICTURES / 2;
    high[i] = original < 0 ? random() : (high[original] ?? 0);
    low[i] = original < 0 ? random() : (low[original] ?? 0);
    for (let flips = original < 0 ? 0 : random() % (MOST_FLIPS + 1); flips > 0; flips--) {
      const half = random() % 2 === 0 ? high : low;
      half[i] = (half[i] ?? 0) ^ (1 << (random() % 32));
    }
  }
  const isComparable = new Uint8Array(PICTURES).fill(1);
  return { high, low, thumbs: new Uint8Array(PICTURES * THUMB_BYTES), isComparable };
}

const distanceOf = ({ high, low }: Prints, a: number, b: number): number =>
  bitsOf((high[a] ?? 0) ^ (high[b] ?? 0)) + bitsOf((low[a] ?? 0) ^ (low[b] ?? 0));

/** Returns the pairs of pictures that the search finds, in the same cluster or in neighbouring ones. */
async function pairsOf(prints: Prints): Promise<Set<string>> {
  const search = createNearSearch(prints);
  const members = new Map<number, number[]>();
  for (const [picture, cluster] of search.clusterOf.entries())
    if (cluster >= 0) members.set(cluster, [...(members.get(cluster) ?? []), picture]);
  const pairs = new Set<string>();
  const add = (a: number, b: number) => a !== b && pairs.add([a, b].sort((x, y) => x - y).join());
  for (const all of members.values()) for (const a of all) for (const b of all) add(a, b);
  expect(
    await search.run((one, other) => {
      for (const a of members.get(one) ?? []) for (const b of members.get(other) ?? []) add(a, b);
    }),
  ).toBe(true);
  return pairs;
}

it('finds exactly the pairs within the distance', async () => {
  const prints = drawPrints();
  const expected = new Set<string>();
  for (let a = 0; a < PICTURES; a++)
    for (let b = a + 1; b < PICTURES; b++) if (distanceOf(prints, a, b) <= MAX_HASH_DISTANCE) expected.add(`${a},${b}`);
  expect(expected.size).toBeGreaterThan(500);
  expect(await pairsOf(prints)).toEqual(expected);
});

it('needs similar colours as well, and leaves flat pictures out', async () => {
  const prints = drawPrints();
  const all = await pairsOf(prints);
  prints.thumbs.fill(60, (PICTURES / 2) * THUMB_BYTES);
  expect(await pairsOf(prints)).toEqual(
    new Set([...all].filter((pair) => pair.split(',').every((each) => Number(each) < PICTURES / 2))),
  );
  prints.thumbs.fill(0);
  prints.isComparable.fill(0, 100);
  expect([...(await pairsOf(prints))].every((pair) => pair.split(',').every((each) => Number(each) < 100))).toBe(true);
});

it('lets other work run meanwhile', async () => {
  const search = createNearSearch({
    high: new Uint32Array(600).map((_, i) => i << 16),
    low: new Uint32Array(600),
    thumbs: new Uint8Array(600 * THUMB_BYTES),
    isComparable: new Uint8Array(600).fill(1),
  });
  let iterations = 0;
  const count = setInterval(() => iterations++, 0);
  await search.run(() => undefined);
  clearInterval(count);
  expect(iterations).toBeGreaterThan(0);
});
