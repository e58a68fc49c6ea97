/** Connections to Redis: one kind for commands that must fail fast, one for subscriptions, one for BullMQ's worker. */
import { Redis, type RedisOptions } from 'ioredis';
import { TrainyardError } from '../errors.js';
import type { Logger } from '../logger.js';
import { keys } from './keys.js';

export type { Redis };

/** Where a process that is started alone looks for Redis when REDIS_URL is not set. */
export const DEFAULT_REDIS_URL = 'redis://127.0.0.1:6379';

/** A command that Redis does not answer within this time has failed. */
const COMMAND_TIMEOUT_MS = 2_000;

/**
 * A connection that has asked and hears nothing for this long is given up for a new one: a machine that vanishes says no
 * goodbye, and the system holds on for a quarter of an hour. BullMQ's reads block for 10 seconds at most.
 */
const SILENCE_MS = { commands: 10_000, subscriber: 10_000, worker: 30_000 } as const;

const kinds = {
  /** Fails at once while there is no connection, so a caller can say so. */
  commands: { enableOfflineQueue: false, maxRetriesPerRequest: 1, commandTimeout: COMMAND_TIMEOUT_MS },
  /** Does not subscribe again by itself: the owner must know when the new subscription stands. */
  subscriber: { enableOfflineQueue: false, maxRetriesPerRequest: null, autoResubscribe: false },
  /** Waits for Redis however long it takes, as BullMQ's worker needs it. */
  worker: { maxRetriesPerRequest: null },
} as const satisfies Record<string, RedisOptions>;

export type ConnectionKind = keyof typeof kinds;

/** Opens a connection that comes back by itself, and logs each loss and each return once. */
export function connectRedis(
  url: string,
  kind: ConnectionKind,
  logger: Logger,
  { silenceMs = SILENCE_MS[kind] as number } = {},
): Redis {
  const options = {
    ...kinds[kind],
    connectTimeout: 2_000,
    socketTimeout: silenceMs,
    // A primary that became a replica: the address may lead to the new one by now. The command itself is not sent again.
    reconnectOnError: (error: Error) => /^READONLY\b/.test(error.message),
    keepAlive: 10_000,
    retryStrategy: (times: number) => Math.min(50 * 2 ** times, 1_000),
    connectionName: `trainyard-${kind}`,
  };
  const path = /^unix:\/\/(.+)$/.exec(url)?.[1];
  const redis = path === undefined ? new Redis(url, options) : new Redis({ ...options, path });
  let lost = false;
  redis.on('error', (err) => {
    if (!lost) logger.warn({ reason: err.message, connection: kind }, 'redis connection lost');
    lost = true;
  });
  redis.on('ready', () => {
    if (lost) logger.info({ connection: kind }, 'redis connection restored');
    lost = false;
  });
  if (kind === 'subscriber') keepAsking(redis, silenceMs);
  return redis;
}

/** Who only listens asks now and then, so that silence is noticed. */
function keepAsking(redis: Redis, everyMs: number): void {
  const asking = setInterval(() => {
    if (redis.status === 'ready') redis.ping().catch(() => undefined);
  }, everyMs).unref();
  redis.once('end', () => clearInterval(asking));
}

/** Resolves when the connection can take commands; rejects after `timeoutMs`. */
export async function whenReady(redis: Redis, timeoutMs: number): Promise<void> {
  if (redis.status === 'ready') return;
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      redis.off('ready', ready);
      reject(new TrainyardError('redis_unavailable', `Redis did not answer within ${timeoutMs} ms.`));
    }, timeoutMs);
    const ready = (): void => {
      clearTimeout(timer);
      resolve();
    };
    redis.once('ready', ready);
  });
}

/** Replies that mean the server cannot serve now, and may again later. */
const BUSY_REPLIES = /^(LOADING|MISCONF|OOM|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|NOREPLICAS)\b/;

/** Runs commands; a lost connection, a timeout or a server that cannot serve becomes `redis_unavailable`. */
export async function onRedis<T>(commands: () => Promise<T>): Promise<T> {
  try {
    return await commands();
  } catch (cause) {
    if (cause instanceof TrainyardError) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    const isReply = cause instanceof Error && cause.name === 'ReplyError';
    if (isReply && !BUSY_REPLIES.test(message)) throw cause;
    throw new TrainyardError('redis_unavailable', `Redis cannot be used now (${message}); try again in a moment.`, {
      cause,
    });
  }
}

/** Throws `redis_unavailable` unless the server answers and takes writes: with a full disk it answers, and refuses them. */
export async function checkWritable(redis: Redis): Promise<void> {
  await onRedis(() => redis.set(keys.probe, '1', 'EX', 60));
}

/** Closes a connection without waiting for a server that may be gone. */
export function disconnect(redis: Redis): void {
  redis.disconnect();
}
