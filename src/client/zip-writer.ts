/** ZIP archives of stored entries, written in order while they are sent (APPNOTE 6.3.10, with ZIP64). */

/** A file of an archive: its path with slashes, and its content. */
export type ZipSource = Readonly<{ name: string; size: number; read(): Promise<Uint8Array> }>;

const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;
const ZIP64_END_BYTES = 56 + 20;
/** Extra field of an entry whose local header lies beyond 4 GiB: tag, size and the offset. */
const OFFSET_EXTRA_BYTES = 12;
const MAX_32 = 0xffff_ffff;
const MAX_16 = 0xffff;
/** APPNOTE version 4.5, which has ZIP64. */
const VERSION = 45;
/** Names in UTF-8. */
const UTF8_FLAG = 0x0800;
/** 1 January 1980: the same files give the same archive, which the service recognizes. */
const DOS_DATE = 0x21;

type Entry = Readonly<{ name: Uint8Array; source: ZipSource; offset: number }>;

/** Yields the archive of these files. The order of the entries is that of `sources`. */
export async function* writeZip(sources: readonly ZipSource[]): AsyncGenerator<Uint8Array> {
  const { entries, end } = layOut(sources);
  const records: Uint8Array[] = [];
  for (const entry of entries) {
    const { name, source } = entry;
    const bytes = await source.read();
    if (bytes.byteLength !== source.size)
      throw new Error(`${source.name} changed while it was read. Start the upload again.`);
    const fields = sharedFields(entry, crc32(bytes));
    records.push(centralRecord(entry, fields));
    yield concat(pack(...long(0x04034b50), ...fields, 0), name);
    yield bytes;
  }
  yield* records;
  const directoryBytes = records.reduce((sum, { byteLength }) => sum + byteLength, 0);
  yield endOf(entries.length, directoryBytes, end);
}

/** Returns the size of the archive of these files. */
export function zipBytes(sources: readonly ZipSource[]): number {
  const { entries, end } = layOut(sources);
  const central = entries.reduce((sum, entry) => sum + CENTRAL_BYTES + entry.name.byteLength + extraBytes(entry), 0);
  return end + central + END_BYTES + (needsZip64(entries.length, central, end) ? ZIP64_END_BYTES : 0);
}

/** Returns where each entry begins, and where the last one ends. */
function layOut(sources: readonly ZipSource[]): { entries: Entry[]; end: number } {
  const encoder = new TextEncoder();
  let end = 0;
  const entries = sources.map((source) => {
    const entry = { name: encoder.encode(source.name), source, offset: end };
    end += LOCAL_BYTES + entry.name.byteLength + source.size;
    return entry;
  });
  return { entries, end };
}

const extraBytes = ({ offset }: Entry): number => (offset >= MAX_32 ? OFFSET_EXTRA_BYTES : 0);
const needsZip64 = (count: number, directoryBytes: number, directoryAt: number): boolean =>
  count >= MAX_16 || directoryAt >= MAX_32 || directoryBytes >= MAX_32;

/** Returns little-endian numbers of 16 bits. A larger number counts modulo 2 ** 16. */
function pack(...words: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(2 * words.length));
  for (const [index, word] of words.entries()) view.setUint16(2 * index, word, true);
  return new Uint8Array(view.buffer);
}

/** Returns the words of a number of 32 bits, and of 64 bits. */
const long = (value: number) => [value, value / 2 ** 16];
const longer = (value: number) => [...long(value), ...long(value / 2 ** 32)];

/** Returns the words that a local header and a central record share: from the version to the length of the name. */
const sharedFields = ({ name, source: { size } }: Entry, checksum: number): readonly number[] => [
  ...[VERSION, UTF8_FLAG, 0, 0, DOS_DATE],
  ...[...long(checksum), ...long(size), ...long(size), name.byteLength],
];

function centralRecord(entry: Entry, fields: readonly number[]): Uint8Array {
  const { name, offset } = entry;
  const extraSize = extraBytes(entry);
  const extra = extraSize > 0 ? [1, 8, ...longer(offset)] : [];
  const places = [0, 0, 0, 0, 0, ...long(Math.min(offset, MAX_32))];
  return concat(pack(...long(0x02014b50), VERSION, ...fields, extraSize, ...places), name, pack(...extra));
}

/** Writes the end of the directory, in ZIP64 too if a number is too large for the short form. */
function endOf(count: number, bytes: number, at: number): Uint8Array {
  const few = Math.min(count, MAX_16);
  const sizes = [...long(Math.min(bytes, MAX_32)), ...long(Math.min(at, MAX_32))];
  const short = [...long(0x06054b50), 0, 0, few, few, ...sizes, 0];
  if (!needsZip64(count, bytes, at)) return pack(...short);
  const record = [...long(0x06064b50), ...longer(44), VERSION, VERSION, ...long(0), ...long(0)];
  const locator = [...long(0x07064b50), ...long(0), ...longer(at + bytes), ...long(1)];
  return pack(...record, ...[count, count, bytes, at].flatMap(longer), ...locator, ...short);
}

/** Joins a few short parts. */
const concat = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** Returns the CRC-32 of bytes, as ZIP and PNG define it. */
export function crc32(bytes: Uint8Array): number {
  let value = MAX_32;
  for (let at = 0; at < bytes.length; at += 1) {
    value = (value >>> 8) ^ (CRC_TABLE[(value ^ (bytes[at] ?? 0)) & 255] ?? 0);
  }
  return ~value >>> 0;
}
