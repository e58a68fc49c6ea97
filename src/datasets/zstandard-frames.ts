/** Frames of a Zstandard file (RFC 8878), found by their headers without unpacking. */
import { open } from 'node:fs/promises';
import { readAt } from '../files/read-at.js';

/** Bytes of a file from `start` to before `end`. */
export type FrameRange = Readonly<{ start: number; end: number }>;

/** Returns `length` bytes at a position of the file. Fails at the end of the file. */
type ReadBytes = (at: number, length: number) => Promise<Buffer>;

const MAGIC = 0xfd2fb528;
/** The lowest four bits of the magic number of a skippable frame are free. */
const SKIPPABLE_MAGIC = 0x184d2a50;
/** Maximum number of frames. Programs that pack in parallel begin a frame every few megabytes. */
const MAX_FRAMES = 100_000;
const READ_AHEAD = 2 ** 18;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4];
const CONTENT_SIZE_BYTES = [0, 2, 4, 8];
const RLE_BLOCK = 1;

/** Tells whether a file begins like a Zstandard file: with a frame, or with a skippable frame as pzstd writes it. */
export const isZstandard = (header: Buffer): boolean =>
  header.length >= 4 && (header.readUInt32LE(0) === MAGIC || isSkippable(header.readUInt32LE(0)));

const isSkippable = (magic: number): boolean => (magic & 0xfffffff0) === SKIPPABLE_MAGIC;

/**
 * Returns the frames with content, in order. Throws an error if a frame is cut off or something else follows it: Node.js 22 accepts a
 * frame that is cut off, and newer releases ignore other bytes after a frame.
 */
export async function framesOf(path: string): Promise<FrameRange[]> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const read = readingAhead((at, length) => readAt(file, at, length));
    const frames: FrameRange[] = [];
    for (let start = 0; start < size; ) {
      const magic = (await read(start, 4)).readUInt32LE(0);
      const end = isSkippable(magic)
        ? start + 8 + (await read(start + 4, 4)).readUInt32LE(0)
        : await frameEnd(start, read);
      if (end > size) throw new Error('a frame is cut off');
      if (!isSkippable(magic)) frames.push({ start, end });
      if (frames.length > MAX_FRAMES) throw new Error(`it has more than ${MAX_FRAMES} frames`);
      start = end;
    }
    return frames;
  } finally {
    await file.close();
  }
}

/** Returns the end of the frame at `start`: after its last block and its checksum. */
async function frameEnd(start: number, read: ReadBytes): Promise<number> {
  const header = await read(start, 5);
  if (header.readUInt32LE(0) !== MAGIC) throw new Error(`at byte ${start} no frame begins`);
  const descriptor = header.readUInt8(4);
  let at = start + 5 + headerRest(descriptor);
  for (let isLast = false; !isLast; ) {
    const block = (await read(at, 3)).readUIntLE(0, 3);
    isLast = (block & 1) === 1;
    at += 3 + (((block >> 1) & 3) === RLE_BLOCK ? 1 : block >> 3);
  }
  const hasChecksum = (descriptor & 4) !== 0;
  return at + (hasChecksum ? 4 : 0);
}

/** Returns the length of the rest of a frame's header: window, id of the dictionary, and size of the content. */
function headerRest(descriptor: number): number {
  const isSingleSegment = (descriptor & 32) !== 0;
  const contentSize = descriptor >> 6 === 0 && isSingleSegment ? 1 : (CONTENT_SIZE_BYTES[descriptor >> 6] ?? 0);
  return (isSingleSegment ? 0 : 1) + (DICTIONARY_ID_BYTES[descriptor & 3] ?? 0) + contentSize;
}

/** Returns `read` with a buffer of the bytes that follow, so that small blocks need no call each. */
function readingAhead(read: ReadBytes): ReadBytes {
  let [from, ahead]: [number, Buffer] = [0, Buffer.alloc(0)];
  return async (at, length) => {
    if (at < from || at + length > from + ahead.length) [from, ahead] = [at, await read(at, READ_AHEAD)];
    if (at + length > from + ahead.length) throw new Error('a frame is cut off');
    return ahead.subarray(at - from, at - from + length);
  };
}
