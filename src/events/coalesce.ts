/** Coalesces concurrent reads of the same thing. */

export type Coalesced<T> = (key: string, read: () => Promise<T>) => Promise<T>;

/**
 * Returns a function that runs one read per key at a time. All who ask while a read runs share the next one, so nobody is given
 * a result that is older than the question: a follower that read the stream before it subscribed would miss frames.
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
