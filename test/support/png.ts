/** PNG files chunk by chunk: those that no encoder writes. */
import { crc32 } from 'node:zlib';

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

/** A chunk with the right checksum. */
export function chunk(type: string, data: Buffer = Buffer.of()): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
