/** Image decoder: exactly the pixels of training, in every format, size and colour. */
import sharp, { type Colour } from 'sharp';
import { describe, expect, it } from 'vitest';
import { DEFAULT_IMAGE_PREPROCESSING } from '../../src/contracts/images/image-preprocessing.js';
import type { Preprocessing } from '../../src/contracts/models/model.js';
import { readBmp } from '../../src/images/bmp.js';
import { FORMATS } from '../../src/images/formats.js';
import { createImageDecoder } from '../../src/images/image-decoder.js';
import { badImages } from '../support/bad-images.js';
import { bmpHeader, bmpOf, bmpRows } from '../support/bmp.js';
import { testImages } from '../support/fashion-mnist.js';

const grey28: Preprocessing = {
  height: 28,
  width: 28,
  channels: 1,
  ...DEFAULT_IMAGE_PREPROCESSING,
  scale: 1 / 255,
  resize: 96,
  mean: [0],
  std: [1],
};
const colour28: Preprocessing = { ...grey28, channels: 3 };
const decoder = createImageDecoder();
const images = await testImages(64);
const bad = await badImages();

const raw = (pixels: Uint8Array, width = 28, height = 28) => sharp(pixels, { raw: { width, height, channels: 1 } });
const greyPng = (pixels: Uint8Array) => raw(pixels).toColourspace('b-w').png().toBuffer();
const flat = (colour: Colour, width = 28, height = 28) =>
  sharp({ create: { width, height, channels: 3, background: colour } });

it('reads every format that libvips reads here, except SVG, and BMP', () => {
  const formats = Object.values(sharp.format).filter(({ input }) => input.buffer);
  const readable = formats.flatMap(({ id, input }) => (id === 'heif' ? (input.fileSuffix ?? []) : [id])).sort();
  expect(readable).toEqual(['.avif', 'gif', 'jpeg', 'png', 'raw', 'svg', 'tiff', 'webp']); // raw: pixels without a file
  expect(FORMATS).toBe('PNG, JPEG, WebP, GIF, TIFF, BMP and AVIF');
});

describe("a lossless image of the model's size", () => {
  it.each<[string, (pixels: Uint8Array) => Promise<Buffer>]>([
    ['a grey PNG', greyPng],
    ['an interlaced grey PNG', (pixels) => raw(pixels).toColourspace('b-w').png({ progressive: true }).toBuffer()],
    [
      'a PNG with a palette',
      (pixels) =>
        raw(pixels.map((value) => value & 0xf0))
          .png({ palette: true, colours: 16, dither: 0 })
          .toBuffer(),
    ],
    ['an RGB PNG', (pixels) => raw(pixels).toColourspace('srgb').png().toBuffer()],
    [
      "an RGBA PNG, as a browser's canvas gives it",
      (pixels) => raw(pixels).toColourspace('srgb').ensureAlpha(1).png().toBuffer(),
    ],
    ['a 16-bit grey PNG', (pixels) => raw(pixels).toColourspace('grey16').png().toBuffer()],
    ['a lossless WebP', (pixels) => raw(pixels).webp({ lossless: true }).toBuffer()],
  ])('keeps every byte as %s', async (name, encode) => {
    for (const pixels of images) {
      const expected = name.includes('palette') ? pixels.map((value) => value & 0xf0) : pixels;
      const decoded = await decoder.decode(await encode(pixels), grey28);
      expect(decoded).toHaveLength(784);
      expect(Buffer.compare(decoded, expected)).toBe(0);
    }
  });

  it('has three equal channels for a colour model', async () => {
    const [pixels = new Uint8Array(0)] = images;
    const decoded = await decoder.decode(await greyPng(pixels), colour28);
    expect(Buffer.compare(decoded, Buffer.from(Array.from(pixels).flatMap((value) => [value, value, value])))).toBe(0);
  });
});

const SIDE = 21; // rows of 63 bytes: a BMP fills them up
const coloured = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => (i * 7919) % 251);
const colour21 = { ...colour28, height: SIDE, width: SIDE };
const rgb = () => sharp(coloured, { raw: { width: SIDE, height: SIDE, channels: 3 } });

