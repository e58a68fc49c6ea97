/** Embedded Redis: the valkey-server that `npm start` runs without REDIS_URL, with its data in the data folder. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from '../logging/logger.js';
import { createRestartBackoff } from '../processes/restart-backoff.js';
import { endLeftOver, type Owner, own } from './client.js';
import { createDiskGuard } from './disk-guard.js';
import { type Address, chooseAddress, urlOf } from './server-address.js';
import { type ServerProcess, startServerProcess } from './server-process.js';
import { alreadyRunning, takeStartingLock } from './starting-lock.js';

export type EmbeddedRedis = Awaited<ReturnType<typeof openEmbeddedRedis>>;

type EmbeddedRedisOptions = Readonly<{
  /** Path of the valkey-server program. */
  binary: string;
  /** Folder of the server's data. */
  folder: string;
  logger: Logger;
}>;

const RESTART_PAUSES_MS = [200, 1_000, 5_000, 15_000] as const;

/**
 * Starts the server and resolves once it accepts connections. Ends a server that an earlier, killed run left behind. Rejects with
 * `unavailable` if another process runs a server in this folder. Restarts the server with back-off when it dies, at the same address.
 */
export async function openEmbeddedRedis(options: EmbeddedRedisOptions) {
  const { folder, logger } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const guard = createDiskGuard({ folder, logger });
  const release = await takeStartingLock(folder);
  let address: Address;
  let server: ServerProcess | undefined;
  /** Connection that marks the running server as owned. */
  let owner: Owner | undefined;

  async function start(): Promise<ServerProcess> {
    const started = await startServerProcess({ ...options, address, settings: await guard.currentSettings() });
    server = started;
    owner = await own(address);
    return started;
  }

  try {
    address = await freeAddress(folder, logger);
    await start();
  } finally {
    await release();
  }

  const closing = new AbortController();
  const guarding = guard.watch(configure, closing.signal);
  const supervising = supervise();

  async function configure(settings: readonly string[]): Promise<boolean> {
    if (owner === undefined) return false;
    await owner.configure(settings);
    return true;
  }

  async function supervise(): Promise<void> {
    const backoff = createRestartBackoff(RESTART_PAUSES_MS);
    for (;;) {
      const startedAt = performance.now();
      await server?.exited;
      owner?.close();
      owner = undefined;
      const wasRunning = server !== undefined;
      server = undefined;
      if (closing.signal.aborted) return;
      const pauseMs = backoff.pauseAfter(performance.now() - startedAt);
      if (wasRunning) logger.error({ pauseMs }, 'embedded Redis died, restarting it');
      await wait(pauseMs, undefined, { signal: closing.signal }).catch(() => {});
      if (closing.signal.aborted) return;
      try {
        const restarted = await start();
        if (closing.signal.aborted) await restarted.end();
      } catch (err) {
        logger.error({ err }, 'embedded Redis could not be started');
      }
    }
  }

  return {
    /** Address of the server, in the form of REDIS_URL. */
    url: urlOf(address),
    /** Process id of the server; undefined while it is down. */
    pid: () => server?.pid,
    /** Lets the server write its pending data and end, without waiting. For the moment in which this process exits. */
    kill: () => server?.kill('SIGTERM'),
    /** Lets the server write its pending data, and resolves when it has ended. */
    async close(): Promise<void> {
      closing.abort();
      await server?.end();
      await Promise.all([supervising, guarding]);
    },
  };
}

/** Ends the server of an earlier run, and stores the address of this run's server. */
async function freeAddress(folder: string, logger: Logger): Promise<Address> {
  const file = join(folder, 'address.json');
  const earlier = await readFile(file, 'utf8')
    .then((text) => [JSON.parse(text) as Address])
    .catch(() => []);
  const address = await chooseAddress(folder);
  for (const candidate of [...earlier, address]) {
    const leftOver = await endLeftOver(candidate);
    if (leftOver === 'owned') throw alreadyRunning(folder);
    if (leftOver === 'ended') logger.warn('ended an embedded Redis that an earlier run had left behind');
  }
  // The file may hold a password. An unchanged address needs no write, which would fail on a full disk.
  if (JSON.stringify(address) !== JSON.stringify(earlier[0]))
    await writeFile(file, JSON.stringify(address), { mode: 0o600 });
  return address;
}
