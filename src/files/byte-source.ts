/** Random access to bytes: of a buffer, a file, or a region of a file. */
import type { FileHandle } from 'node:fs/promises';
import { readAt } from './read-at.js';

/** Bytes of a file or a buffer. `read` returns fewer than `length` bytes only at the end. */
export type ByteSource = Readonly<{ size: number; read(at: number, length: number): Promise<Buffer> }>;

/** Returns the bytes of a buffer as a source. */
export const bufferSource = (buffer: Buffer): ByteSource => ({
  size: buffer.length,
  read: async (at, length) => buffer.subarray(at, at + length),
});

/** Returns the bytes from `start` to `end` of an open file as a source. The caller closes the file. */
export function fileSource(file: FileHandle, { start, end }: Readonly<{ start: number; end: number }>): ByteSource {
  const size = end - start;
  return { size, read: (at, length) => readAt(file, start + at, Math.max(0, Math.min(length, size - at))) };
}
