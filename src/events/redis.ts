/** Connections to Redis: one kind for commands that must fail fast, one for subscriptions, one for BullMQ's worker. */
import { type ChainableCommander, Redis, type RedisOptions } from 'ioredis';
import { startDeadline } from '../concurrency/deadline.js';
import { TrainyardError } from '../errors/errors.js';
import type { Logger } from '../logging/logger.js';
import { faultOf, isDefect, isNotConnected, saysNoDatabase, saysOutOfMemory } from './faults.js';
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
  commands: { enableOfflineQueue: false, maxRetriesPerRequest: 1 },
  /** Does not subscribe again by itself: the owner must know when the new subscription stands. */
  subscriber: { enableOfflineQueue: false, maxRetriesPerRequest: null, autoResubscribe: false },
  /** Waits for Redis however long it takes, as BullMQ's worker needs it. */
  worker: { maxRetriesPerRequest: null },
} as const satisfies Record<string, RedisOptions>;

export type ConnectionKind = keyof typeof kinds;

/** Why the connections of this process that are not there now are not. */
const downs = new Map<Redis, string>();
/** Passwords of this process, which no fault may show. */
const secrets = new Set<string>();

/** Says in words why Redis cannot be used: one sentence without its full stop. */
export function describeRedisFault(error: unknown): string {
  const known = isNotConnected(error) ? [...downs.values()].at(-1) : undefined;
  return known ?? faultOf(error, secrets);
}

/**
 * A client whose commands fail after `COMMAND_TIMEOUT_MS` in which this process could read the answer. With ioredis's own timeout a command
 * fails if the event loop is blocked for so long, although its answer has arrived.
 */
class FailFastRedis extends Redis {
  override sendCommand(...[command, stream]: Parameters<Redis['sendCommand']>): unknown {
    const stop = startDeadline(COMMAND_TIMEOUT_MS, () => command.reject(new Error('Command timed out')));
    command.promise.then(stop, stop);
    return super.sendCommand(command, stream);
  }
}

/** Opens a connection that comes back by itself, and logs why it was lost and that it is back. */
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
  const Client = kind === 'commands' ? FailFastRedis : Redis;
  const redis = path === undefined ? new Client(url, options) : new Client({ ...options, path });
  const { password } = redis.options;
  if (password !== undefined && password !== null && password !== '') secrets.add(password);
  watch(redis, kind, logger);
  if (kind === 'subscriber') keepAsking(redis, silenceMs);
  return redis;
}

/** What is said of a server that took the connection and is not ready yet. */
const NOT_READY = 'Redis takes connections and is not ready yet: it may be loading its data';
const CLOSED_EARLY =
  'the connection was closed before Redis was ready: if its port speaks TLS, REDIS_URL must begin with rediss://; or Redis has as many clients as it may have (maxclients)';

/** Keeps why the connection is not there, from its `error` events, and logs it. */
function watch(redis: Redis, kind: ConnectionKind, logger: Logger): void {
  let isReported = false;
  let isFaulty = false;
  const report = (reason: string): void => {
    isReported = true;
    downs.set(redis, reason);
    logger.warn({ reason, connection: kind }, 'redis connection lost');
  };
  redis.on('connect', () => {
    isFaulty = false;
    downs.set(redis, NOT_READY);
  });
  redis.on('error', (error) => {
    // What follows the first error of an attempt to connect is its consequence.
    if (isFaulty && isNotConnected(error)) return;
    isFaulty = true;
    report(faultOf(error, secrets, redis.options.tls !== undefined));
    // The client would go on in database 0, which may be another program's.
    if (saysNoDatabase(error)) redis.disconnect(true);
  });
  redis.on('close', () => {
    if (downs.get(redis) === NOT_READY) report(CLOSED_EARLY);
  });
  redis.on('ready', () => {
    downs.delete(redis);
    if (isReported) logger.info({ connection: kind }, 'redis connection restored');
    isReported = false;
  });
  redis.once('end', () => downs.delete(redis));
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
      const why = downs.get(redis) ?? 'it does not answer';
      reject(new TrainyardError('redis_unavailable', `Redis was not ready within ${timeoutMs} ms: ${why}.`));
    }, timeoutMs);
    const ready = (): void => {
      clearTimeout(timer);
      resolve();
    };
    redis.once('ready', ready);
  });
}

/** Runs commands; a Redis that cannot be used becomes `redis_unavailable`, in words. */
export async function onRedis<T>(commands: () => Promise<T>): Promise<T> {
  try {
    return await commands();
  } catch (cause) {
    if (cause instanceof TrainyardError || isDefect(cause)) throw cause;
    const sentence = `Redis cannot be used now: ${describeRedisFault(cause)}.`;
    throw new TrainyardError('redis_unavailable', sentence, { cause });
  }
}

/** Whether Redis refused a write because there is no memory. */
export const isOutOfMemory = (error: unknown): boolean =>
  error instanceof TrainyardError && error.code === 'redis_unavailable' && saysOutOfMemory(error.cause);

/** Runs a transaction; an error of one of its commands is thrown. */
export async function execute(transaction: ChainableCommander): Promise<unknown[]> {
  return onRedis(async () => {
    const answers = (await transaction.exec()) ?? [];
    return answers.map(([error, answer]) => {
      if (error !== null) throw error;
      return answer;
    });
  });
}

/** Throws `redis_unavailable` unless the server answers and takes writes: with a full disk it answers, and refuses them. */
export async function checkWritable(redis: Redis): Promise<void> {
  await onRedis(() => redis.set(keys.probe, '1', 'EX', 60));
}

/** Closes a connection without waiting for a server that may be gone. */
export function disconnect(redis: Redis): void {
  redis.disconnect();
}
