/** Reader of the headers of tar files: ustar, pax and GNU's long names. */
import { isUtf8 } from 'node:buffer';
import type { FileHandle } from 'node:fs/promises';
import { readAt } from '../files/read-at.js';
import { requireEntries } from './archive-listing.js';
import { shown } from './archive-path.js';
import { invalid } from './zip-region.js';

export type TarEntry = Readonly<{
  name: string;
  kind: 'file' | 'folder' | 'link' | 'hard-link' | 'other';
  /** Name of the earlier entry that a hard link repeats. */
  target: string;
  /** Offset and length of the content. */
  at: number;
  bytes: number;
}>;

const BLOCK = 512;
/** Maximum number of bytes of a long name or of pax records. */
const MAX_META_BYTES = 2 ** 20;
const KINDS: Readonly<Record<string, TarEntry['kind']>> = {
  ...{ '0': 'file', '\0': 'file', '7': 'file', '5': 'folder', '1': 'hard-link', '2': 'link' },
};

/** Values of a later entry that come before it, in pax records or GNU's long names. */
type Override = { path?: string; linkpath?: string; size?: number };

/** Yields the entries of a tar file. Throws `invalid_dataset` if it is damaged or cut off. */
export async function* tarEntries(file: FileHandle): AsyncGenerator<TarEntry> {
  const { size: end } = await file.stat();
  const shared: Override = {};
  let override: Override = {};
  let count = 0;
  for (let at = 0; at + BLOCK <= end; ) {
    const header = await readAt(file, at, BLOCK);
    if (header.every((byte) => byte === 0)) return;
    requireHeaderSum(header, at);
    const type = String.fromCharCode(header[156] ?? 0);
    const bytes = override.size ?? sizeOf(header);
    const data = at + BLOCK;
    if (data + bytes > end)
      throw invalid('The tar archive is cut off: its last file is incomplete. Send the complete archive again.');
    at = data + Math.ceil(bytes / BLOCK) * BLOCK;
    if ('xgLK'.includes(type)) {
      const found = readMeta(type, await readMetaBytes(file, data, bytes));
      Object.assign(type === 'g' ? shared : override, found);
      continue;
    }
    const names = { ...shared, ...override };
    override = {};
    count += 1;
    requireEntries(count);
    const name = names.path ?? nameIn(header);
    if (type === 'S') throw invalid(`The file ${shown(name)} is sparse. Pack it without --sparse.`);
    const kind = KINDS[type] ?? 'other';
    const isFolder = kind === 'file' && name.endsWith('/');
    yield { name, kind: isFolder ? 'folder' : kind, target: names.linkpath ?? text(header, 157, 100), at: data, bytes };
  }
}

/** The sum of the header's bytes, with spaces in place of the checksum. */
function requireHeaderSum(header: Buffer, at: number): void {
  const stored = octal(header, 148, 8);
  let sum = 0;
  for (const [i, byte] of header.entries()) sum += i >= 148 && i < 156 ? 32 : byte;
  if (stored !== sum)
    throw invalid(`The tar archive is damaged: the header at byte ${at} has a wrong checksum. Pack the images again.`);
}

const octal = (header: Buffer, at: number, length: number): number =>
  Number.parseInt(
    header
      .toString('latin1', at, at + length)
      .replaceAll(/[\0 ]/g, ' ')
      .trim() || '0',
    8,
  );

/** Reads the size: octal digits, or a binary number for files above 8 GB. */
function sizeOf(header: Buffer): number {
  const isBinary = ((header[124] ?? 0) & 0x80) !== 0;
  const size = isBinary ? Number(header.readBigUInt64BE(128)) : octal(header, 124, 12);
  if (Number.isSafeInteger(size) && size >= 0) return size;
  throw invalid('The tar archive is damaged: a file has no size. Pack the images again.');
}

/** Names are UTF-8 if they are valid UTF-8, otherwise Latin-1. */
const decoded = (bytes: Buffer): string => bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');

/** Returns the text of a field up to its zero byte. */
function text(header: Buffer, at: number, length: number): string {
  const field = header.subarray(at, at + length);
  const end = field.indexOf(0);
  return decoded(field.subarray(0, end < 0 ? length : end));
}

function nameIn(header: Buffer): string {
  const isUstar = header.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = isUstar ? text(header, 345, 155) : '';
  return prefix === '' ? text(header, 0, 100) : `${prefix}/${text(header, 0, 100)}`;
}

function readMetaBytes(file: FileHandle, at: number, bytes: number): Promise<Buffer> {
  if (bytes > MAX_META_BYTES) throw invalid(`The tar archive has a name of ${bytes} bytes. Shorten the names.`);
  return readAt(file, at, bytes);
}

function readMeta(type: string, bytes: Buffer): Override {
  if (type === 'L') return { path: decoded(bytes).replace(/\0.*$/s, '') };
  if (type === 'K') return { linkpath: decoded(bytes).replace(/\0.*$/s, '') };
  return readPax(bytes);
}

/** Reads pax records: `<length> <key>=<value>\n`. */
function readPax(bytes: Buffer): Override {
  const found: Override = {};
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(' ', at);
    const length = Number(bytes.toString('latin1', at, Math.max(at, space)));
    if (space < 0 || !Number.isInteger(length) || length < space - at + 3 || at + length > bytes.length)
      throw invalid('The tar archive is damaged: its pax records cannot be read. Pack the images again.');
    const record = decoded(bytes.subarray(space + 1, at + length - 1));
    const [key, value] = [record.slice(0, record.indexOf('=')), record.slice(record.indexOf('=') + 1)];
    if (key === 'path' || key === 'linkpath') found[key] = value;
    if (key === 'size' && /^\d{1,15}$/.test(value)) found.size = Number(value);
    if (key.startsWith('GNU.sparse')) throw invalid('The tar archive has a sparse file. Pack it without --sparse.');
    at += length;
  }
  return found;
}
