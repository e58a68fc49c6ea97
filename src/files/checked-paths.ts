/** The only maker of paths from ids, names and numbers: it checks each part, so that no record and no manifest leads out of its folder. */
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { isPart, type PartKind, partFault } from '../contracts/references/path-part.js';
import { TrainyardError } from '../errors/errors.js';

/** The parts of a path by their kinds, in the order of the path. */
export type PathParts = Readonly<Partial<Record<PartKind, string | number>>>;

/** Returns the path of these parts below `root`. Throws `record_corrupt` if one is not in the form of its kind. */
export function pathIn(root: string, parts: PathParts): string {
  return join(root, ...Object.entries(parts).map(([kind, value]) => partOf(kind as PartKind, value)));
}

/** Returns the value as a part of a path. Throws `record_corrupt` if it is not in the form of its kind. */
export function partOf(kind: PartKind, value: unknown): string {
  if (isPart(kind, value)) return String(value);
  throw new TrainyardError('record_corrupt', `${partFault(kind, value)}, so it is no part of a path.`);
}

/**
 * Does the same, and throws `record_corrupt` if a folder on the way is a symbolic link: what is written or removed through a
 * link lies outside. Folders that do not exist yet are fine.
 */
export async function ownPathIn(root: string, parts: PathParts): Promise<string> {
  const whole = pathIn(root, parts);
  let path = root;
  for (const value of Object.values(parts)) {
    path = join(path, String(value));
    if (await isLink(path))
      throw new TrainyardError('record_corrupt', `${path} is a symbolic link: only a folder is used there.`);
  }
  return whole;
}

const isLink = (path: string): Promise<boolean> =>
  lstat(path).then(
    (found) => found.isSymbolicLink(),
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return false;
      throw error;
    },
  );
