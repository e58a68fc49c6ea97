/** ZIP archives built byte by byte, for archives that common packers do not write. */
import { crc32, deflateRawSync } from 'node:zlib';

export type ZipEntry = Readonly<{
  name: string | Buffer;
  bytes?: Uint8Array | string;
  /** Compression method. Default 0 (stored); 8 compresses the bytes. Other numbers are written with uncompressed bytes. */
  method?: number;
  /** General purpose flags. Default 0, also for names in UTF-8. */
  flags?: number;
  /** Unix file mode. */
  mode?: number;
  /** False values for the central directory. */
  claims?: Readonly<{ bytes?: number; packedBytes?: number; crc32?: number; at?: number }>;
  /** Whether the entry shares the bytes of the previous entry. */
  shares?: boolean;
}>;

type Options = Readonly<{
  before?: Uint8Array;
  after?: Uint8Array;
  disk?: number;
  count?: number;
  /** Whether a ZIP64 record holds the numbers. */
  isZip64?: boolean;
}>;

/** Builds the archive. `before` is put in front of it, as in a self-extracting archive, and `after` behind it. */
export function rawZip(
  entries: readonly ZipEntry[],
  { before, after, disk = 0, count, isZip64 = false }: Options = {},
): Buffer {
  const [parts, directory]: [Buffer[], Buffer[]] = [[], []];
  let [at, last] = [0, 0];
  for (const entry of entries) {
    const { name, bytes = '', method = 0, flags = 0, mode = 0, claims = {}, shares = false } = entry;
    const content = Buffer.from(bytes as string);
    const packed = method === 8 ? deflateRawSync(content) : content;
    const nameBytes = Buffer.from(name as string);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(flags, 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(claims.crc32 ?? crc32(content), 10);
    common.writeUInt32LE(claims.packedBytes ?? packed.length, 14);
    common.writeUInt32LE(claims.bytes ?? content.length, 18);
    common.writeUInt16LE(nameBytes.length, 22);
    if (!shares) {
      last = at;
      const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, nameBytes, packed]);
      parts.push(local);
      at += local.length;
    }
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE((mode << 16) >>> 0, 6);
    tail.writeUInt32LE(claims.at ?? last, 10);
    const madeBy = Buffer.from([20, 3]); // by Unix
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02', 'latin1'), madeBy, common, tail, nameBytes]));
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(disk, 4);
  end.writeUInt16LE(count ?? entries.length, 8);
  end.writeUInt16LE(count ?? entries.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(at, 16);
  const records = isZip64 ? zip64Records(entries.length, list.length, at) : Buffer.of();
  if (isZip64) end.fill(0xff, 8, 20);
  return Buffer.concat([before ?? Buffer.of(), ...parts, list, records, end, after ?? Buffer.of()]);
}

/** Builds the ZIP64 record with the numbers, and its locator. */
function zip64Records(count: number, listBytes: number, listAt: number): Buffer {
  const [record, locator] = [Buffer.alloc(56), Buffer.alloc(20)];
  record.write('PK\x06\x06', 'latin1');
  record.writeBigUInt64LE(44n, 4);
  for (const [place, value] of Object.entries({ 24: count, 32: count, 40: listBytes, 48: listAt }))
    record.writeBigUInt64LE(BigInt(value), Number(place));
  locator.write('PK\x06\x07', 'latin1');
  locator.writeBigUInt64LE(BigInt(listAt + listBytes), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([record, locator]);
}

/** Returns the entries for these files (path to content), compressed. */
export const entriesOf = (files: Readonly<Record<string, Uint8Array | string>>): ZipEntry[] =>
  Object.entries(files).map(([name, bytes]) => ({ name, bytes, method: 8 }));
