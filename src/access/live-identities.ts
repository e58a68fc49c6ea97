/** Open streams and the identities that opened them: a stream ends when its key is revoked, or its key or token expires. */
import type { Identity } from '../contracts/access/identity.js';
import { TrainyardError } from '../errors/errors.js';

/** Time between two checks, in ms. */
const CHECK_MS = 500;

type Watched = Readonly<{ identity: Identity; ended: AbortController; streams: Set<object> }>;

export type LiveIdentities = ReturnType<typeof createLiveIdentities>;

/** `requireLive` throws `unauthorized` if an identity has ended. */
export function createLiveIdentities(requireLive: (identity: Identity) => Promise<void>) {
  const watched = new Map<string, Watched>();
  let timer: NodeJS.Timeout | undefined;

  async function check(key: string, { identity, ended }: Watched): Promise<void> {
    try {
      await requireLive(identity);
    } catch (error) {
      // If Redis is away, nothing is known: the streams stay open.
      if (!(error instanceof TrainyardError && error.code === 'unauthorized')) return;
      watched.delete(key);
      ended.abort(error);
    }
  }

  function checkAll(): void {
    for (const [key, each] of watched) void check(key, each);
  }

  return {
    /** Returns a signal that aborts with `unauthorized` when the identity ends, within 2 seconds. Call `release` when the stream has ended. */
    watch(identity: Identity): Readonly<{ signal: AbortSignal; release(): void }> {
      const key = `${identity.kind}:${identity.id}:${identity.expiresAt ?? ''}`;
      const entry = watched.get(key) ?? { identity, ended: new AbortController(), streams: new Set() };
      const stream = {};
      watched.set(key, entry);
      entry.streams.add(stream);
      timer ??= setInterval(checkAll, CHECK_MS).unref();
      return {
        signal: entry.ended.signal,
        release(): void {
          entry.streams.delete(stream);
          if (entry.streams.size === 0 && watched.get(key) === entry) watched.delete(key);
          if (watched.size > 0) return;
          clearInterval(timer);
          timer = undefined;
        },
      };
    },
  };
}
