/** Unpacks a gzip or Zstandard file next to itself, as a stream and with a limit. */
import { createReadStream, createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as zlib from 'node:zlib';
import { TrainyardError } from '../errors/errors.js';
import { mostUnpacked, oversized } from './archive-listing.js';
import { invalid } from './zip-region.js';

export type Compression = 'gzip' | 'Zstandard';

/** Node.js has Zstandard from 22.15 on. */
const { createZstdDecompress } = zlib as { createZstdDecompress?: () => Transform };

/** Largest window of a Zstandard frame is 128 MiB in Node.js. */
const unpackers: Readonly<Record<Compression, (() => Transform) | undefined>> = {
  gzip: () => zlib.createGunzip(),
  Zstandard: createZstdDecompress && (() => createZstdDecompress()),
};

/**
 * Unpacks the file at `path` to a new file, and returns its path. `most`: bytes to which it may unpack, by default those of every
 * archive. Throws `invalid_dataset` if it is damaged or unpacks to more.
 */
export async function unpack(path: string, compression: Compression, most?: number): Promise<string> {
  const createUnpacker = unpackers[compression];
  if (createUnpacker === undefined)
    throw invalid(
      'The file is compressed with Zstandard, which this service reads on Node.js 22.15 and newer. Send a ZIP archive, or a tar archive compressed with gzip.',
    );
  const target = `${path}.unpacked`;
  const { size } = await stat(path);
  try {
    await pipeline(
      createReadStream(path),
      createUnpacker(),
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
