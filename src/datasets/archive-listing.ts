/** List of the files of an untrusted archive, and the limits that all formats of archives share. */
import type { TrainyardError } from '../errors/errors.js';
import type { Manifest } from './manifest-lines.js';
import { invalid } from './zip-region.js';

/** `path` is in Unicode's composed form (NFC) and never leads out of the archive. */
export type ArchiveFile = Readonly<{
  path: string;
  /** Unpacked size according to the archive. */
  bytes: number;
  packedBytes: number;
  isLink: boolean;
}>;

export type Listed<File> = Readonly<{
  files: readonly File[];
  /** Paths that the archive lists as folders. They may be empty. */
  folders: readonly string[];
  /** Paths that were read in the code page of MS-DOS because they are not in UTF-8: how many, and the first. */
  inCodePage: Readonly<{ count: number; first: string }>;
  /** Paths of entries that repeat an earlier one: same path, same content. */
  repeated: readonly string[];
  /** Paths under which the archive has several different files. `files` contains the first. */
  ambiguous: ReadonlySet<string>;
}>;

export type Archive = Listed<ArchiveFile> &
  Readonly<{
    /** Returns the content of one of its files. Throws `invalid_dataset` if size or checksum differ from the archive's. */
    read(file: ArchiveFile): Promise<Uint8Array>;
    /** Returns the first bytes of a file, enough to recognize its format. */
    readStart(file: ArchiveFile): Promise<Uint8Array>;
    /** Class and split of each image, if the archive is made of arrays. */
    manifest?: Manifest;
    close(): Promise<void>;
  }>;

/** An entry of the list. `spelled` is the path as written, `path` its composed form. */
export type ListedEntry<File> = Readonly<{
  path: string;
  spelled: string;
  isFolder: boolean;
  isInCodePage: boolean;
  file: File;
}>;

/** Maximum number of entries of an archive. Each takes some hundred bytes of memory. */
export const MAX_ENTRIES = 1_000_000;
/** Maximum number of characters of all paths together. */
const MAX_PATH_CHARACTERS = 2 ** 27;
/** Largest ratio of unpacked to packed bytes. Archives may always unpack to SMALL_BYTES. */
const MAX_RATIO = 100;
const SMALL_BYTES = 2 ** 30;

/** Collects the entries of an archive. Finds paths that occur several times. */
export function createListing<File>() {
  const folders = new Set<string>();
  const files = new Map<string, File>();
  const decomposed = new Map<string, File>();
  const [repeated, ambiguous]: [string[], Set<string>] = [[], new Set()];
  const inCodePage = { count: 0, first: '' };
  let characters = 0;

  return {
    /** Adds an entry. `isSame` compares the content of two files with the same path. */
    async add(entry: ListedEntry<File>, isSame: (one: File, other: File) => Promise<boolean>): Promise<void> {
      const { path, spelled, file } = entry;
      characters += spelled.length;
      if (characters > MAX_PATH_CHARACTERS)
        throw invalid(
          `The paths of the archive have more than ${MAX_PATH_CHARACTERS} characters. Shorten the names of its folders.`,
        );
      if (entry.isInCodePage) inCodePage.first ||= path;
      if (entry.isInCodePage) inCodePage.count += 1;
      if (entry.isFolder) {
        if (path !== '') folders.add(path);
        return;
      }
      // An archive may have two different files whose names differ only in their Unicode form.
      const same = files.get(spelled) ?? files.get(path) ?? decomposed.get(path);
      if (same !== undefined && (await isSame(same, file))) repeated.push(path);
      else if (files.has(spelled)) ambiguous.add(path);
      else {
        files.set(spelled, file);
        if (spelled !== path) decomposed.set(path, file);
      }
    },
    /** Returns an earlier file by its path as written. */
    find: (spelled: string): File | undefined => files.get(spelled),
    result: (): Listed<File> => ({
      ...{ files: [...files.values()], folders: [...folders], repeated, ambiguous, inCodePage },
    }),
  };
}

/** Refuses an archive with too many entries. */
export function requireEntries(count: number): void {
  if (count > MAX_ENTRIES) throw invalid(`The archive lists ${count} files, and at most ${MAX_ENTRIES} are allowed.`);
}

/** Returns the most bytes to which an archive may unpack. */
export const mostUnpacked = (packed: number): number => Math.max(SMALL_BYTES, MAX_RATIO * packed);

/** Refuses an archive that unpacks to far more than images do. */
export function requirePlausibleSize(bytes: number, packed: number): void {
  if (bytes > mostUnpacked(packed)) throw oversized(packed, bytes);
}

/** Returns the error for an archive that unpacks to `bytes` or more. */
export const oversized = (packed: number, bytes: number): TrainyardError =>
  invalid(
    `The archive of ${packed} bytes unpacks to ${bytes} bytes. Allowed are ${MAX_RATIO} times its size, or ${SMALL_BYTES} bytes if that is more.`,
  );
