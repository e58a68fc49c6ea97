/** One start at a time in one data folder. */
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TrainyardError } from '../errors/errors.js';

/** A start takes seconds: a lock older than this was left by a process that is gone, whoever has its id now. */
const STALE_MS = 60_000;

/** Takes the lock file in the server's folder; returns what releases it. Throws when another process is starting here. */
export async function takeStartingLock(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'starting.lock');
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      await writeFile(path, String(process.pid), { flag: 'wx' });
      return () => rm(path, { force: true });
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      // On a full disk the file is there and has no process id in it.
      if (code === 'ENOSPC') return () => rm(path, { force: true });
      if (code !== 'EEXIST') throw error;
    }
    if (await isHeld(path)) throw alreadyRunning(folder);
    await rm(path, { force: true });
  }
  throw alreadyRunning(folder);
}

/** `folder` is the server's, inside the data folder. */
export const alreadyRunning = (folder: string): TrainyardError =>
  new TrainyardError(
    'unavailable',
    `trainyard is already running on the data folder ${dirname(folder)}: use that one, stop it, or set DATA_DIR to another folder.`,
  );

async function isHeld(path: string): Promise<boolean> {
  const [holder, info] = await Promise.all([readFile(path, 'utf8').catch(() => ''), stat(path).catch(() => undefined)]);
  if (info === undefined || Date.now() - info.mtimeMs > STALE_MS) return false;
  const pid = Number(holder);
  // An empty file is a lock that is being written.
  if (holder === '') return true;
  return pid !== process.pid && isAlive(pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
