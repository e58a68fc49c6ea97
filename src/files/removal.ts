/** Removal of a folder that a request may begin to use at the same moment. */
import { rename, rm, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from './durable.js';
import { hasCode } from './error-codes.js';
import { temporaryPath } from './leftovers.js';

/**
 * Removes a folder in one step: renames it to a temporary name in `root`, calls `requireUnused`, then deletes it. If
 * `requireUnused` throws, the folder gets its name back and the error is thrown. Returns false if there is no such folder.
 */
export async function removeFolder(
  folder: string,
  { root, requireUnused }: Readonly<{ root: string; requireUnused: () => Promise<void> }>,
): Promise<boolean> {
  const renamed = temporaryPath(root);
  try {
    await utimes(folder, new Date(), new Date()); // the sweep of leftovers goes by age
    await rename(folder, renamed);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
  await requireUnused().catch(async (error: unknown) => {
    await rename(renamed, folder);
    throw error;
  });
  await syncFolder(dirname(folder));
  await rm(renamed, { recursive: true, force: true });
  return true;
}
