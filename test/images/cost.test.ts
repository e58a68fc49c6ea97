/** Estimate of the memory for decoding an image, from its header. */
import sharp, { type Sharp } from 'sharp';
import { expect, it } from 'vitest';
import { DEFAULT_IMAGE_PREPROCESSING } from '../../src/contracts/images/image-preprocessing.js';
import { decodingCostOf } from '../../src/images/cost.js';
import { createImageDecoder } from '../../src/images/image-decoder.js';
import { bmpHeader, os2Bmp } from '../support/bmp.js';
import { interlacedPng } from '../support/png.js';

const image = (channels: 3 | 4 = 3) =>
  sharp({ create: { width: 40, height: 30, channels, background: { r: 1, g: 2, b: 3, alpha: 0.5 } } });

it.each<[what: string, encode: () => Sharp, bytesPerPixel: number]>([
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
])('estimates the bytes per pixel of %s', async (_, encode, bytesPerPixel) => {
  expect(await decodingCostOf(await encode().toBuffer())).toEqual({ pixels: 1_200, bytes: 1_200 * bytesPerPixel });
});

it('counts two copies of all samples for an interlaced 16-bit PNG', async () => {
  expect(await decodingCostOf(interlacedPng(100))).toEqual({ pixels: 10_000, bytes: 160_000 });
  const decoded = await createImageDecoder().decode(interlacedPng(100), {
    height: 4,
    width: 4,
    channels: 3,
    ...DEFAULT_IMAGE_PREPROCESSING,
  });
  expect(decoded.every((value) => value === 0)).toBe(true);
});

/** Returns a TIFF of one channel of 32-bit floating-point numbers. */
function floatTiff(width: number, height: number): Buffer {
  const pixels = Buffer.alloc(width * height * 4);
  const tags = [
    ...[
      [256, width],
      [257, height],
      [258, 32],
      [259, 1],
      [262, 1],
      [273, 8],
      [277, 1],
      [278, height],
    ],
    ...[
      [279, pixels.length],
      [339, 3],
    ],
  ] as const;
  const directory = Buffer.alloc(2 + 12 * tags.length + 4);
  directory.writeUInt16LE(tags.length);
  for (const [i, [tag, value]] of tags.entries()) {
    const at = 2 + 12 * i;
    directory.writeUInt16LE(tag, at);
    directory.writeUInt16LE(3, at + 2);
    directory.writeUInt32LE(1, at + 4);
    directory.writeUInt32LE(value, at + 8);
  }
  const header = Buffer.from('II*\0\0\0\0\0', 'latin1');
  header.writeUInt32LE(8 + pixels.length, 4);
  return Buffer.concat([header, pixels, directory]);
}

it('counts all bytes of the long samples of a TIFF', async () => {
  expect(await decodingCostOf(floatTiff(40, 30))).toEqual({ pixels: 1_200, bytes: 1_200 * 4 * 4 });
});

/** Returns a JPEG with bytes inserted after its first segment. */
async function withBytes(...bytes: number[]): Promise<Buffer> {
  const file = await image().jpeg({ progressive: true }).toBuffer();
  const end = 4 + file.readUInt16BE(4);
  return Buffer.concat([file.subarray(0, end), Buffer.from(bytes), file.subarray(end)]);
}

it.each([
  ['a zero byte', [0]],
  ['a marker without a length', [0xff, 0x01]],
  ['a restart marker', [0xff, 0xd0]],
])('counts the same for a progressive JPEG with %s between its segments', async (_, bytes) => {
  const file = await withBytes(...bytes);
  const target = { height: 4, width: 4, channels: 3, ...DEFAULT_IMAGE_PREPROCESSING } as const;
  expect(await createImageDecoder().decode(file, target)).toHaveLength(48);
  expect(await decodingCostOf(file)).toEqual({ pixels: 1_200, bytes: 7_200 });
});

it('counts the decoded pixels of a BMP with an OS/2 or a Windows header', async () => {
  const expected = { pixels: 1_200, bytes: 4_800 };
  expect(await decodingCostOf(bmpHeader(40, -30))).toEqual(expected);
  expect(await decodingCostOf(os2Bmp(40, 30))).toEqual(expected);
});

it.each([
  ['a PNG without a header', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')],
  ['a JPEG that ends before its size', Buffer.from('ffd8ffe000', 'hex')],
  ['an empty WebP', Buffer.from('RIFF\0\0\0\0WEBP')],
])('returns undefined for %s', async (_, file) => {
  expect(await decodingCostOf(file)).toBeUndefined();
});
