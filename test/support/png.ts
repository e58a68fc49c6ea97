/** PNG files built chunk by chunk, since no encoder writes these. */
import { crc32, deflateSync } from 'node:zlib';

/** Builds an 8-bit grey PNG with these chunks between header and end, each with its correct checksum. */
export function greyPng(
  width: number,
  height: number,
  chunks: readonly (readonly [type: string, data: Buffer])[],
): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const all = [['IHDR', header] as const, ...chunks, ['IEND', Buffer.alloc(0)] as const];
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...all.map(([type, data]) => chunk(type, data))]);
}

/** First column, first row, column step and row step of each pass of Adam7. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** Builds a square interlaced PNG of transparent black, with four channels of 16 bits. Its file is about a thousandth of its pixels. */
export function interlacedPng(side: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([16, 6, 0, 0, 1], 8);
  const sizes = ADAM7.map(([x, y, right, down]) => {
    const [columns, rows] = [Math.ceil((side - x) / right), Math.ceil((side - y) / down)];
    return columns > 0 ? rows * (1 + 8 * columns) : 0; // one filter byte before each row
  });
  const rows = deflateSync(Buffer.alloc(sizes.reduce((sum, size) => sum + size, 0)), { level: 9 });
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', rows), chunk('IEND')]);
}

/** Builds a chunk with its correct checksum. */
export function chunk(type: string, data: Buffer = Buffer.of()): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
