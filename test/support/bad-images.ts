/** Files that are not usable images, as clients send them by mistake or on purpose. */
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { bmpHeader, bmpOf } from './bmp.js';
import { greyPng } from './png.js';

export type BadImage = Readonly<{ what: string; bytes: Buffer; sentence: RegExp }>;

export async function badImages(): Promise<BadImage[]> {
  const noise = Buffer.from(Array.from({ length: 64 * 64 * 3 }, (_, index) => (index * 7919) % 251));
  const image = sharp(noise, { raw: { width: 64, height: 64, channels: 3 } });
  const [png, jpeg, webp, gif, tiff, avif] = await Promise.all([
    image.clone().png().toBuffer(),
    image.clone().jpeg().toBuffer(),
    image.clone().webp().toBuffer(),
    image.clone().gif().toBuffer(),
    image.clone().tiff().toBuffer(),
    image.clone().avif().toBuffer(),
  ]);
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="28" height="28"><rect width="28" height="28"/></svg>';
  const flipped = Buffer.from(png);
  flipped.writeUInt8(flipped.readUInt8(png.length >> 1) ^ 0xff, png.length >> 1);
  return [
    { what: 'an empty file', bytes: Buffer.alloc(0), sentence: /is empty/ },
    { what: 'text', bytes: Buffer.from('hello, world'), sentence: /is not an image file/ },
    { what: 'zero bytes', bytes: Buffer.alloc(10_000), sentence: /is not an image file/ },
    {
      what: 'an SVG',
      bytes: Buffer.from(svg),
      sentence: /format SVG, which is not supported: save it as JPEG or PNG/,
    },
    {
      what: 'an SVG behind an XML header',
      bytes: Buffer.from(`<?xml version="1.0"?>\n${svg}`),
      sentence: /format SVG/,
    },
    {
      what: 'a HEIC file',
      bytes: Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'),
      sentence: /format HEIC.*save it as JPEG or PNG/,
    },
    {
      what: 'an AVIF header without data',
      bytes: Buffer.from('\0\0\0\x1cftypavif\0\0\0\0avifmif1', 'latin1'),
      sentence: /damaged/,
    },
    { what: 'a truncated GIF', bytes: gif.subarray(0, gif.length >> 1), sentence: /damaged/ },
    { what: 'a truncated TIFF', bytes: tiff.subarray(0, tiff.length >> 1), sentence: /damaged/ },
    { what: 'a truncated AVIF', bytes: avif.subarray(0, avif.length >> 1), sentence: /damaged/ },
    { what: 'a truncated BMP', bytes: bmpOf(noise, 64, 64).subarray(0, 5_000), sentence: /damaged: it is cut off/ },
    { what: 'a BMP header of 30,000 × 30,000 pixels', bytes: bmpHeader(30_000, 30_000), sentence: /too large/ },
    {
      what: 'a BMP with run-length compression',
      bytes: bmpHeader(8, 8, { compression: 1 }),
      sentence: /compressed BMP/,
    },
    { what: 'a BMP of no pixels', bytes: bmpHeader(0, 8), sentence: /damaged: it has no pixels/ },
    ...(
      [
        ['JPEG XL', '\xff\n'],
        ['JPEG XL', '\0\0\0\x0cJXL \r\n\x87\n'],
        ['JPEG 2000', '\0\0\0\x0cjP  \r\n\x87\n'],
        ['JPEG 2000', '\xffO\xffQ\0/'],
        ['PNM', 'P6\n# made by hand\n2 2\n255\n012345678901'],
        ['ICO', '\0\0\x01\0\x01\0\x10\x10\0\0\x01\0\x20\0'],
        ['OpenEXR', 'v/1\x01\x02\0\0\0'],
        ['Radiance HDR', '#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n'],
        ['FITS', 'SIMPLE  =                    T / conforms to FITS'],
        ['Canon CR3', '\0\0\0\x18ftypcrx \0\0\0\x01crx isom'],
      ] as const
    ).map(([format, bytes]) => ({
      what: `${format}, ${JSON.stringify(bytes.slice(0, 6))}`,
      bytes: Buffer.from(bytes, 'latin1'),
      sentence: new RegExp(`format ${format}, which is not supported: save it as JPEG or PNG`),
    })),
    { what: 'a PDF', bytes: Buffer.from('%PDF-1.7\n'), sentence: /format PDF/ },
    { what: 'a PNG signature without data', bytes: png.subarray(0, 8), sentence: /damaged/ },
    { what: 'a truncated PNG', bytes: png.subarray(0, png.length >> 1), sentence: /damaged/ },
    { what: 'a PNG with wrong bytes inside', bytes: flipped, sentence: /damaged/ },
    { what: 'a truncated JPEG', bytes: jpeg.subarray(0, jpeg.length >> 1), sentence: /damaged/ },
    { what: 'a truncated WebP', bytes: webp.subarray(0, webp.length >> 1), sentence: /damaged/ },
    {
      what: 'a PNG header of 30,000 × 30,000 pixels',
      bytes: pngHeader(30_000, 30_000),
      sentence: /too large: at most 50 million pixels/,
    },
    {
      what: 'a PNG header of 2^31 - 1 pixels a side',
      bytes: pngHeader(2 ** 31 - 1, 2 ** 31 - 1),
      sentence: /too large|damaged/,
    },
    {
      // A valid image: 64 million pixels in 62 kB.
      what: 'a PNG that inflates a thousandfold',
      bytes: greyPng(8_000, 8_000, [['IDAT', deflateSync(Buffer.alloc(8_001 * 8_000))]]),
      sentence: /too large: at most 50 million pixels/,
    },
    { what: 'a PNG header of no pixels', bytes: pngHeader(0, 0), sentence: /damaged/ },
  ];
}

/** Returns a PNG that claims this size but has little data, as the start of a decompression bomb. */
const pngHeader = (width: number, height: number): Buffer =>
  greyPng(width, height, [['IDAT', deflateSync(Buffer.alloc(1_000))]]);
