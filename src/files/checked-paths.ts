/** Paths from ids, names and numbers. Checks each part, so that no record and no manifest leads out of its folder. */
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { isPart, type PartKind, partFault } from '../contracts/references/path-part.js';
import { TrainyardError } from '../errors/errors.js';

/** Parts of a path by kind, in the order of the path. */
export type PathParts = Readonly<Partial<Record<PartKind, string | number>>>;

/** Returns the path of these parts below `root`. Throws `record_corrupt` if a part does not match the pattern of its kind. */
export function pathIn(root: string, parts: PathParts): string {
  return join(root, ...Object.entries(parts).map(([kind, value]) => partOf(kind as PartKind, value)));
}

/** Returns the value as a part of a path. Throws `record_corrupt` if it does not match the pattern of its kind. */
export function partOf(kind: PartKind, value: unknown): string {
  if (isPart(kind, value)) return String(value);
  throw new TrainyardError('record_corrupt', `${partFault(kind, value)}, so it cannot be part of a path.`);
}

/**
 * Returns the path of these parts below `root`. Throws `record_corrupt` if a part does not match the pattern of its kind, or if one of its
 * folders is a symbolic link, which would lead outside. Folders need not exist.
 */
export async function ownPathIn(root: string, parts: PathParts): Promise<string> {
  const checked = pathIn(root, parts);
  let path = root;
  for (const value of Object.values(parts)) {
    path = join(path, String(value));
    if (await isLink(path))
      throw new TrainyardError('record_corrupt', `${path} is a symbolic link, and only a folder is allowed there.`);
  }
  return checked;
}

const isLink = (path: string): Promise<boolean> =>
  lstat(path).then(
    (found) => found.isSymbolicLink(),
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return false;
      throw error;
    },
  );