describe('a lossless file', () => {
  it.each<[string, () => Promise<Buffer>]>([
    ['as TIFF', () => rgb().tiff({ compression: 'lzw' }).toBuffer()],
    ['as BMP', async () => bmpOf(coloured, SIDE, SIDE)],
    ['as BMP from the top', async () => upsideDown(bmpOf(coloured, SIDE, SIDE))],
    ['as AVIF', () => rgb().avif({ lossless: true, chromaSubsampling: '4:4:4' }).toBuffer()],
  ])('keeps every byte %s', async (name, encode) => {
    const decoded = await decoder.decode(await encode(), colour21);
    const worst = Math.max(...decoded.map((value, i) => Math.abs(value - (coloured[i] ?? 0))));
    expect(worst).toBeLessThanOrEqual(name === 'as AVIF' ? 3 : 0); // AVIF stores luma and chroma
  });

  it('keeps every byte as BMP with a palette, few bits per pixel, or an alpha channel', async () => {
    const palette = Buffer.from([0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 0]); // red, green, blue; 4 bytes each, BGR
    const colours = [
      [255, 0, 0],
      [0, 255, 0],
      [0, 0, 255],
    ];
    const expected = Array.from({ length: 64 }, (_, i) => colours[(i + (i >> 3)) % 3] ?? []).flat();
    const index = (y: number, x: number) => (8 * y + x + y) % 3;
    const target = { ...colour28, height: 8, width: 8 };
    const eight = bmpRows(8, (y) => Uint8Array.from({ length: 8 }, (_, x) => index(y, x)));
    const four = bmpRows(8, (y) =>
      Uint8Array.from({ length: 4 }, (_, x) => 16 * index(y, 2 * x) + index(y, 2 * x + 1)),
    );
    for (const [bits, rows] of [
      [8, eight],
      [4, four],
    ] as const) {
      const file = Buffer.concat([bmpHeader(8, 8, { bits, dataAt: 66 }), palette, rows]);
      expect([...(await decoder.decode(file, target))]).toEqual(expected);
    }
    const halfClear = bmpRows(8, () => Uint8Array.from({ length: 32 }, (_, i) => (i % 4 === 3 && i >= 16 ? 0 : 255)));
    const masks = Buffer.from(Uint32Array.from([0xff0000, 0xff00, 0xff, 0xff000000]).buffer);
    const alpha = Buffer.concat([bmpHeader(8, 8, { bits: 32, compression: 6, dataAt: 70 }), masks, halfClear]);
    const decoded = await decoder.decode(alpha, { ...target, background: [9, 8, 7] });
    expect([...decoded.subarray(9, 15)]).toEqual([255, 255, 255, 9, 8, 7]);
  });

  it('keeps every byte as BMP with an empty alpha channel, which is opaque', async () => {
    const blue = bmpRows(2, () => Uint8Array.from([255, 0, 0, 0, 255, 0, 0, 0]));
    const masks = Buffer.from(Uint32Array.from([0xff0000, 0xff00, 0xff, 0xff000000]).buffer);
    const file = Buffer.concat([bmpHeader(2, 2, { bits: 32, compression: 6, dataAt: 70 }), masks, blue]);
    const { pixels, channels } = await readBmp(file, 4);
    expect({ channels, pixels: [...pixels.subarray(0, 8)] }).toEqual({
      channels: 4,
      pixels: [0, 0, 255, 255, 0, 0, 255, 255],
    });
    expect(await decoder.isTransparent(file)).toBe(false);
    const decoded = await decoder.decode(file, { ...colour28, background: 255 });
    expect([...decoded.subarray(0, 3)]).toEqual([0, 0, 255]);
  });
});

it('decodes the first frame of a GIF or WebP and the first page of a TIFF', async () => {
  const [first, second] = await Promise.all(['red', 'lime'].map((colour) => flat(colour, 12, 12).png().toBuffer()));
  const joined = () => sharp([first ?? '', second ?? ''], { join: { animated: true } });
  for (const file of [
    await joined().gif().toBuffer(),
    await joined().webp({ lossless: true }).toBuffer(),
    await joined().tiff({ compression: 'lzw' }).toBuffer(),
  ]) {
    expect((await sharp(file, { animated: true }).metadata()).pages).toBe(2);
    const decoded = await decoder.decode(file, { ...colour28, height: 12, width: 12 });
    expect([...decoded.subarray(0, 3)]).toEqual([255, 0, 0]);
  }
});

/** Makes the first row of a BMP the top one, with a negative height. */
function upsideDown(bmp: Buffer): Buffer {
  const stride = (bmp.length - 54) / SIDE;
  const rows = Array.from({ length: SIDE }, (_, y) => bmp.subarray(54 + y * stride, 54 + (y + 1) * stride));
  const header = Buffer.from(bmp.subarray(0, 54));
  header.writeInt32LE(-SIDE, 22);
  return Buffer.concat([header, ...rows.reverse()]);
}

