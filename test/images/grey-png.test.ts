/** Decoder of small grey PNGs: the same pixels as libvips, which decodes all other files. */
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { readGreyPng } from '../../src/images/grey-png.js';
import { chunk } from '../support/png.js';

const HEIGHT = 5;
const WIDTH = 7;
const size = { height: HEIGHT, width: WIDTH };
const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

function header({ width = WIDTH, height = HEIGHT, depth = 8, colour = 0, interlace = 0 } = {}): Buffer {
  const content = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, depth, colour, 0, 0, interlace]);
  content.writeUInt32BE(width, 0);
  content.writeUInt32BE(height, 4);
  return chunk('IHDR', content);
}

const png = (...chunks: Buffer[]): Buffer => Buffer.concat([SIGNATURE, ...chunks]);
/** Rows: the number of a filter, then one byte per pixel. */
const rows = Buffer.from(
  Array.from({ length: HEIGHT * (WIDTH + 1) }, (_, i) => (i % (WIDTH + 1) === 0 ? (i / (WIDTH + 1)) % 5 : 37 * i)),
);
const data = chunk('IDAT', deflateSync(rows));
const whole = png(header(), data, chunk('IEND'));

describe('a grey PNG of the target size', () => {
  it('is decoded like libvips does, with every filter in every row', async () => {
    const filters = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: HEIGHT, maxLength: HEIGHT });
    const bytes = fc.uint8Array({ minLength: HEIGHT * WIDTH, maxLength: HEIGHT * WIDTH });
    await fc.assert(
      fc.asyncProperty(filters, bytes, fc.nat(20), async (chosen, filtered, cut) => {
        const lines = chosen.flatMap((filter, y) => [filter, ...filtered.subarray(y * WIDTH, (y + 1) * WIDTH)]);
        const compressed = deflateSync(Buffer.from(lines));
        const parts = [compressed.subarray(0, cut), compressed.subarray(cut)].map((part) => chunk('IDAT', part));
        const file = png(header(), chunk('pHYs', Buffer.alloc(9)), ...parts, chunk('IEND'));
        const expected = await sharp(file).toColourspace('b-w').raw().toBuffer();
        expect(Buffer.from(readGreyPng(file, size) ?? [])).toEqual(expected);
      }),
      { numRuns: 100 },
    );
  });
});

describe('any other file', () => {
  const damaged = Buffer.from(whole);
  damaged[whole.length - 20] = (damaged[whole.length - 20] ?? 0) ^ 1;
  const tooMuch = chunk('IDAT', deflateSync(Buffer.alloc(10_000_000)));
  it.each<[string, Buffer]>([
    ['of another size', png(header({ width: WIDTH + 1 }), data, chunk('IEND'))],
    ['with 16 bits', png(header({ depth: 16 }), data, chunk('IEND'))],
    ['in colour', png(header({ colour: 2 }), data, chunk('IEND'))],
    ['interlaced', png(header({ interlace: 1 }), data, chunk('IEND'))],
    ['with a transparent grey', png(header(), chunk('tRNS', Buffer.alloc(2)), data, chunk('IEND'))],
    ['with an EXIF rotation', png(header(), chunk('eXIf', Buffer.alloc(8)), data, chunk('IEND'))],
    ['without its header', png(data, chunk('IEND'))],
    ['with two headers', png(header(), header(), data, chunk('IEND'))],
    ['without its end', png(header(), data)],
    ['with bytes after its end', Buffer.concat([whole, Buffer.of(0)])],
    ['cut off', whole.subarray(0, whole.length - 15)],
    ['whose checksum is wrong', damaged],
    ['with too few rows', png(header(), chunk('IDAT', deflateSync(rows.subarray(0, 8))), chunk('IEND'))],
    ['with far too many rows', png(header(), tooMuch, chunk('IEND'))],
    ['with an unknown filter', png(header(), chunk('IDAT', deflateSync(Buffer.alloc(40, 5))), chunk('IEND'))],
    ['that is not compressed', png(header(), chunk('IDAT', rows), chunk('IEND'))],
    ['with a chunk longer than the file', png(header(), Buffer.from([255, 255, 255, 255, 73, 68, 65, 84, 0, 0, 0, 0]))],
    ['with a long text', png(header(), chunk('tEXt', Buffer.alloc(100_000)), data, chunk('IEND'))],
    ['that is empty', Buffer.of()],
  ])('leaves a file %s to libvips', (_, file) => {
    expect(readGreyPng(whole, size)).toHaveLength(HEIGHT * WIDTH);
    expect(readGreyPng(file, size)).toBeUndefined();
  });
});
