/** Connections to Redis of three kinds: for commands that fail fast, for subscriptions, and for BullMQ's worker. */
import { type ChainableCommander, Redis, type RedisOptions } from 'ioredis';
import { startDeadline } from '../concurrency/deadline.js';
import { TrainyardError } from '../errors/errors.js';
import type { Logger } from '../logging/logger.js';
import { describeFault, isDefect, isNoDatabaseReply, isNotConnected, isOutOfMemoryReply } from './faults.js';
import { keys } from './keys.js';

export type { Redis };

/** Default of REDIS_URL for a process that src/main.ts did not start. */
export const DEFAULT_REDIS_URL = 'redis://127.0.0.1:6379';

/** Time limit of a command, in milliseconds. */
const COMMAND_TIMEOUT_MS = 2_000;

/**
 * Silence after a command, in milliseconds, after which a connection is replaced. Without this limit, the operating system waits 15 minutes
 * for a machine that has disappeared. BullMQ's reads block for at most 10 seconds.
 */
const SILENCE_MS = { commands: 10_000, subscriber: 10_000, worker: 30_000 } as const;

const kinds = {
  /** Commands fail at once while there is no connection, so that the caller can report it. */
  commands: { enableOfflineQueue: false, maxRetriesPerRequest: 1 },
  /** Does not resubscribe by itself, because the owner must know when the new subscription is active. */
  subscriber: { enableOfflineQueue: false, maxRetriesPerRequest: null, autoResubscribe: false },
  /** Commands wait for Redis without a limit, as BullMQ's worker requires. */
  worker: { maxRetriesPerRequest: null },
} as const satisfies Record<string, RedisOptions>;

export type ConnectionKind = keyof typeof kinds;

/** Reason for each lost connection of this process. */
const downs = new Map<Redis, string>();
/** Redis passwords of this process. They are removed from all descriptions of faults. */
const secrets = new Set<string>();

/** Describes why Redis cannot be used, as a sentence without its full stop. */
export function describeRedisFault(error: unknown): string {
  const known = isNotConnected(error) ? [...downs.values()].at(-1) : undefined;
  return known ?? describeFault(error, secrets);
}

/**
 * A client whose commands fail after `COMMAND_TIMEOUT_MS`. Time in which the event loop is blocked does not count. With ioredis's own
 * timeout, a command would then fail although its answer has arrived.
 */
class FailFastRedis extends Redis {
  override sendCommand(...[command, stream]: Parameters<Redis['sendCommand']>): unknown {
    const stop = startDeadline(COMMAND_TIMEOUT_MS, () => command.reject(new Error('Command timed out')));
    command.promise.then(stop, stop);
    return super.sendCommand(command, stream);
  }
}

/** Opens a connection that reconnects by itself. Logs why it was lost and when it is restored. */
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
    // Reconnects if the primary became a replica, because the address may lead to the new primary. Does not repeat the command.
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
  if (kind === 'subscriber') pingRegularly(redis, silenceMs);
  return redis;
}

/** Reason while a server has accepted the connection but is not ready. */
const NOT_READY = 'Redis accepts connections but is not ready yet; it may be loading its data';
const CLOSED_EARLY =
  'the connection was closed before Redis was ready. If its port uses TLS, REDIS_URL must begin with rediss://. Otherwise Redis may have reached its limit on clients (maxclients)';

/** Stores and logs the reason for a lost connection, from its `error` events. */
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
    // Further errors of the same attempt to connect are consequences of the first.
    if (isFaulty && isNotConnected(error)) return;
    isFaulty = true;
    report(describeFault(error, secrets, redis.options.tls !== undefined));
    // Otherwise the client would continue in database 0, which may belong to another program.
    if (isNoDatabaseReply(error)) redis.disconnect(true);
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

/** Sends pings on a connection that only listens. Without commands, its silence would not be noticed. */
function pingRegularly(redis: Redis, everyMs: number): void {
  const pinging = setInterval(() => {
    if (redis.status === 'ready') redis.ping().catch(() => undefined);
  }, everyMs).unref();
  redis.once('end', () => clearInterval(pinging));
}

/** Resolves when the connection is ready for commands. Rejects with `redis_unavailable` after `timeoutMs`. */
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

/** Runs commands. Throws `redis_unavailable` with a description of the fault if Redis cannot be used. */
export async function onRedis<T>(commands: () => Promise<T>): Promise<T> {
  try {
    return await commands();
  } catch (cause) {
    if (cause instanceof TrainyardError || isDefect(cause)) throw cause;
    const sentence = `Redis cannot be used now: ${describeRedisFault(cause)}.`;
    throw new TrainyardError('redis_unavailable', sentence, { cause });
  }
}

/** Returns whether Redis refused a write because it is out of memory. */
export const isOutOfMemory = (error: unknown): boolean =>
  error instanceof TrainyardError && error.code === 'redis_unavailable' && isOutOfMemoryReply(error.cause);

/** Runs a transaction. Throws the error of its first failed command. */
export async function execute(transaction: ChainableCommander): Promise<unknown[]> {
  return onRedis(async () => {
    const answers = (await transaction.exec()) ?? [];
    return answers.map(([error, answer]) => {
      if (error !== null) throw error;
      return answer;
    });
  });
}

/** Throws `redis_unavailable` unless the server accepts writes. With a full disk it answers reads but refuses writes. */
export async function checkWritable(redis: Redis): Promise<void> {
  await onRedis(() => redis.set(keys.probe, '1', 'EX', 60));
}

/** Closes a connection without waiting for the server. */
export function disconnect(redis: Redis): void {
  redis.disconnect();
}
