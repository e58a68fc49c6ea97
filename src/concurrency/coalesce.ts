/** Single-flight: coalesces concurrent calls with the same argument. */

/**
 * Runs `load` at most once at a time for each key. A call during a run joins the next run, which starts when the current one ends.
 * So every caller gets a result from a run that began after its call. `keyOf` returns the key; default: the argument itself.
 */
export function coalesce<Argument, Result>(
  load: (argument: Argument) => Promise<Result>,
  keyOf: (argument: Argument) => unknown = (argument) => argument,
): (argument: Argument) => Promise<Result> {
  const runs = new Map<unknown, { current: Promise<Result>; next?: Promise<Result> | undefined }>();

  return (argument) => {
    const run = runs.get(keyOf(argument));
    if (run === undefined) return start(argument);
    run.next ??= run.current.then(
      () => start(argument),
      () => start(argument),
    );
    return run.next;
  };

  function start(argument: Argument): Promise<Result> {
    const key = keyOf(argument);
    const run: { current: Promise<Result>; next?: Promise<Result> } = { current: load(argument) };
    runs.set(key, run);
    const forget = (): void => {
      if (run.next === undefined) runs.delete(key);
    };
    run.current.then(forget, forget);
    return run.current;
  }
}
