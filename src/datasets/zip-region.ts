/** Region of a file that is the ZIP archive: programs put bytes before it (self-extracting archives) and after it. */
import type { FileHandle } from 'node:fs/promises';
import { TrainyardError } from '../errors/errors.js';
import { readAt } from '../files/read-at.js';

export type ZipRegion = Readonly<{ start: number; end: number }>;

const END_SIGNATURE = 0x06054b50;
const DIRECTORY_SIGNATURE = 0x02014b50;
const END_BYTES = 22;
const LONGEST_COMMENT = 0xffff;
/** Value of a field if the actual number is in the ZIP64 record. */
const IN_ZIP64 = 0xffffffff;

const PACK = 'Pack the images as ZIP, tar, tar.gz or tar.zst.';

/** First bytes of files that people send instead of a ZIP archive. */
const OTHER_FORMATS: readonly (readonly [name: string, bytes: string])[] = [
  ['a RAR archive', 'Rar!'],
  ['a 7z archive', '7z\xbc\xaf'],
  ['a bzip2 file', 'BZh'],
  ['an xz file', '\xfd7zXZ'],
  ['a PNG image', '\x89PNG'],
  ['a JPEG image', '\xff\xd8\xff'],
  ['a web page', '<!'],
  ['a web page', '<html'],
];

/** Finds the archive in a file. Throws `invalid_dataset`, and says which other format the file has. */
export async function findZip(file: FileHandle): Promise<ZipRegion> {
  const { size } = await file.stat();
  const first = await readAt(file, 0, Math.min(size, 512));
  const start = first.toString('latin1');
  const other = OTHER_FORMATS.find(([, bytes]) => start.startsWith(bytes))?.[0];
  if (size === 0) throw invalid('The body is empty. Send a ZIP or tar archive of images.');
  const tailAt = Math.max(0, size - END_BYTES - LONGEST_COMMENT);
  const tail = await readAt(file, tailAt, size - tailAt);
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== END_SIGNATURE) continue;
    const region = await regionOf(file, tail.subarray(at), tailAt + at);
    if (region !== undefined) return region;
  }
  if (other !== undefined) throw invalid(`The file is ${other}. ${PACK}`);
  if (start.startsWith('PK'))
    throw invalid('The ZIP archive is cut off: the list of files at its end is missing. Send the complete file again.');
  throw invalid(`The file is neither a ZIP nor a tar archive. ${PACK}`);
}

/** Returns the region of the archive that ends with the record `end` at `endAt`. Undefined if no list of files precedes the record. */
async function regionOf(file: FileHandle, end: Buffer, endAt: number): Promise<ZipRegion | undefined> {
  const disks = [end.readUInt16LE(4), end.readUInt16LE(6)];
  if (disks.some((disk) => disk !== 0 && disk !== 0xffff))
    throw invalid('The archive is one part of several. Pack the images as a single ZIP file.');
  const [entries, bytes, offset] = [end.readUInt16LE(10), end.readUInt32LE(12), end.readUInt32LE(16)];
  const regionEnd = endAt + END_BYTES + Math.min(end.readUInt16LE(20), end.length - END_BYTES);
  const comment = regionEnd - endAt - END_BYTES;
  if (comment !== end.readUInt16LE(20)) return undefined;
  if (bytes === IN_ZIP64 || offset === IN_ZIP64 || entries === 0xffff) return { start: 0, end: regionEnd };
  if (entries === 0) return { start: Math.max(0, endAt - bytes - offset), end: regionEnd };
  const directoryAt = endAt - bytes;
  if (directoryAt < offset) return undefined;
  const signature = await readAt(file, directoryAt, 4);
  if (signature.length < 4 || signature.readUInt32LE(0) !== DIRECTORY_SIGNATURE) return undefined;
  // Offsets count from the first byte of the archive, which may come after the first byte of the file.
  return { start: directoryAt - offset, end: regionEnd };
}

/** Returns the error `invalid_dataset` with this message. */
export const invalid = (sentence: string, cause?: unknown): TrainyardError =>
  new TrainyardError('invalid_dataset', sentence, { cause });
