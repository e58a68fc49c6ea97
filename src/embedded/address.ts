/** Where the embedded server listens: a unix socket in its folder, or a loopback port with a password where that path is too long. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { join } from 'node:path';

export type Address =
  | Readonly<{ kind: 'socket'; path: string }>
  | Readonly<{ kind: 'port'; port: number; password: string }>;

/** Name of the socket in the server's folder. */
export const SOCKET_NAME = 'valkey.sock';

/** Longest path of a unix socket that every system takes (macOS has the shortest `sun_path`). */
const MAX_SOCKET_PATH_BYTES = 103;

/** The socket where its path fits; else a free port and a fresh password. */
export async function chooseAddress(folder: string): Promise<Address> {
  const path = join(folder, SOCKET_NAME);
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES) return { kind: 'socket', path };
  return { kind: 'port', port: await freePort(), password: randomBytes(24).toString('base64url') };
}

/** The address as REDIS_URL takes it. */
export function urlOf(address: Address): string {
  return address.kind === 'socket'
    ? `unix://${address.path}`
    : `redis://:${address.password}@127.0.0.1:${address.port}`;
}

/** The server's configuration, as it reads it from its standard input; `settings` come last. Paths are relative to its folder. */
export function configuration(address: Address, settings: readonly string[] = []): string {
  const listen =
    address.kind === 'socket'
      ? ['port 0', `unixsocket ${SOCKET_NAME}`, 'unixsocketperm 700']
      : [`port ${address.port}`, 'bind 127.0.0.1', `requirepass ${address.password}`];
  return [
    ...listen,
    'dir .',
    'appendonly yes',
    // Nothing is answered before it is on the disk: an accepted job survives a power cut. `disk-guard.ts` says when not.
    'appendfsync always',
    'save ""',
    'maxmemory-policy noeviction',
    'daemonize no',
    // A full disk must not keep it from ending.
    'shutdown-on-sigterm now force',
    ...settings,
    '',
  ].join('\n');
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
