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
/** Names in UTF-8. */
const UTF8_FLAG = 0x0800;
/** 1 January 1980: the same files give the same archive, which the service recognizes. */
const DOS_DATE = 0x21;

type Entry = Readonly<{ name: Uint8Array; size: number; offset: number }>;

/** Yields the archive of these files. The order of the entries is that of `sources`. */
export async function* writeZip(sources: readonly ZipSource[]): AsyncGenerator<Uint8Array> {
  const { entries, end } = layOut(sources);
  const checksums: number[] = [];
  for (const [index, { name, size }] of entries.entries()) {
    const source = sources[index] as ZipSource;
    const bytes = await source.read();
    if (bytes.byteLength !== size) throw new Error(`${source.name} changed while it was read. Start the upload again.`);
    checksums.push(crc32(bytes));
    yield concat(localHeader(name.byteLength, size, checksums.at(-1) ?? 0), name);
    yield bytes;
  }
  let directoryBytes = 0;
  for (const [index, entry] of entries.entries()) {
    const record = centralRecord(entry, checksums[index] ?? 0);
    directoryBytes += record.byteLength;
    yield record;
  }
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
  const entries = sources.map(({ name: text, size }) => {
    const entry = { name: encoder.encode(text), size, offset: end };
    end += LOCAL_BYTES + entry.name.byteLength + size;
    return entry;
  });
  return { entries, end };
}

const extraBytes = ({ offset }: Entry): number => (offset >= MAX_32 ? OFFSET_EXTRA_BYTES : 0);
const needsZip64 = (count: number, directoryBytes: number, directoryAt: number): boolean =>
  count >= MAX_16 || directoryAt >= MAX_32 || directoryBytes >= MAX_32;

/** Writes little-endian numbers: pairs of a value and its number of bytes. */
function pack(...fields: readonly (readonly [value: number, bytes: 2 | 4 | 8])[]): Uint8Array {
  const packed = new Uint8Array(fields.reduce((sum, [, bytes]) => sum + bytes, 0));
  const view = new DataView(packed.buffer);
  let at = 0;
  for (const [value, bytes] of fields) {
    if (bytes === 2) view.setUint16(at, value, true);
    else if (bytes === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += bytes;
  }
  return packed;
}

/** Fields that a local header and a central record share: from the version to the length of the name. */
const shared = (nameBytes: number, size: number, checksum: number) =>
  [
    [45, 2],
    [UTF8_FLAG, 2],
    [0, 2],
    [0, 2],
    [DOS_DATE, 2],
    [checksum, 4],
    [size, 4],
    [size, 4],
    [nameBytes, 2],
  ] as const;

const localHeader = (nameBytes: number, size: number, checksum: number): Uint8Array =>
  pack([0x04034b50, 4], ...shared(nameBytes, size, checksum), [0, 2]);

function centralRecord(entry: Entry, checksum: number): Uint8Array {
  const { name, size, offset } = entry;
  const extra = extraBytes(entry) > 0 ? pack([1, 2], [8, 2], [offset, 8]) : new Uint8Array();
  const fixed = pack(
    [0x02014b50, 4],
    [45, 2],
    ...shared(name.byteLength, size, checksum),
    [extra.byteLength, 2],
    [0, 2],
    [0, 2],
    [0, 2],
    [0, 4],
    [Math.min(offset, MAX_32), 4],
  );
  return concat(fixed, name, extra);
}

/** Writes the end of the directory, in ZIP64 too if a number is too large for the short form. */
function endOf(count: number, bytes: number, at: number): Uint8Array {
  const few = Math.min(count, MAX_16);
  const short = pack(
    [0x06054b50, 4],
    [0, 2],
    [0, 2],
    [few, 2],
    [few, 2],
    [Math.min(bytes, MAX_32), 4],
    [Math.min(at, MAX_32), 4],
    [0, 2],
  );
  if (!needsZip64(count, bytes, at)) return short;
  const record = pack(
    [0x06064b50, 4],
    [44, 8],
    [45, 2],
    [45, 2],
    [0, 4],
    [0, 4],
    [count, 8],
    [count, 8],
    [bytes, 8],
    [at, 8],
  );
  const locator = pack([0x07064b50, 4], [0, 4], [at + bytes, 8], [1, 4]);
  return concat(record, locator, short);
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

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
