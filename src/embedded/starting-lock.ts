/** Lock file that allows one start at a time in a data folder. */
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TrainyardError } from '../errors/errors.js';
import { isOtherProcessAlive } from '../processes/is-alive.js';

/** A start takes seconds. An older lock was left by a process that has ended, even if its id is in use again. */
const STALE_MS = 60_000;
const MAX_TRIES = 3;

/** Takes the lock in the server's folder and returns a function that releases it. Throws `unavailable` if another process holds it. */
export async function takeStartingLock(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'starting.lock');
  const release = (): Promise<void> => rm(path, { force: true });
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    try {
      await writeFile(path, String(process.pid), { flag: 'wx' });
      return release;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      // On a full disk the file exists now, without the process id.
      if (code === 'ENOSPC') return release;
      if (code !== 'EEXIST') throw error;
    }
    if (await isHeld(path)) throw alreadyRunning(folder);
    await release();
  }
  throw alreadyRunning(folder);
}

/** `folder`: the server's folder, inside the data folder. */
export const alreadyRunning = (folder: string): TrainyardError =>
  new TrainyardError(
    'unavailable',
    `trainyard is already running on the data folder ${dirname(folder)}. Use it, stop it, or set DATA_DIR to another folder.`,
  );

async function isHeld(path: string): Promise<boolean> {
  const [holder, info] = await Promise.all([readFile(path, 'utf8').catch(() => ''), stat(path).catch(() => undefined)]);
  if (info === undefined || Date.now() - info.mtimeMs > STALE_MS) return false;
  // An empty file is a lock that its holder is just writing.
  return holder === '' || isOtherProcessAlive(Number(holder));
}
