/** PNG files chunk by chunk: those that no encoder writes. */
import { crc32, deflateSync } from 'node:zlib';

/** An 8-bit grey PNG with these chunks between its header and its end, each with the right checksum. */
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

/** First column and row of each pass of Adam7, and the steps to the next. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** A square interlaced PNG of transparent black, with 16 bits of each of four colours: a thousandth of its pixels in size. */
export function interlacedPng(side: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([16, 6, 0, 0, 1], 8);
  const sizes = ADAM7.map(([x, y, right, down]) => {
    const [columns, rows] = [Math.ceil((side - x) / right), Math.ceil((side - y) / down)];
    return columns > 0 ? rows * (1 + 8 * columns) : 0; // before each row is the number of its filter
  });
  const rows = deflateSync(Buffer.alloc(sizes.reduce((sum, size) => sum + size, 0)), { level: 9 });
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', rows), chunk('IEND')]);
}

/** A chunk with the right checksum. */
export function chunk(type: string, data: Buffer = Buffer.of()): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
