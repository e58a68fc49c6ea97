/** List of the files in a ZIP archive, read from its end: the archive itself may have many gigabytes. */

export type ZipEntry = Readonly<{ path: string; size: number }>;

const END_SIGNATURE = 0x06054b50;
const ZIP64_END_SIGNATURE = 0x06064b50;
const ZIP64_LOCATOR_SIGNATURE = 0x07064b50;
const ENTRY_SIGNATURE = 0x02014b50;
const END_BYTES = 22;
const LOCATOR_BYTES = 20;
const ENTRY_BYTES = 46;
const LONGEST_COMMENT = 0xffff;
/** A longer list is left to the service. */
const MAX_DIRECTORY_BYTES = 2 ** 27;

/** Returns the files. Undefined if the list is too long for a check. Throws an error with a sentence if there is no list. */
export async function readZipDirectory(archive: Blob): Promise<ZipEntry[] | undefined> {
  const { at, bytes } = await findDirectory(archive);
  if (bytes > MAX_DIRECTORY_BYTES) return undefined;
  return entriesOf(await viewOf(archive, at, bytes));
}

const viewOf = async (archive: Blob, at: number, bytes: number): Promise<DataView> =>
  new DataView(await archive.slice(at, at + bytes).arrayBuffer());

async function findDirectory(archive: Blob): Promise<{ at: number; bytes: number }> {
  const tailAt = Math.max(0, archive.size - END_BYTES - LONGEST_COMMENT);
  const tail = await viewOf(archive, tailAt, archive.size - tailAt);
  for (let at = tail.byteLength - END_BYTES; at >= 0; at--) {
    if (tail.getUint32(at, true) !== END_SIGNATURE) continue;
    const zip64 = await findZip64(archive, tail, at);
    if (zip64 !== undefined) return zip64;
    const bytes = tail.getUint32(at + 12, true);
    // Counted from the end, since a program may precede the archive.
    return { at: tailAt + at - bytes, bytes };
  }
  throw new Error('This is not a ZIP archive, or it is cut off: the list of files at its end is missing.');
}

async function findZip64(archive: Blob, tail: DataView, at: number) {
  const locatorAt = at - LOCATOR_BYTES;
  if (locatorAt < 0 || tail.getUint32(locatorAt, true) !== ZIP64_LOCATOR_SIGNATURE) return undefined;
  const record = await viewOf(archive, Number(tail.getBigUint64(locatorAt + 8, true)), 56);
  if (record.byteLength < 56 || record.getUint32(0, true) !== ZIP64_END_SIGNATURE) return undefined;
  return { at: Number(record.getBigUint64(48, true)), bytes: Number(record.getBigUint64(40, true)) };
}

function entriesOf(view: DataView): ZipEntry[] {
  const text = new TextDecoder();
  const entries: ZipEntry[] = [];
  for (let at = 0; at + ENTRY_BYTES <= view.byteLength; ) {
    if (view.getUint32(at, true) !== ENTRY_SIGNATURE)
      throw new Error('The list of files in the ZIP archive is damaged. Pack the images again.');
    const nameBytes = view.getUint16(at + 28, true);
    const path = text
      .decode(new Uint8Array(view.buffer, view.byteOffset + at + ENTRY_BYTES, nameBytes))
      .replaceAll('\\', '/');
    if (!path.endsWith('/')) entries.push({ path, size: view.getUint32(at + 24, true) });
    at += ENTRY_BYTES + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries;
}
