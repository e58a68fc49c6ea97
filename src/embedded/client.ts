/** Connections to the embedded server: one that marks it as owned, and short-lived ones. */
import { Redis } from 'ioredis';
import type { Address } from './server-address.js';

/** Name of the connection that marks the server as owned. The process that started the server keeps it open. */
const OWNER = 'trainyard-owner';

const CONNECT_TIMEOUT_MS = 2_000;

/** Connects once. Resolves with undefined if no server listens at the address. */
async function connect(address: Address, name: string): Promise<Redis | undefined> {
  const target =
    address.kind === 'socket'
      ? { path: address.path }
      : { host: '127.0.0.1', port: address.port, password: address.password };
  const redis = new Redis({
    ...target,
    connectionName: name,
    lazyConnect: true,
    // The server answers CLIENT and SHUTDOWN while it still loads its data.
    enableReadyCheck: false,
    connectTimeout: CONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  redis.on('error', () => {});
  try {
    await redis.connect();
    return redis;
  } catch {
    redis.disconnect();
    return undefined;
  }
}

export type Owner = Readonly<{
  /** Changes settings of the running server, given as lines of its configuration. */
  configure(settings: readonly string[]): Promise<void>;
  close(): void;
}>;

/** Marks the server as owned by this process until `close`, or until the process ends. */
export async function own(address: Address): Promise<Owner | undefined> {
  const redis = await connect(address, OWNER);
  return (
    redis && {
      async configure(settings) {
        await redis.call('CONFIG', 'SET', ...settings.flatMap((line) => line.split(' ')));
      },
      close: () => redis.disconnect(),
    }
  );
}

export type LeftOver = 'none' | 'owned' | 'ended';

/** Ends a server at the address if its owner is gone. Leaves an owned server running. */
export async function endLeftOver(address: Address): Promise<LeftOver> {
  const redis = await connect(address, 'trainyard-starting');
  if (redis === undefined) return 'none';
  try {
    const clients = String(await redis.client('LIST'));
    if (clients.includes(` name=${OWNER} `)) return 'owned';
    const gone = new Promise<void>((resolve) => redis.once('end', resolve));
    // A server that shuts down closes the connection without an answer.
    await redis.call('SHUTDOWN', 'NOW', 'FORCE').catch(() => {});
    await gone;
    return 'ended';
  } finally {
    redis.disconnect();
  }
}
