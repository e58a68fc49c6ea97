/** Entries of folders, and the numbers in their names. */
import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { hasCode } from './error-codes.js';

/** Returns the entries of a folder; none if there is no folder at this path. */
export async function entriesOf(folder: string): Promise<Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  });
}

/** Returns the names in a folder; none if there is no folder at this path. */
export const namesIn = async (folder: string): Promise<string[]> => (await entriesOf(folder)).map(({ name }) => name);

/** Returns the numbers that the first group of `pattern` finds in the names of a folder, ascending. `isFolder`: of folders only. */
export async function numbersIn(folder: string, pattern: RegExp, { isFolder = false } = {}): Promise<number[]> {
  const entries = (await entriesOf(folder)).filter((entry) => !isFolder || entry.isDirectory());
  const digits = entries.map(({ name }) => pattern.exec(name)?.[1]).filter((found) => found !== undefined);
  return digits.map(Number).sort((a, b) => a - b);
}
