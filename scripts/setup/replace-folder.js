/** Replaces a folder by a rename, so that it is complete or absent at any time. */
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** File written last into a finished folder. It contains the source of the folder. */
const STAMP = 'stamp.json';

/**
 * Returns whether `folder` is finished and was made from `source`.
 * @param {string} folder
 * @param {object} source
 */
export async function isMadeFrom(folder, source) {
  const stamp = await readFile(join(folder, STAMP), 'utf8').catch(() => undefined);
  return stamp === JSON.stringify(source);
}

/**
 * Resolves with the source of `folder`; undefined if the folder is not finished.
 * @param {string} folder
 * @returns {Promise<any>}
 */
export async function madeFrom(folder) {
  try {
    return JSON.parse(await readFile(join(folder, STAMP), 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Calls `fill` with a new folder next to `folder`, then renames the new folder to `folder`. The new folder's name is
 * unique, so that programs of a killed run cannot write into it.
 * @param {string} folder
 * @param {object} source
 * @param {(beside: string) => Promise<void>} fill
 */
export async function replaceFolder(folder, source, fill) {
  const beside = await freshFolder(dirname(folder), `.${basename(folder)}.`);
  await fill(beside);
  await writeFile(join(beside, STAMP), JSON.stringify(source));
  await swap(beside, folder);
}

/**
 * Makes an empty folder for this process, and removes the folders of earlier, interrupted runs.
 * @param {string} parent
 * @param {string} prefix
 */
export async function freshFolder(parent, prefix) {
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    // A later run removes a folder that a program still writes to.
    if (name.startsWith(prefix)) await rm(join(parent, name), { recursive: true, force: true }).catch(() => {});
  }
  return mkdtemp(join(parent, prefix));
}

/**
 * Replaces `folder` with the folder `fresh`.
 * @param {string} fresh
 * @param {string} folder
 */
export async function swap(fresh, folder) {
  const old = `${fresh}.old`;
  await rename(folder, old).catch((error) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await rename(fresh, folder);
  await rm(old, { recursive: true, force: true });
}
