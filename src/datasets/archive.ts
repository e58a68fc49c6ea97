/** The images in a ZIP archive, by their paths; each is unpacked when it is read. */
import { buffer } from 'node:stream/consumers';
import { openPromise, type ZipFile } from 'yauzl';
import { TrainyardError } from '../errors.js';

/** `path` is that of the archive: of folders and a name, never out of it. */
export type ArchiveImage = Readonly<{ path: string; bytes: number; read(): Promise<Uint8Array> }>;

export type Archive = Readonly<{
  images: readonly ArchiveImage[];
  /** Files that are no images, by their names. */
  ignoredFiles: number;
  close(): void;
}>;

const IMAGE = /\.(png|jpe?g|webp)$/i;
/** What systems put beside the files of their users. */
const OF_THE_SYSTEM = /(^|\/)(\.[^/]*|__MACOSX|Thumbs\.db|desktop\.ini)(\/|$)/i;
/** Files of an archive; each takes some hundred bytes of memory. */
const MOST_FILES = 2_000_000;

/** Reads the list of files. Throws `invalid_dataset` where it is not a whole ZIP archive that can be read. */
export async function openArchive(file: string): Promise<Archive> {
  let zip: ZipFile | undefined;
  try {
    zip = await openPromise(file, { lazyEntries: true, autoClose: false });
    return await listImages(zip);
  } catch (cause) {
    zip?.close();
    throw cause instanceof TrainyardError ? cause : unreadable('The file', cause);
  }
}

async function listImages(zip: ZipFile): Promise<Archive> {
  if (zip.entryCount > MOST_FILES) {
    throw new TrainyardError(
      'invalid_dataset',
      `The archive has ${zip.entryCount} files: at most ${MOST_FILES} are taken.`,
    );
  }
  const images: ArchiveImage[] = [];
  let ignoredFiles = 0;
  for await (const entry of zip.eachEntry()) {
    const path = entry.fileName;
    if (path.endsWith('/') || OF_THE_SYSTEM.test(path)) continue;
    if (!IMAGE.test(path)) {
      ignoredFiles += 1;
      continue;
    }
    const read = async (): Promise<Uint8Array> => {
      try {
        return await buffer(await zip.openReadStreamPromise(entry));
      } catch (cause) {
        throw unreadable(path, cause);
      }
    };
    images.push({ path, bytes: entry.uncompressedSize, read });
  }
  return { images, ignoredFiles, close: () => zip.close() };
}

const unreadable = (what: string, cause: unknown): TrainyardError =>
  new TrainyardError(
    'invalid_dataset',
    `${what} cannot be read as part of a ZIP archive (${cause instanceof Error ? cause.message : String(cause)}).`,
    { cause },
  );
