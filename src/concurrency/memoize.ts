/** A pure function that remembers what it was asked of late. */

/** `compute`, with the results of the `most` calls used last kept by `keyOf` their arguments. What is thrown is not kept. */
export function memoize<Arguments extends readonly unknown[], Result>(
  compute: (...given: Arguments) => Result,
  most: number,
  keyOf: (...given: Arguments) => string,
): (...given: Arguments) => Result {
  /** In the order of their last use. */
  const known = new Map<string, Readonly<{ result: Result }>>();
  return (...given) => {
    const key = keyOf(...given);
    const found = known.get(key) ?? { result: compute(...given) };
    known.delete(key);
    known.set(key, found);
    const [oldest] = known.keys();
    if (known.size > most && oldest !== undefined) known.delete(oldest);
    return found.result;
  };
}
