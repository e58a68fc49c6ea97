/** ZIP archive of a folder, made while it is read: files are stored uncompressed, because images are compressed already. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { crc32 } from 'node:zlib';
import { usageError } from './exit-codes.js';

type StoredFile = Readonly<{ path: string; name: Buffer; bytes: number }>;

/** Limits of an archive without ZIP64 records. */
const MAX_FILES = 65_534;
const MAX_BYTES = 2 ** 32 - 1;
const [LOCAL_BYTES, ENTRY_BYTES, END_BYTES] = [30, 46, 22];
const UTF8_NAMES = 0x800;
const VERSION = 20;

/** Returns the archive's size and its bytes. Leaves out hidden files. Throws a usage error for an empty or too large folder. */
export function folderArchive(folder: string): Readonly<{ bytes: number; chunks: AsyncIterable<Uint8Array> }> {
  const files = listFiles(folder);
  const bytes = files.reduce(
    (sum, file) => sum + file.bytes + LOCAL_BYTES + ENTRY_BYTES + 2 * file.name.length,
    END_BYTES,
  );
  if (files.length === 0)
    throw usageError(`The folder ${folder} has no files.`, 'It needs one folder of images for each class.');
  if (files.length > MAX_FILES || bytes > MAX_BYTES)
    throw usageError(
      `The folder ${folder} has ${files.length} files with ${bytes} bytes: too many to pack here.`,
      'Make a ZIP archive of it, and add the archive.',
    );
  return { bytes, chunks: pack(files) };
}

function listFiles(folder: string): StoredFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(
      (path) =>
        !relative(folder, path)
          .split(sep)
          .some((part) => part.startsWith('.')),
    )
    .map((path) => ({ path, found: statSync(path, { throwIfNoEntry: false }) }))
    .filter(({ found }) => found?.isFile())
    .map(({ path, found }) => ({
      path,
      name: Buffer.from(relative(folder, path).split(sep).join('/')),
      bytes: found?.size ?? 0,
    }));
}

async function* pack(files: readonly StoredFile[]): AsyncGenerator<Uint8Array> {
  const directory: Buffer[] = [];
  let offset = 0;
  for (const file of files) {
    const content = readFileSync(file.path);
    if (content.length !== file.bytes) throw usageError(`${file.path} changed while it was read.`, 'Try again.');
    const common = commonHeader(file, content);
    directory.push(directoryEntry(file, common, offset));
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, file.name, content]);
    offset += local.length;
    yield local;
  }
  const list = Buffer.concat(directory);
  yield list;
  yield endRecord(files.length, list.length, offset);
}

/** Returns the fields that an entry's local header and its directory entry share. */
function commonHeader({ name, bytes }: StoredFile, content: Buffer): Buffer {
  const header = Buffer.alloc(LOCAL_BYTES - 4);
  header.writeUInt16LE(VERSION, 0);
  header.writeUInt16LE(UTF8_NAMES, 2);
  header.writeUInt32LE(crc32(content), 10);
  header.writeUInt32LE(bytes, 14);
  header.writeUInt32LE(bytes, 18);
  header.writeUInt16LE(name.length, 22);
  return header;
}

function directoryEntry({ name }: StoredFile, common: Buffer, offset: number): Buffer {
  const tail = Buffer.alloc(14);
  tail.writeUInt32LE(offset, 10);
  const version = Buffer.from([VERSION, 0]);
  return Buffer.concat([Buffer.from('PK\x01\x02', 'latin1'), version, common, tail, name]);
}

function endRecord(count: number, listBytes: number, offset: number): Buffer {
  const end = Buffer.alloc(END_BYTES);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(listBytes, 12);
  end.writeUInt32LE(offset, 16);
  return end;
}
