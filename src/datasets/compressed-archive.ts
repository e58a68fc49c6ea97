/** Unpacks a gzip or Zstandard file next to itself, as a stream and with a limit. */
import { createReadStream, createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { pipeline as connect, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as zlib from 'node:zlib';
import { TrainyardError } from '../errors/errors.js';
import { mostUnpacked, oversized } from './archive-listing.js';
import { invalid } from './zip-region.js';
import { framesOf } from './zstandard-frames.js';

export type Compression = 'gzip' | 'Zstandard';

/** Node.js has Zstandard from 22.15 on. */
const { createZstdDecompress } = zlib as { createZstdDecompress?: () => Transform };

/** Readers of the unpacked bytes of a file. In Zstandard the window of a frame has at most 128 MiB in Node.js. */
const unpackers: Readonly<Record<Compression, ((path: string) => AsyncIterable<Buffer>) | undefined>> = {
  gzip: (path) => transformed(path, zlib.createGunzip()),
  Zstandard: createZstdDecompress && ((path) => unpackedFrames(path, createZstdDecompress)),
};

/** Yields a file, or a range of it, as `transform` changes it. */
async function* transformed(path: string, transform: Transform, range?: { start: number; end: number }) {
  const file = createReadStream(path, range && { start: range.start, end: range.end - 1 });
  // Errors of the file reach the reader of `transform`.
  connect(file, transform, () => {});
  yield* transform as AsyncIterable<Buffer>;
}

/** Unpacks each frame by itself: Node.js 22 reads only the first frame of a stream. */
async function* unpackedFrames(path: string, createUnpacker: () => Transform): AsyncGenerator<Buffer> {
  for (const frame of await framesOf(path)) yield* transformed(path, createUnpacker(), frame);
}

/**
 * Unpacks the file at `path` to a new file, and returns its path. `most`: bytes to which it may unpack, by default those of every
 * archive. Throws `invalid_dataset` if it is damaged or unpacks to more.
 */
export async function unpack(path: string, compression: Compression, most?: number): Promise<string> {
  const unpacker = unpackers[compression];
  if (unpacker === undefined)
    throw invalid(
      'The file is compressed with Zstandard, which this service reads on Node.js 22.15 and newer. Send a ZIP archive, or a tar archive compressed with gzip.',
    );
  const target = `${path}.unpacked`;
  const { size } = await stat(path);
  try {
    await pipeline(
      unpacker(path),
      limiter(size, most ?? mostUnpacked(size)),
      createWriteStream(target, { flags: 'wx' }),
    );
    return target;
  } catch (cause) {
    await rm(target, { force: true });
    if (cause instanceof TrainyardError || isStorageError(cause)) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw invalid(`The ${compression} file is damaged or cut off (${reason}). Pack the images again.`, cause);
  }
}

/** Fails as soon as more than `most` bytes have passed. */
function limiter(packed: number, most: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      done(bytes <= most ? null : oversized(packed, bytes), chunk);
    },
  });
}

const isStorageError = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EFBIG'].includes((error as NodeJS.ErrnoException).code ?? '');
