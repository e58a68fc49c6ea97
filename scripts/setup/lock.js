/** One set-up at a time in one folder: a second one waits for the first. */
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const WAIT_MS = 500;

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * Creates the lock file with its content in one step, so that nobody reads an empty one. Resolves with whether it was free.
 * @param {string} path
 */
async function acquire(path) {
  const own = `${path}.${process.pid}`;
  await writeFile(own, String(process.pid));
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(own, { force: true });
  }
}

/**
 * Removes the lock of a dead process. If another process has taken the lock over meanwhile, it gets its lock back.
 * @param {string} path
 * @param {number} holder
 */
async function removeStale(path, holder) {
  const aside = `${path}.${process.pid}.stale`;
  await rename(path, aside).catch(() => {});
  const moved = Number(await readFile(aside, 'utf8').catch(() => String(holder)));
  if (moved !== holder) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}

/**
 * Runs `work` while holding the lock file, which names the process that holds it; one left by a dead process is taken over.
 * @template T
 * @param {string} path
 * @param {(sentence: string) => void} tell
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(path, tell, work) {
  await mkdir(dirname(path), { recursive: true });
  for (let told = false; !(await acquire(path)); ) {
    const holder = Number(await readFile(path, 'utf8').catch(() => '0'));
    if (holder > 0 && holder !== process.pid && isAlive(holder)) {
      if (!told) tell(`Another set-up is running here (process ${holder}): waiting for it.`);
      told = true;
      await wait(WAIT_MS);
    } else {
      await removeStale(path, holder);
    }
  }
  try {
    return await work();
  } finally {
    const holder = Number(await readFile(path, 'utf8').catch(() => '0'));
    if (holder === process.pid) await rm(path, { force: true });
  }
}
