/** First admin key: a service without one creates it at its start and writes it to a file. */
import { open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../files/error-codes.js';
import type { KeyRecords } from './key-records.js';
import { createKeyText } from './key-text.js';

/** Name of the file with the first admin key. */
export const ADMIN_KEY_FILE = 'admin-key';

/**
 * Creates a key with the role `admin` if none is live, and writes it to `admin-key` in `folder`, readable by its owner. Returns the path of
 * a new key. The key is on the disk before it counts, so a crash cannot lose it. Of several processes that start at once, one creates it.
 */
export async function provideAdminKey(
  records: Pick<KeyRecords, 'createFirstAdmin' | 'find'>,
  folder: string,
): Promise<string | undefined> {
  const path = join(folder, ADMIN_KEY_FILE);
  const finished = await finishInterrupted(records, folder, path);
  const parts = createKeyText();
  const temporary = temporaryPath(folder, parts.id);
  await writePrivately(temporary, `${parts.text}\n`);
  if (!(await records.createFirstAdmin(parts))) {
    await rm(temporary);
    return finished ? path : undefined;
  }
  return (await moved(temporary, path)) ? path : undefined;
}

const temporaryPath = (folder: string, id: string): string => join(folder, `${ADMIN_KEY_FILE}.${id}.tmp`);

/** Renames the file of a key that was created right before a crash. Returns whether there was one that no other process renamed. */
async function finishInterrupted({ find }: Pick<KeyRecords, 'find'>, folder: string, path: string): Promise<boolean> {
  const ids = (await readdir(folder)).flatMap((name) => /^admin-key\.([0-9A-Za-z]{12})\.tmp$/.exec(name)?.[1] ?? []);
  for (const id of ids) {
    const stored = await find(id);
    if (stored === undefined || stored.revokedAt !== undefined) continue;
    if (await moved(temporaryPath(folder, id), path)) return true;
  }
  return false;
}

/** Renames a file. Returns `false` if another process was faster: for it, the file of a process that starts looks like one of a crash. */
async function moved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

async function writePrivately(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
