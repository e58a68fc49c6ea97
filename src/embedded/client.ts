/** Short-lived and owning connections to the embedded server. */
import { Redis } from 'ioredis';
import type { Address } from './address.js';

/** Name of the connection that the process which started the server holds as long as it lives. */
const OWNER = 'trainyard-owner';

const CONNECT_TIMEOUT_MS = 2_000;

/** Connects, or returns undefined when nobody listens there. Never connects again by itself. */
async function connect(address: Address, name: string): Promise<Redis | undefined> {
  const where =
    address.kind === 'socket'
      ? { path: address.path }
      : { host: '127.0.0.1', port: address.port, password: address.password };
  const redis = new Redis({
    ...where,
    connectionName: name,
    lazyConnect: true,
    // It answers CLIENT and SHUTDOWN while it still loads its file.
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
  /** Changes settings of the running server, each as a line of its configuration. */
  configure(settings: readonly string[]): Promise<void>;
  close(): void;
}>;

/** Marks the server as owned by this process, until `close` or the end of the process. */
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

/** Ends a server that listens there and whose owner is gone; one that has its owner is left alone. */
export async function endLeftOver(address: Address): Promise<LeftOver> {
  const redis = await connect(address, 'trainyard-starting');
  if (redis === undefined) return 'none';
  try {
    const clients = String(await redis.client('LIST'));
    if (clients.includes(` name=${OWNER} `)) return 'owned';
    const gone = new Promise<void>((resolve) => redis.once('end', resolve));
    // A server that ends answers nothing: it closes the connection.
    await redis.call('SHUTDOWN', 'NOW', 'FORCE').catch(() => {});
    await gone;
    return 'ended';
  } finally {
    redis.disconnect();
  }
}
