/** Files that clients name by a path below a folder. */
import { realpath, stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';

/**
 * Returns the absolute path of a regular file below `root`, and its size in bytes. Undefined if there is none, or if the path or a
 * symbolic link leads out of `root`.
 */
export async function findFileBelow(root: string, path: string): Promise<{ path: string; bytes: number } | undefined> {
  if (path.includes('\0')) return undefined;
  try {
    const [folder, file] = await Promise.all([realpath(root), realpath(resolve(root, path))]);
    if (!file.startsWith(folder.endsWith(sep) ? folder : folder + sep)) return undefined;
    const found = await stat(file);
    return found.isFile() ? { path: file, bytes: found.size } : undefined;
  } catch {
    return undefined;
  }
}
