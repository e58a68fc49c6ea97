/** One set-up at a time in one clone: a second one waits for the first. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
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
 * Runs `work` while holding the lock file, which names the process that holds it; one left by a dead process is taken over.
 * @param {string} path
 * @param {(sentence: string) => void} tell
 * @param {() => Promise<void>} work
 */
export async function withLock(path, tell, work) {
  await mkdir(dirname(path), { recursive: true });
  for (let told = false; ; ) {
    try {
      await writeFile(path, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    const holder = Number(await readFile(path, 'utf8').catch(() => '0'));
    if (holder > 0 && holder !== process.pid && isAlive(holder)) {
      if (!told) tell(`Another set-up is running here (process ${holder}): waiting for it.`);
      told = true;
      await wait(WAIT_MS);
    } else {
      await rm(path, { force: true });
    }
  }
  try {
    await work();
  } finally {
    await rm(path, { force: true });
  }
}
