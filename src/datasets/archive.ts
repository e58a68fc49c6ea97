/** Reader of untrusted ZIP archives: lists the files, and unpacks each file when it is read. */
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { crc32, inflateRaw, constants as zlib } from 'node:zlib';
import type { Entry, ZipFile } from 'yauzl';
import { TrainyardError } from '../errors/errors.js';
import { type ByteSource, fileSource } from '../files/byte-source.js';
import { openZipListing, ZIP_HEADER_BYTES, zipHeaderLength } from '../files/zip-listing.js';
import { FIRST_BYTES } from '../images/formats.js';
import {
  type Archive,
  type ArchiveFile,
  createListing,
  type ListedEntry,
  requireEntries,
  requirePlausibleSize,
} from './archive-listing.js';
import { isInCodePage, nameOf, pathOf } from './archive-path.js';
import { findZip, invalid } from './zip-region.js';

type ZipFileEntry = ArchiveFile &
  Readonly<{
    isDeflated: boolean;
    /** Checksum of the unpacked bytes. */
    crc32: number;
    /** Offset of the file's header in the archive. */
    at: number;
  }>;

/** Bytes read to recognize a format: a file's header, its name and its first bytes. */
const START_BYTES = 4_096;

const [STORED, DEFLATED] = [0, 8];
/** Compression methods that are not supported. */
const METHODS: Readonly<Record<number, string>> = {
  ...{ 1: 'Shrink', 6: 'Implode', 9: 'Deflate64', 12: 'bzip2', 14: 'LZMA', 93: 'Zstandard', 95: 'xz' },
  ...{ 97: 'WavPack', 98: 'PPMd', 99: 'AES' },
};
const [ENCRYPTED, STRONGLY_ENCRYPTED, MASKED] = [0x1, 0x40, 0x2000];
const [UNIX_TYPE, UNIX_LINK, UNIX_FOLDER] = [0o170000, 0o120000, 0o040000];

const inflate = promisify(inflateRaw);

/** Opens an archive and reads its list of files. Throws `invalid_dataset` if it is not an intact ZIP archive. */
export async function openZip(path: string): Promise<Archive> {
  const file = await open(path, 'r');
  try {
    const archive = fileSource(file, await findZip(file));
    const listed = await listFiles(archive);
    return {
      ...listed,
      read: (entry) => readFile(archive, entry as ZipFileEntry),
      readStart: (entry) => readStart(archive, entry as ZipFileEntry),
      close: () => file.close(),
    };
  } catch (cause) {
    await file.close();
    throw cause instanceof TrainyardError ? cause : unreadable(cause);
  }
}

async function listFiles(archive: ByteSource) {
  const zip = await openZipListing(archive);
  requireEntries(zip.entryCount);
  const listing = createListing<ZipFileEntry>();
  for await (const entry of entriesOf(zip)) await listing.add(entry, hasSameContent);
  const listed = listing.result();
  requireNoOverlap(listed.files);
  const bytes = listed.files.reduce((sum, file) => sum + file.bytes, 0);
  requirePlausibleSize(bytes, archive.size);
  return listed;
}

const hasSameContent = async (one: ZipFileEntry, other: ZipFileEntry): Promise<boolean> =>
  one.crc32 === other.crc32 && one.bytes === other.bytes;

/** Yields the entries except system files. Keeps no entry of yauzl, which takes a kilobyte. */
async function* entriesOf(zip: ZipFile): AsyncGenerator<ListedEntry<ZipFileEntry>> {
  for await (const entry of zip.eachEntry()) {
    const name = nameOf(entry);
    const spelled = pathOf(name);
    if (spelled === undefined) continue;
    const path = spelled.normalize('NFC');
    const unixType = (entry.externalFileAttributes >>> 16) & UNIX_TYPE;
    const isFolder = /[/\\]$/.test(name) || path === '' || unixType === UNIX_FOLDER;
    if (!isFolder) requireReadable(path, entry);
    const file = {
      path,
      bytes: entry.uncompressedSize,
      packedBytes: entry.compressedSize,
      isDeflated: entry.compressionMethod === DEFLATED,
      isLink: unixType === UNIX_LINK,
      crc32: entry.crc32,
      at: entry.relativeOffsetOfLocalHeader,
    };
    yield { path, spelled, isFolder, isInCodePage: isInCodePage(entry), file };
  }
}

