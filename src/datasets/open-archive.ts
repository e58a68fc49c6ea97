/** Opens an archive of any supported format: ZIP, tar, compressed tar, and arrays in npz or idx files. */
import { open, rm, writeFile } from 'node:fs/promises';
import { readAt } from '../files/read-at.js';
import { openZip } from './archive.js';
import { isImageName } from './archive-content.js';
import type { Archive, ArchiveFile } from './archive-listing.js';
import { hasArrays, openArrays } from './array-archive.js';
import { type Compression, unpack } from './compressed-archive.js';
import { isIdx } from './idx-arrays.js';
import { refuse } from './refuse.js';
import { openTar } from './tar-archive.js';
import { invalid } from './zip-region.js';
import { isZstandard } from './zstandard-frames.js';

/** Offset of `ustar` in the header of a tar archive. */
const USTAR_AT = 257;
const HEADER_BYTES = 512;
/** Largest npz file in an archive, which is read in one piece. */
const MAX_INNER_BYTES = 2 ** 31 - 2 ** 16;

/**
 * Opens the archive and reads its list of files. Arrays are shown as images. Throws `invalid_dataset` if the format is not supported or
 * the archive is damaged.
 */
export async function openArchive(path: string): Promise<Archive> {
  const archive = await openPacked(path);
  try {
    if (archive.files.some(({ path: name }) => isImageName(name))) return archive;
    const inner = archive.files.find(({ path: name }) => /\.npz$/i.test(name));
    if (inner !== undefined) return await openInner(archive, inner, `${path}.npz`);
    return hasArrays(archive) ? await openArrays(archive) : archive;
  } catch (error) {
    await archive.close();
    throw error;
  }
}

/** Opens an npz file in an archive. Writes it to `path`, and removes it when the archive is closed. */
async function openInner(outer: Archive, file: ArchiveFile, path: string): Promise<Archive> {
  if (file.bytes > MAX_INNER_BYTES)
    throw refuse([{ pointer: `/${file.path}`, message: `is larger than ${MAX_INNER_BYTES} bytes. Send it by itself` }]);
  const close = async (): Promise<void> => {
    await outer.close();
    await rm(path, { force: true });
  };
  try {
    await writeFile(path, await outer.read(file), { flag: 'wx' });
    return alsoClosing(await arraysOf(await openZip(path)), close);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/** Shows the arrays of an archive as images. Closes the archive if that fails. */
const arraysOf = (archive: Archive): Promise<Archive> =>
  openArrays(archive).catch(async (error: unknown) => {
    await archive.close();
    throw error;
  });

/** Returns the archive. Closing it calls `after` too. */
const alsoClosing = (archive: Archive, after: () => Promise<void>): Archive => ({
  ...archive,
  async close() {
    await archive.close();
    await after();
  },
});

/** Opens the archive as it is packed, without a look at its files. */
async function openPacked(path: string): Promise<Archive> {
  const header = await readHeader(path);
  if (isTar(header)) return openTar(path);
  if (header.startsWith('\x93NUMPY') || isIdx(Buffer.from(header, 'latin1')))
    throw invalid(
      'The file is a single array. Send images and labels together: an npz file of numpy.savez, or a ZIP archive.',
    );
  const compression = compressionOf(header);
  return compression === undefined ? openZip(path) : openCompressed(path, compression);
}

async function readHeader(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    return (await readAt(file, 0, HEADER_BYTES)).toString('latin1');
  } finally {
    await file.close();
  }
}

const isTar = (header: string): boolean => header.startsWith('ustar', USTAR_AT);

function compressionOf(header: string): Compression | undefined {
  if (header.startsWith('\x1f\x8b')) return 'gzip';
  return isZstandard(Buffer.from(header, 'latin1')) ? 'Zstandard' : undefined;
}

/** Opens the tar archive in a compressed file. Removes the unpacked file when the archive is closed. */
async function openCompressed(path: string, compression: Compression): Promise<Archive> {
  const unpacked = await unpack(path, compression);
  const remove = () => rm(unpacked, { force: true });
  try {
    if (!isTar(await readHeader(unpacked)))
      throw invalid(`The ${compression} file contains no tar archive. Pack the images as ZIP, tar, tar.gz or tar.zst.`);
    return alsoClosing(await openTar(unpacked), remove);
  } catch (error) {
    await remove();
    throw error;
  }
}
