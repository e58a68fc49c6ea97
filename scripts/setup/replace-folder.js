/** Writes a folder beside its place and renames it: it is there whole, or not at all. */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
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
 * Has `fill` write into a fresh folder beside `folder`, then puts that in its place. What earlier, interrupted runs
 * left beside it is removed.
 * @param {string} folder
 * @param {object} source
 * @param {(beside: string) => Promise<void>} fill
 */
export async function replaceFolder(folder, source, fill) {
  const parent = dirname(folder);
  await mkdir(parent, { recursive: true });
  const prefix = `.${basename(folder)}.`;
  for (const name of await readdir(parent)) {
    if (name.startsWith(prefix)) await rm(join(parent, name), { recursive: true, force: true });
  }
  const beside = join(parent, `${prefix}new`);
  const old = join(parent, `${prefix}old`);
  await mkdir(beside);
  await fill(beside);
  await writeFile(join(beside, STAMP), JSON.stringify(source));
  await rename(folder, old).catch((error) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await rename(beside, folder);
  await rm(old, { recursive: true, force: true });
}