function requireReadable(path: string, { generalPurposeBitFlag, compressionMethod }: Entry): void {
  if (generalPurposeBitFlag & (ENCRYPTED | STRONGLY_ENCRYPTED | MASKED))
    throw invalid('The archive has a password. Pack the images without one.');
  if (compressionMethod === STORED || compressionMethod === DEFLATED) return;
  const method = METHODS[compressionMethod] ?? `method ${compressionMethod}`;
  throw invalid(
    `${path} is compressed with ${method}, which is not supported. Pack the images with Deflate, as \`zip -r\`, \`7z a -tzip -mm=Deflate\` and Python's zipfile do.`,
  );
}

/** Refuses entries that share bytes of the archive: a few bytes could then unpack to any amount. */
function requireNoOverlap(files: readonly ZipFileEntry[]): void {
  const byOffset = files.toSorted((a, b) => a.at - b.at);
  for (const [i, file] of byOffset.entries()) {
    const before = byOffset[i - 1];
    if (before !== undefined && before.at + ZIP_HEADER_BYTES + before.packedBytes > file.at)
      throw invalid(`${before.path} and ${file.path} share bytes of the archive. Pack the images again.`);
  }
}

/** Returns the offset of a file's packed bytes. */
async function dataAt(archive: ByteSource, { path, at, packedBytes }: ZipFileEntry) {
  const data = at + headerLength(await archive.read(at, ZIP_HEADER_BYTES), path);
  if (data + packedBytes > archive.size) throw damaged(path, 'it ends after the archive');
  return data;
}

/** Returns the length of a file's header with its name. */
function headerLength(header: Buffer, path: string): number {
  const length = zipHeaderLength(header);
  if (length === undefined) throw damaged(path, 'the list of files points to no file');
  return length;
}

async function readFile(archive: ByteSource, entry: ZipFileEntry): Promise<Uint8Array> {
  const { path, bytes, packedBytes, isDeflated } = entry;
  if (!isDeflated && packedBytes !== bytes) throw damaged(path, `it has ${packedBytes} bytes, not ${bytes}`);
  const packed = await archive.read(await dataAt(archive, entry), packedBytes);
  const content = isDeflated ? await unpack(packed, bytes, path) : packed;
  if (content.length !== bytes) throw damaged(path, `it has ${content.length} bytes, not ${bytes}`);
  if (crc32(content) !== entry.crc32) throw damaged(path, 'its checksum is wrong');
  return content;
}

async function unpack(packed: Buffer, bytes: number, path: string): Promise<Buffer> {
  try {
    return await inflate(packed, { maxOutputLength: Math.max(1, bytes) });
  } catch (cause) {
    const isLonger = cause instanceof RangeError;
    throw damaged(path, isLonger ? `it has more than ${bytes} bytes` : 'its compressed bytes are wrong', cause);
  }
}

/** Reads a file's first bytes with one call, since an archive may have a million files. A very long name can leave none. */
async function readStart(archive: ByteSource, entry: ZipFileEntry): Promise<Uint8Array> {
  const { path, at, packedBytes, isDeflated } = entry;
  const bytes = await archive.read(at, START_BYTES);
  const data = headerLength(bytes, path);
  const start = bytes.subarray(data, data + packedBytes);
  const content = isDeflated
    ? await inflate(start, { finishFlush: zlib.Z_SYNC_FLUSH }).catch(() => Buffer.alloc(0))
    : start;
  return content.subarray(0, FIRST_BYTES);
}

const damaged = (path: string, reason: string, cause?: unknown): TrainyardError =>
  new TrainyardError('invalid_dataset', `${path} is damaged in the archive: ${reason}.`, {
    cause,
    errors: [{ pointer: `/${path}`, message: `is damaged in the archive: ${reason}` }],
  });

const unreadable = (cause: unknown): TrainyardError => {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return invalid(
    `The ZIP archive is damaged: its list of files cannot be read (${reason}). Pack the images again.`,
    cause,
  );
};
