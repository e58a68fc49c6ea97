/** The quick reader of a data set's PNGs gives the bytes that libvips gives, and leaves every other file to it. */
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import sharp, { type PngOptions } from 'sharp';
import { describe, expect, it } from 'vitest';
import { readGreyPng } from '../../src/inference/grey-png.js';
import { badImages } from '../support/bad-images.js';
import { testImages } from '../support/fashion-mnist.js';
import { greyPng as png } from '../support/png.js';

const images = await testImages(64);
const bad = await badImages();
const [image = new Uint8Array(784)] = images;

const encode = (pixels: Uint8Array, options: PngOptions = {}, width = 28, height = 28) =>
  sharp(pixels, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .png(options)
    .toBuffer();

describe('a grey PNG of the size', () => {
  it.each<PngOptions>([
    {},
    { adaptiveFiltering: true },
    { compressionLevel: 0 },
    { compressionLevel: 9, adaptiveFiltering: true },
  ])('is read as its bytes (%j)', async (options) => {
    for (const pixels of images) {
      expect(readGreyPng(await encode(pixels, options), 28, 28)).toEqual(pixels);
    }
  });

  it('is read whatever its size and its pixels, by every filter', async () => {
    const anyImage = fc
      .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }), fc.constantFrom(0, 1, 2, 3, 4))
      .chain(([width, height, filter]) =>
        fc.record({
          width: fc.constant(width),
          height: fc.constant(height),
          filter: fc.constant(filter),
          bytes: fc.uint8Array({ minLength: width * height, maxLength: width * height }),
        }),
      );
    await fc.assert(
      fc.asyncProperty(anyImage, async ({ width, height, filter, bytes }) => {
        const file = filteredPng(bytes, width, height, filter);
        const { data } = await sharp(file).extractChannel(0).raw().toBuffer({ resolveWithObject: true });
        expect(Buffer.from(readGreyPng(file, height, width) ?? [])).toEqual(data);
      }),
      { numRuns: 200 },
    );
  });

  it('is read with notes and a resolution in it, and in several pieces', () => {
    const rows = withFilter(image, 28, 28, 0);
    const data = deflateSync(rows);
    const file = png(28, 28, [
      ['pHYs', Buffer.alloc(9)],
      ['tEXt', Buffer.from('Title\0shoe')],
      ['IDAT', data.subarray(0, 100)],
      ['IDAT', data.subarray(100)],
    ]);
    expect(readGreyPng(file, 28, 28)).toEqual(image);
  });
});

describe('left to libvips is', () => {
  it.each<[string, () => Promise<Buffer> | Buffer]>([
    ['another size', () => encode(new Uint8Array(27 * 28), {}, 27, 28)],
    ['an interlaced image', () => encode(image, { progressive: true })],
    ['a palette', () => encode(image, { palette: true })],
    [
      'an image in colour',
      () =>
        sharp(image, { raw: { width: 28, height: 28, channels: 1 } })
          .toColourspace('srgb')
          .png()
          .toBuffer(),
    ],
    [
      'transparency',
      () =>
        png(28, 28, [
          ['tRNS', Buffer.from([0, 0])],
          ['IDAT', deflateSync(withFilter(image, 28, 28, 0))],
        ]),
    ],
    [
      'a rotation',
      () =>
        png(28, 28, [
          ['eXIf', Buffer.alloc(8)],
          ['IDAT', deflateSync(withFilter(image, 28, 28, 0))],
        ]),
    ],
    ['an unknown filter', () => png(28, 28, [['IDAT', deflateSync(withFilter(image, 28, 28, 5))]])],
    ['too many rows', () => png(28, 28, [['IDAT', deflateSync(Buffer.alloc(29 * 29))]])],
    ['too few rows', () => png(28, 28, [['IDAT', deflateSync(Buffer.alloc(27 * 29))]])],
    ['a bomb', () => png(28, 28, [['IDAT', deflateSync(Buffer.alloc(50_000_000))]])],
    ['no data', () => png(28, 28, [])],
    ['rubbish for data', () => png(28, 28, [['IDAT', Buffer.from('rubbish')]])],
    ['more after the end', async () => Buffer.concat([await encode(image), Buffer.of(0)])],
  ])('%s', async (_, file) => {
    expect(readGreyPng(await file(), 28, 28)).toBeUndefined();
  });

  it('every file that is no usable image', () => {
    for (const { bytes } of bad) expect(readGreyPng(bytes, 28, 28)).toBeUndefined();
  });

  it('a file that was cut or changed anywhere', async () => {
    const file = await encode(image);
    for (let place = 0; place < file.length; place++) {
      expect(readGreyPng(file.subarray(0, place), 28, 28)).toBeUndefined();
      const changed = Buffer.from(file);
      changed.writeUInt8(file.readUInt8(place) ^ 0x55, place);
      expect(readGreyPng(changed, 28, 28)).toBeUndefined();
    }
  });
});

/** Any bytes as filtered rows: every byte string is some image. */
function withFilter(bytes: Uint8Array, width: number, height: number, filter: number): Buffer {
  const rows = Array.from({ length: height }, (_, y) =>
    Buffer.of(filter, ...bytes.subarray(y * width, (y + 1) * width)),
  );
  return Buffer.concat(rows);
}

const filteredPng = (bytes: Uint8Array, width: number, height: number, filter: number): Buffer =>
  png(width, height, [['IDAT', deflateSync(withFilter(bytes, width, height, filter))]]);
