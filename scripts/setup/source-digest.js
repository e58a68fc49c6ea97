/** Digest of source files, by which a step of set-up knows whether its output is up to date. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Returns the paths of the files under a folder, in a fixed order.
 * @param {string} folder
 */
export async function filesUnder(folder) {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/**
 * Returns the SHA-256 of the paths and contents of files.
 * @param {string} root
 * @param {readonly string[]} paths
 */
export async function digestOf(root, paths) {
  const hash = createHash('sha256');
  for (const path of paths) {
    hash
      .update(path.slice(root.length))
      .update('\0')
      .update(await readFile(path));
  }
  return hash.digest('hex');
}
