/** Writes a folder beside its place and renames it: it is there whole, or not at all. */
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Last thing written into a finished folder: what it was made from. */
const STAMP = 'stamp.json';

/**
 * Whether `folder` was finished and made from `source`.
 * @param {string} folder
 * @param {object} source
 */
export async function isMadeFrom(folder, source) {
  const stamp = await readFile(join(folder, STAMP), 'utf8').catch(() => undefined);
  return stamp === JSON.stringify(source);
}

/**
 * What `folder` was made from, or undefined.
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
 * Has `fill` write into a fresh folder beside `folder`, then puts that in its place. The fresh folder's name is this
 * process's own: what a killed run started and left running cannot get into it.
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
 * Makes an empty folder of this process, and removes those that earlier, interrupted runs left.
 * @param {string} parent
 * @param {string} prefix
 */
export async function freshFolder(parent, prefix) {
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    // One that is still written to goes with a later run.
    if (name.startsWith(prefix)) await rm(join(parent, name), { recursive: true, force: true }).catch(() => {});
  }
  return mkdtemp(join(parent, prefix));
}

/**
 * Puts the folder `fresh` in the place of `folder`.
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
