/** Size of a folder: the bytes of its files, and its latest change. */
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { entriesOf } from './entries.js';
import { hasCode } from './error-codes.js';

export type FolderSize = Readonly<{ bytes: number; changedMs: number }>;

/** Returns the size of a file or folder, one file after the other. Links count as themselves, and what disappears meanwhile as nothing. */
export async function sizeOf(path: string): Promise<FolderSize> {
  const found = await lstat(path).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  });
  if (found === undefined) return { bytes: 0, changedMs: 0 };
  let { mtimeMs: changedMs } = found;
  if (!found.isDirectory()) return { bytes: found.size, changedMs };
  let bytes = 0;
  for (const { name } of await entriesOf(path)) {
    const inside = await sizeOf(join(path, name));
    bytes += inside.bytes;
    changedMs = Math.max(changedMs, inside.changedMs);
  }
  return { bytes, changedMs };
}
