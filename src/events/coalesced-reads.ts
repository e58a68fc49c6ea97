/** Coalescing of concurrent reads of the same key. */

export type Coalesced<T> = (key: string, read: () => Promise<T>) => Promise<T>;

/**
 * Returns a function that runs one read per key at a time. Callers during a read share the next one, so that no result is older than its
 * call. Otherwise a follower could get a result from before it subscribed, and miss frames.
 */
export function createCoalesced<T>(): Coalesced<T> {
  const running = new Map<string, Promise<T>>();
  const next = new Map<string, Promise<T>>();

  function begin(key: string, read: () => Promise<T>): Promise<T> {
    const result = read().finally(() => running.delete(key));
    running.set(key, result);
    return result;
  }

  return (key, read) => {
    const current = running.get(key);
    if (current === undefined) return begin(key, read);
    const following =
      next.get(key) ??
      current
        .catch(() => undefined)
        .then(() => {
          next.delete(key);
          return begin(key, read);
        });
    next.set(key, following);
    return following;
  };
}
