/** Coalesces concurrent calls that ask for the same. */

/**
 * Runs `look` at most once at a time for each key, which is the argument itself unless `keyOf` says otherwise. Whoever asks during a
 * look shares the next one, which begins when that one has ended: each caller sees what was there when it asked, or later.
 */
export function coalesce<Argument, Result>(
  look: (argument: Argument) => Promise<Result>,
  keyOf: (argument: Argument) => unknown = (argument) => argument,
): (argument: Argument) => Promise<Result> {
  const looks = new Map<unknown, { current: Promise<Result>; next?: Promise<Result> | undefined }>();

  return (argument) => {
    const entry = looks.get(keyOf(argument));
    if (entry !== undefined) {
      entry.next ??= entry.current.then(
        () => begin(argument),
        () => begin(argument),
      );
      return entry.next;
    }
    return begin(argument);
  };

  function begin(argument: Argument): Promise<Result> {
    const key = keyOf(argument);
    const entry: { current: Promise<Result>; next?: Promise<Result> } = { current: look(argument) };
    looks.set(key, entry);
    const end = (): void => {
      if (entry.next === undefined) looks.delete(key);
    };
    entry.current.then(end, end);
    return entry.current;
  }
}
