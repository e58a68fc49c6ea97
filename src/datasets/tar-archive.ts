/** Reader of untrusted tar archives: lists the files, and reads each file from its place. */
import { type FileHandle, open } from 'node:fs/promises';
import { TrainyardError } from '../errors/errors.js';
import { readAt } from '../files/read-at.js';
import { FIRST_BYTES } from '../images/formats.js';
import { type Archive, type ArchiveFile, createListing } from './archive-listing.js';
import { pathOf } from './archive-path.js';
import { type TarEntry, tarEntries } from './tar-entries.js';
import { invalid } from './zip-region.js';

/** Files of the same path are compared up to this size; larger ones count as different. */
const MAX_COMPARED_BYTES = 2 ** 26;

type TarFile = ArchiveFile & Readonly<{ at: number }>;

/** Opens a tar archive and reads its list of files. Throws `invalid_dataset` if it is damaged. */
export async function openTar(path: string): Promise<Archive> {
  const file = await open(path, 'r');
  try {
    return {
      ...(await listFiles(file)),
      read: (entry) => readAt(file, (entry as TarFile).at, entry.bytes),
      readStart: (entry) => readAt(file, (entry as TarFile).at, Math.min(entry.bytes, FIRST_BYTES)),
      close: () => file.close(),
    };
  } catch (cause) {
    await file.close();
    if (cause instanceof TrainyardError) throw cause;
    throw invalid('The tar archive is damaged: its list of files cannot be read. Pack the images again.', cause);
  }
}

async function listFiles(file: FileHandle) {
  const listing = createListing<TarFile>();
  const isSame = async (one: TarFile, other: TarFile): Promise<boolean> =>
    one.bytes === other.bytes &&
    one.bytes <= MAX_COMPARED_BYTES &&
    (one.at === other.at || (await readAt(file, one.at, one.bytes)).equals(await readAt(file, other.at, other.bytes)));
  for await (const entry of tarEntries(file)) {
    const spelled = pathOf(entry.name);
    if (spelled === undefined) continue;
    const path = spelled.normalize('NFC');
    const isFolder = entry.kind === 'folder' || path === '';
    await listing.add(
      { path, spelled, isFolder, isInCodePage: false, file: fileOf(path, entry, listing.find) },
      isSame,
    );
  }
  return listing.result();
}

/** Returns the file of an entry. A hard link has the content of the earlier file that it names. */
function fileOf(path: string, { kind, target, at, bytes }: TarEntry, find: (path: string) => TarFile | undefined) {
  const original = kind === 'hard-link' ? find(pathOf(target) ?? '') : undefined;
  if (original !== undefined) return { ...original, path };
  const isLink = kind !== 'file';
  return { path, at, isLink, bytes: isLink ? 0 : bytes, packedBytes: isLink ? 0 : bytes };
}
