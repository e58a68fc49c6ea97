/** Memoization of pure functions. */
import { LRUCache } from 'lru-cache';

/**
 * Memoizes a pure function in an LRU cache of at most `max` results. `keyOf` returns the cache key of the arguments. Errors are
 * not memoized.
 */
export function memoize<Arguments extends readonly unknown[], Result>(
  compute: (...args: Arguments) => Result,
  max: number,
  keyOf: (...args: Arguments) => string,
): (...args: Arguments) => Result {
  // Wrapped, because the cache does not store undefined.
  const results = new LRUCache<string, Readonly<{ result: Result }>>({ max });
  return (...args) => {
    const key = keyOf(...args);
    const known = results.get(key);
    if (known !== undefined) return known.result;
    const result = compute(...args);
    results.set(key, { result });
    return result;
  };
}
