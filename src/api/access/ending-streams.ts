/** Ends a stream when the identity that opened it ends. */
import type { FastifyRequest } from 'fastify';
import type { Access } from '../../access/index.js';

type Follow<T> = (signal: AbortSignal) => AsyncIterable<T>;

/**
 * Returns `follow` with an end: it throws `unauthorized` when the sender's key is revoked, or the key or token expires. Without `access`,
 * returns `follow`.
 */
export function untilIdentityEnds<T>(
  access: Pick<Access, 'watch'> | undefined,
  { identity }: Pick<FastifyRequest, 'identity'>,
  follow: Follow<T>,
): Follow<T> {
  if (access === undefined) return follow;
  return async function* (signal) {
    const { signal: ended, release } = access.watch(identity);
    const either = new AbortController();
    const abort = (): void => either.abort();
    for (const each of [signal, ended]) each.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    try {
      yield* follow(either.signal);
      if (!signal.aborted) ended.throwIfAborted();
    } finally {
      for (const each of [signal, ended]) each.removeEventListener('abort', abort);
      release();
    }
  };
}
