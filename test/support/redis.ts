/** Redis server for one test, on a socket in a temporary folder. A test can kill it and start it again with its data. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { pino } from 'pino';
import { chooseAddress, urlOf } from '../../src/embedded/server-address.js';
import { startServerProcess } from '../../src/embedded/server-process.js';

const binary = join(import.meta.dirname, '../../.runtime/valkey/valkey-server');

export type TestRedis = Awaited<ReturnType<typeof startRedis>>;

/** Starts the server. With `onPort` it listens on a loopback port with a password instead. `settings` are lines of its configuration. */
export async function startRedis({
  onPort = false,
  settings = [],
}: Readonly<{ onPort?: boolean; settings?: readonly string[] }> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'trainyard-redis-'));
  const address = await chooseAddress(onPort ? join(folder, 'x'.repeat(200)) : folder);
  const options = { binary, folder, address, settings, logger: pino({ level: 'silent' }) };
  let server = await startServerProcess(options);
  return {
    url: urlOf(address),
    folder,
    /** Kills the server with SIGKILL. */
    async kill(): Promise<void> {
      server.kill('SIGKILL');
      await server.exited;
    },
    async start(): Promise<void> {
      server = await startServerProcess(options);
    },
    /** Stops the server until `thaw`: it keeps its connections and answers nothing. */
    freeze: () => server.kill('SIGSTOP'),
    thaw: () => server.kill('SIGCONT'),
    async close(): Promise<void> {
      await server.end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Resolves the next time that the connection is ready. */
export const nextReady = (redis: Redis): Promise<void> =>
  new Promise((resolve) => redis.once('ready', () => resolve()));
