/** Retry of commands while Redis is away. */
import { setTimeout as delay } from 'node:timers/promises';
import { TrainyardError } from '../errors/errors.js';
import type { Logger } from '../logging/logger.js';

/** Waits between two tries: each is twice the one before. */
const RETRY_MS = { first: 50, most: 1_000 } as const;

/**
 * Runs `command` again until Redis answers, without a time limit. `command` must be safe to repeat. Rejects when `signal` is aborted
 * during a wait, and with every error except `redis_unavailable`.
 */
export async function retryWhileRedisIsAway<T>(
  command: () => Promise<T>,
  { signal, logger }: Readonly<{ signal: AbortSignal; logger: Logger }>,
): Promise<T> {
  for (let wait: number = RETRY_MS.first; ; wait = Math.min(wait * 2, RETRY_MS.most)) {
    try {
      return await command();
    } catch (error) {
      if (!(error instanceof TrainyardError && error.code === 'redis_unavailable')) throw error;
      logger.warn({ reason: error.message }, 'waiting for Redis');
      await delay(wait, undefined, { signal });
    }
  }
}
