/** Perceptual hashes, against those of Python's imagehash 4.3.2 with Pillow 13.0: `imagehash.phash(image)`. */
import { describe, expect, it } from 'vitest';
import { factsOf } from '../../src/images/image-facts.js';
import { bitsOf, perceptualHash } from '../../src/images/perceptual-hash.js';

type Pattern = readonly [width: number, height: number, a: number, b: number, c: number, shift: number];

/** Returns grey pixels that Python computes in the same way: ((a x² + b y² + c x y) >> shift) & 255. */
const patternOf = ([width, height, a, b, c, shift]: Pattern): Uint8Array =>
  Uint8Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return ((x * x * a + y * y * b + x * y * c) >> shift) & 255;
  });

const REFERENCE: readonly (readonly [Pattern, string])[] = [
  [[96, 96, 1, 2, 3, 5], '8117151f75f007fc'],
  [[50, 77, 3, 1, 2, 6], 'b52a55ab56a54a55'],
  [[20, 20, 5, 1, 7, 3], '8d32a5ab72aa724d'],
  [[300, 200, 1, 1, 1, 9], '94295a35ea545db6'],
  [[32, 32, 7, 3, 5, 4], '890a3ba65471ee79'],
  [[8, 8, 31, 57, 11, 3], '8a352b6ed225ee1a'],
  [[512, 64, 1, 9, 2, 10], '9529ea25ea35ca35'],
];

const textOf = ({ high, low }: Readonly<{ high: number; low: number }>): string =>
  [high, low].map((half) => half.toString(16).padStart(8, '0')).join('');

describe('the perceptual hash', () => {
  it.each(REFERENCE)('of the pattern %j is that of imagehash', (pattern, expected) => {
    const [width, height] = pattern;
    const hash = perceptualHash(patternOf(pattern), width, { left: 0, top: 0, width, height });
    expect(textOf(hash)).toBe(expected);
  });

  it('of a region does not depend on what surrounds it', () => {
    const [width, height, left, top] = [50, 77, 5, 9];
    const inner = patternOf([width, height, 3, 1, 2, 6]);
    const outer = new Uint8Array(80 * 100).fill(200);
    for (let y = 0; y < height; y++) outer.set(inner.subarray(y * width, (y + 1) * width), (top + y) * 80 + left);
    expect(textOf(perceptualHash(outer, 80, { left, top, width, height }))).toBe('b52a55ab56a54a55');
  });

  it('differs in as many bits as its digits', () => {
    expect([0, 1, 0xffffffff, 0x80000001, 0xf0f0].map(bitsOf)).toEqual([0, 1, 32, 2, 8]);
  });
});

describe('the facts of an image', () => {
  const whole = { left: 0, top: 0, width: 20, height: 20 };
  /** Returns 400 grey pixels of the value 100, of which the first have others. */
  const spotted = (others: number, value: number): Uint8Array =>
    Uint8Array.from({ length: 400 }, (_, i) => (i < others ? value : 100));
  const factsOfGrey = (pixels: Uint8Array) => factsOf({ pixels, width: 20, height: 20, channels: 1 }, whole);

  it('tell the share of one colour, with a tolerance of 8', () => {
    expect(factsOfGrey(spotted(100, 108)).oneColour).toBe(1);
    expect(factsOfGrey(spotted(100, 109)).oneColour).toBe(0.75);
    expect(factsOfGrey(spotted(2, 255))).toMatchObject({ oneColour: 0.995, colour: '#646464' });
  });

  it('have no hash if the image is flat', () => {
    expect(factsOfGrey(spotted(0, 0)).hash).toBeUndefined();
    expect(factsOfGrey(spotted(100, 102)).hash).toBeUndefined();
    expect(factsOfGrey(spotted(100, 120)).hash).toBeDefined();
  });

  it('have the mean colours of 8 × 8 cells, also if there are fewer pixels', () => {
    const pixels = Uint8Array.from({ length: 16 * 16 * 3 }, (_, i) => (i % 3 === 0 ? Math.floor(i / 3 / 16) * 2 : 7));
    const { thumb } = factsOf(
      { pixels, width: 16, height: 16, channels: 3 },
      { left: 0, top: 0, width: 16, height: 16 },
    );
    expect([...thumb.subarray(0, 3), ...thumb.subarray(8 * 3 * 7, 8 * 3 * 7 + 3)]).toEqual([1, 7, 7, 29, 7, 7]);
    const tiny = factsOf(
      { pixels: Uint8Array.of(10, 200), width: 2, height: 1, channels: 1 },
      { left: 0, top: 0, width: 2, height: 1 },
    );
    expect([...tiny.thumb.subarray(0, 24)]).toEqual([...new Array(12).fill(10), ...new Array(12).fill(200)]);
  });
});
