/** The memory that an image needs while it is decoded, by its header alone. */
import sharp, { type Sharp } from 'sharp';
import { expect, it } from 'vitest';
import { costOf } from '../../src/images/cost.js';
import { createImageDecoder } from '../../src/images/decoder.js';
import { interlacedPng } from '../support/png.js';

const image = (channels: 3 | 4 = 3) =>
  sharp({ create: { width: 40, height: 30, channels, background: { r: 1, g: 2, b: 3, alpha: 0.5 } } });

it.each<[what: string, encode: () => Sharp, bytesOfPixel: number]>([
  ['a PNG', () => image().png(), 3],
  ['a PNG with alpha', () => image(4).png(), 4],
  ['a grey PNG', () => image().toColourspace('b-w').png(), 1],
  ['a PNG of 16 bits', () => image().toColourspace('rgb16').png(), 6],
  ['an interlaced PNG', () => image().png({ progressive: true }), 6],
  ['a PNG with a palette', () => image().png({ palette: true }), 4],
  ['a JPEG', () => image().jpeg(), 3 / 4],
  ['a progressive JPEG', () => image().jpeg({ progressive: true }), 6],
  [
    'a JPEG with EXIF before its size',
    () =>
      image()
        .withExif({ IFD0: { Copyright: 'x'.repeat(5_000) } })
        .jpeg(),
    3 / 4,
  ],
  ['a WebP', () => image().webp(), 4],
  ['a GIF', () => image().gif(), 4],
])('%s', async (_, encode, bytesOfPixel) => {
  expect(await costOf(await encode().toBuffer())).toEqual({ pixels: 1_200, bytes: 1_200 * bytesOfPixel });
});

it('an interlaced PNG of 16 bits needs both copies of all its samples', async () => {
  expect(await costOf(interlacedPng(100))).toEqual({ pixels: 10_000, bytes: 160_000 });
  const decoded = await createImageDecoder().decode(interlacedPng(100), {
    height: 4,
    width: 4,
    channels: 3,
    fit: 'contain',
    background: 0,
  });
  expect(decoded.every((value) => value === 0)).toBe(true);
});

it.each([
  ['a PNG without a header', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')],
  ['a JPEG that ends before its size', Buffer.from('ffd8ffe000', 'hex')],
  ['a WebP of nothing', Buffer.from('RIFF\0\0\0\0WEBP')],
])('%s says nothing', async (_, file) => {
  expect(await costOf(file)).toBeUndefined();
});
