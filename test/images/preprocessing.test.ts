/** Preprocessing of images: pixels against Pillow's and torchvision's, and their geometry. */
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import {
  DEFAULT_IMAGE_PREPROCESSING,
  type ImagePreprocessing,
  resolveImagePreprocessing,
} from '../../src/contracts/images/image-preprocessing.js';
import { createImageDecoder } from '../../src/images/image-decoder.js';
import { placementOf } from '../../src/images/placement.js';

/** `tensor`: resized as a tensor by torchvision, not as an image by Pillow. */
type Case = Readonly<{ image: string; width: number; height: number; tensor: boolean }> &
  Omit<ImagePreprocessing, 'background'>;
type Golden = Readonly<{ background: [number, number, number]; cases: readonly Case[] }>;

const file = (name: string): Buffer => readFileSync(new URL(`../golden/preprocessing/${name}`, import.meta.url));
const { cases, background } = JSON.parse(file('cases.json').toString()) as Golden;
const pixels = file('pixels.bin');
const decoder = createImageDecoder();

/** Returns the sorted differences of all bytes between the decoder and the golden pixels of these cases. */
async function differences(fits: (each: Case) => boolean): Promise<number[]> {
  const found: number[] = [];
  let at = 0;
  for (const each of cases) {
    const bytes = each.width * each.height * 3;
    const expected = pixels.subarray(at, at + bytes);
    at += bytes;
    if (!fits(each)) continue;
    const decoded = await decoder.decode(file(each.image), { ...each, channels: 3, background });
    expect(decoded).toHaveLength(bytes);
    for (const [index, value] of decoded.entries()) found.push(Math.abs(value - (expected[index] ?? Number.NaN)));
  }
  expect(at).toBe(pixels.length);
  return found.sort((a, b) => a - b);
}

const quantile = (sorted: readonly number[], share: number) => sorted[Math.floor(share * (sorted.length - 1))];

describe('the pixels of an image', () => {
  const fits = ['contain', 'cover', 'stretch', 'resize-crop'] as const;
  it.each(fits.flatMap((fit) => (['bilinear', 'bicubic'] as const).map((kind) => [fit, kind] as const)))(
    'are those of Pillow with the fit %s, antialiased %s',
    async (fit, kind) => {
      const isOf = (each: Case): boolean => each.fit === fit && each.interpolation === kind && !each.tensor;
      const found = await differences((each) => isOf(each) && each.decoding === 'plain');
      expect(found.at(-1)).toBe(0);
    },
  );

  it('are those of Pillow on a background, but for the rounding of half transparent pixels', async () => {
    const found = await differences((each) => each.decoding === 'managed');
    expect({ median: quantile(found, 0.5), largest: found.at(-1) }).toEqual({ median: 0, largest: 2 });
  });

  it.each([
    ['bilinear', true],
    ['bicubic', true],
    ['bilinear', false],
    ['bicubic', false],
  ] as const)('are those of torchvision for tensors: %s, antialias %s', async (kind, antialias) => {
    const isOf = (each: Case): boolean => each.interpolation === kind && each.antialias === antialias && each.tensor;
    const found = await differences(isOf);
    expect({ median: quantile(found, 0.5), largest: found.at(-1) }).toEqual({ median: 0, largest: 1 });
  });
});

describe('an image of the size of the model', () => {
  it('keeps its pixels with every fit but a crop', async () => {
    const { data, info } = await sharp(file('same.png')).raw().toBuffer({ resolveWithObject: true });
    const target = { height: info.height, width: info.width, channels: 3 } as const;
    for (const fit of ['contain', 'cover', 'stretch'] as const) {
      for (const interpolation of ['bilinear', 'bicubic'] as const) {
        const decoded = await decoder.decode(file('same.png'), {
          ...target,
          ...resolveImagePreprocessing({ fit, interpolation }),
        });
        expect(Buffer.compare(decoded, data)).toBe(0);
      }
    }
  });

  it('is cropped also if it is grey', async () => {
    const grey = Uint8Array.from({ length: 28 * 28 }, (_, i) => (i % 28) * 9);
    const png = await sharp(grey, { raw: { width: 28, height: 28, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toBuffer();
    const target = {
      height: 28,
      width: 28,
      channels: 1,
      ...resolveImagePreprocessing({ fit: 'resize-crop' }),
    } as const;
    const decoded = await decoder.decode(png, target);
    expect(decoded[0]).toBeGreaterThan(9); // the first columns are cut off
    expect(await decoder.decode(png, { ...target, ...DEFAULT_IMAGE_PREPROCESSING })).toEqual(grey);
  });
});

describe('the placement of an image', () => {
  it.each<[what: string, source: [number, number], target: [number, number], options: object, expected: object]>([
    [
      '256, then 224 of it',
      [500, 375],
      [224, 224],
      { fit: 'resize-crop' },
      { width: 341, height: 256, left: 58, top: 16 },
    ],
    [
      'halves to the even neighbour',
      [229, 224],
      [224, 224],
      { fit: 'cover' },
      { width: 229, height: 224, left: 2, top: 0 },
    ],
    [
      '232 of 0.9655',
      [464, 464],
      [224, 224],
      { fit: 'resize-crop', cropShare: 0.9655 },
      { width: 232, height: 232, left: 4, top: 4 },
    ],
    ['232 of the exact share', [464, 464], [224, 224], { fit: 'resize-crop', cropShare: 224 / 232 }, { width: 232 }],
    [
      '235 of 0.95, rounded down',
      [470, 470],
      [224, 224],
      { fit: 'resize-crop', cropShare: 0.95 },
      { width: 235, left: 6 },
    ],
    ['bars above and below', [40, 10], [20, 20], { fit: 'contain' }, { width: 20, height: 5, left: 0, top: -8 }],
    ['at least one pixel', [1000, 1], [20, 20], { fit: 'contain' }, { width: 20, height: 1 }],
    [
      'a target that is not square',
      [100, 100],
      [40, 20],
      { fit: 'cover' },
      { width: 40, height: 40, left: 0, top: 10 },
    ],
    ['any shape, stretched', [7, 90], [40, 20], { fit: 'stretch' }, { width: 40, height: 20, left: 0, top: 0 }],
  ])('is %s', (_, [w, h], [width, height], options, expected) => {
    const placement = placementOf({ width: w, height: h }, { width, height, ...resolveImagePreprocessing(options) });
    expect(placement).toMatchObject(expected);
  });
});

it('refuses an image whose shape would take minutes to resize', async () => {
  const strip = await sharp({ create: { width: 1, height: 300_000, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  const target = { height: 512, width: 512, channels: 3 } as const;
  await expect(
    decoder.decode(
      strip,
      { ...target, ...resolveImagePreprocessing({ fit: 'stretch', interpolation: 'bicubic' }) },
      '/images/0',
    ),
  ).rejects.toMatchObject({
    code: 'invalid_image',
    message: 'The image at /images/0 cannot be resized: its aspect ratio is too extreme. Crop it.',
  });
  const covered = await decoder.decode(strip, { ...target, ...resolveImagePreprocessing({ fit: 'cover' }) });
  expect([...covered.subarray(0, 3)]).toEqual([255, 0, 0]);
});

it('lets other work run while it resizes a large image', async () => {
  const large = await sharp({ create: { width: 2_400, height: 1_600, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 0);
  await decoder.decode(large, {
    height: 224,
    width: 224,
    channels: 3,
    ...resolveImagePreprocessing({ fit: 'stretch' }),
  });
  clearInterval(timer);
  expect(turns).toBeGreaterThan(10);
});
