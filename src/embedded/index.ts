/** The Redis that `npm start` runs itself when no REDIS_URL is given: a valkey-server that keeps its data in the data folder. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from '../logging/logger.js';
import { type Address, chooseAddress, urlOf } from './address.js';
import { endLeftOver, type Owner, own } from './client.js';
import { createDiskGuard } from './disk-guard.js';
import { type ServerProcess, startServerProcess } from './server-process.js';
import { alreadyRunning, takeStartingLock } from './starting-lock.js';

export type EmbeddedRedis = Awaited<ReturnType<typeof openEmbeddedRedis>>;

/** Pauses before it is started again, when it died: the last one is repeated. */
const RESTART_PAUSES_MS = [200, 1_000, 5_000, 15_000] as const;

/** A server that ran this long was well: the pauses begin anew. */
const WELL_AFTER_MS = 60_000;

/**
 * Starts the server in `folder` and waits until it takes connections. A server left over from a run that was killed is
 * ended first; one whose owner lives is an error. When the server dies it is started again, at the same address.
 */
export async function openEmbeddedRedis(options: Readonly<{ binary: string; folder: string; logger: Logger }>) {
  const { folder, logger } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const release = await takeStartingLock(folder);
  let address: Address;
  let current: ServerProcess | undefined;
  let owner: Owner | undefined;
  const guard = createDiskGuard({ folder, logger });
  const start = async (): Promise<ServerProcess> =>
    startServerProcess({ ...options, address, settings: await guard.settingsNow() });
  try {
    address = await freeAddress(folder, logger);
    current = await start();
    owner = await own(address);
  } finally {
    await release();
  }

  const closing = new AbortController();
  const guarding = guard.watch(configure, closing.signal);
  const watching = watch();

  async function configure(settings: readonly string[]): Promise<boolean> {
    if (owner === undefined) return false;
    await owner.configure(settings);
    return true;
  }

  async function watch(): Promise<void> {
    for (let failures = 0; ; failures++) {
      const started = performance.now();
      await current?.exited;
      owner?.close();
      owner = undefined;
      const died = current !== undefined;
      current = undefined;
      if (closing.signal.aborted) return;
      if (performance.now() - started > WELL_AFTER_MS) failures = 0;
      const pauseMs = RESTART_PAUSES_MS[Math.min(failures, RESTART_PAUSES_MS.length - 1)];
      if (died) logger.error({ pauseMs }, 'the embedded redis died; starting it again');
      await wait(pauseMs, undefined, { signal: closing.signal }).catch(() => {});
      if (closing.signal.aborted) return;
      try {
        current = await start();
        owner = await own(address);
      } catch (err) {
        logger.error({ err }, 'the embedded redis could not be started');
      }
      if (closing.signal.aborted) await current?.end();
    }
  }

  return {
    /** As REDIS_URL takes it. */
    url: urlOf(address),
    /** Undefined while it is down. */
    pid: () => current?.pid,
    /** Has it write what is not written yet and end. Does not wait: for the moment in which this process ends. */
    kill: () => current?.kill('SIGTERM'),
    /** Has it write what is not written yet, and waits for its end. */
    async close(): Promise<void> {
      closing.abort();
      await current?.end();
      await Promise.all([watching, guarding]);
    },
  };
}

/** Ends what an earlier run left, and writes down where this one will listen. */
async function freeAddress(folder: string, logger: Logger): Promise<Address> {
  const note = join(folder, 'address.json');
  const earlier = await readFile(note, 'utf8')
    .then((text) => [JSON.parse(text) as Address])
    .catch(() => []);
  const address = await chooseAddress(folder);
  for (const candidate of [...earlier, address]) {
    const leftOver = await endLeftOver(candidate);
    if (leftOver === 'owned') throw alreadyRunning(folder);
    if (leftOver === 'ended') logger.warn('ended an embedded redis that an earlier run had left behind');
  }
  // It may hold a password. What is written already needs no space on a full disk.
  if (JSON.stringify(address) !== JSON.stringify(earlier[0]))
    await writeFile(note, JSON.stringify(address), { mode: 0o600 });
  return address;
}