describe('any other image', () => {
  it('is close to the original as JPEG', async () => {
    const [pixels = new Uint8Array(0)] = images;
    const decoded = await decoder.decode(await raw(pixels).jpeg({ quality: 95 }).toBuffer(), grey28);
    const error =
      decoded.reduce((sum, value, index) => sum + Math.abs(value - (pixels[index] ?? 0)), 0) / decoded.length;
    expect(error).toBeLessThan(4);
  });

  it('becomes grey by its luma', async () => {
    const lumas = await Promise.all(
      [
        { r: 255, g: 0, b: 0 },
        { r: 0, g: 255, b: 0 },
        { r: 0, g: 0, b: 255 },
        { r: 255, g: 255, b: 255 },
      ].map(async (colour) => {
        const decoded = await decoder.decode(await flat(colour).png().toBuffer(), grey28);
        return decoded[400];
      }),
    );
    expect(lumas).toEqual([76, 150, 29, 255]);
  });

  it('keeps its colour for a colour model', async () => {
    const decoded = await decoder.decode(await flat({ r: 10, g: 200, b: 90 }).png().toBuffer(), colour28);
    expect(decoded).toHaveLength(28 * 28 * 3);
    expect([...decoded.subarray(0, 3)]).toEqual([10, 200, 90]);
  });

  it('is scaled to fit on the background', async () => {
    const decoded = await decoder.decode(await flat('white', 56, 28).png().toBuffer(), grey28);
    const rows = Array.from({ length: 28 }, (_, y) => decoded[y * 28 + 14]);
    expect(rows).toEqual([...new Array(7).fill(0), ...new Array(14).fill(255), ...new Array(7).fill(0)]);
    const onWhite = await decoder.decode(await flat('black', 28, 56).png().toBuffer(), { ...grey28, background: 255 });
    expect([onWhite[0], onWhite[14], onWhite[27]]).toEqual([255, 0, 255]);
  });

  it('shows the background in its transparent pixels', async () => {
    const half = await sharp({
      create: { width: 28, height: 28, channels: 4, background: { r: 255, g: 255, b: 255, alpha: 0.5 } },
    })
      .png()
      .toBuffer();
    const decoded = await decoder.decode(half, grey28);
    expect(decoded[0]).toBeGreaterThanOrEqual(127);
    expect(decoded[0]).toBeLessThanOrEqual(128);
    const clear = await sharp({
      create: { width: 28, height: 28, channels: 4, background: { r: 255, g: 255, b: 255, alpha: 0 } },
    })
      .png()
      .toBuffer();
    expect((await decoder.decode(clear, grey28)).every((value) => value === 0)).toBe(true);
  });

  it('is rotated according to its EXIF data', async () => {
    const upright = Buffer.concat([Buffer.alloc(14 * 28, 255), Buffer.alloc(14 * 28, 0)]); // the upper half is white
    const turned = await raw(upright).withMetadata({ orientation: 6 }).jpeg().toBuffer(); // to be turned right by 90°
    const decoded = await decoder.decode(turned, grey28);
    expect(decoded[14 * 28 + 2]).toBeLessThan(20);
    expect(decoded[14 * 28 + 25]).toBeGreaterThan(235);
  });

  it("may be much larger or much smaller than the model's input", async () => {
    for (const [width, height] of [
      [1, 1],
      [3, 200],
      [4_000, 3_000],
    ] as const) {
      expect(await decoder.decode(await flat('white', width, height).jpeg().toBuffer(), grey28)).toHaveLength(784);
    }
  });
});

describe('a file that is not a usable image', () => {
  it.each(bad)('is refused with a message: $what', async ({ bytes, sentence }) => {
    await expect(decoder.decode(bytes, grey28, '/images/3')).rejects.toMatchObject({
      code: 'invalid_image',
      message: expect.stringMatching(sentence),
      errors: [{ pointer: '/images/3', message: expect.stringMatching(sentence) }],
    });
    await expect(decoder.decode(bytes, grey28, '/images/3')).rejects.toThrow(/^The image at \/images\/3 /);
    expect(await decoder.decode(await greyPng(images[0] ?? new Uint8Array(784)), grey28)).toHaveLength(784);
  });
});
