/** Address and configuration of the embedded server: a unix socket in its folder or, if that path is too long, a loopback port. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { join } from 'node:path';

export type Address =
  | Readonly<{ kind: 'socket'; path: string }>
  | Readonly<{ kind: 'port'; port: number; password: string }>;

const SOCKET_NAME = 'valkey.sock';

/** Longest path of a unix socket that all systems accept: the `sun_path` of macOS, which is the shortest. */
const MAX_SOCKET_PATH_BYTES = 103;

/** Returns the socket or, if its path is too long, a free port with a new password. */
export async function chooseAddress(folder: string): Promise<Address> {
  const path = join(folder, SOCKET_NAME);
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES) return { kind: 'socket', path };
  return { kind: 'port', port: await freePort(), password: randomBytes(24).toString('base64url') };
}

/** Returns the address in the form of REDIS_URL. */
export function urlOf(address: Address): string {
  return address.kind === 'socket'
    ? `unix://${address.path}`
    : `redis://:${address.password}@127.0.0.1:${address.port}`;
}

/** Returns the configuration that the server reads from its standard input. `settings` come last. Paths are relative to its folder. */
export function configuration(address: Address, settings: readonly string[] = []): string {
  const listen =
    address.kind === 'socket'
      ? ['port 0', `unixsocket ${SOCKET_NAME}`, 'unixsocketperm 700']
      : [`port ${address.port}`, 'bind 127.0.0.1', `requirepass ${address.password}`];
  return [
    ...listen,
    'dir .',
    'appendonly yes',
    // The server answers only after its data is on the disk, so that an accepted job survives a power cut. disk-guard.ts has the exception.
    'appendfsync always',
    'save ""',
    'maxmemory-policy noeviction',
    'daemonize no',
    // So that the server ends on a full disk, too.
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
