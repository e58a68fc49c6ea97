/** One look for all who ask the same while another look is under way. */

/**
 * `look`, asked for the same argument at most once at a time. Whoever asks meanwhile shares the next look, which begins when that one
 * has ended: each sees what was there when it asked, or later.
 */
export function sharing<Argument, Result>(
  look: (argument: Argument) => Promise<Result>,
): (argument: Argument) => Promise<Result> {
  const looks = new Map<Argument, { current: Promise<Result>; next?: Promise<Result> | undefined }>();

  return (argument) => {
    const entry = looks.get(argument);
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
    const entry: { current: Promise<Result>; next?: Promise<Result> } = { current: look(argument) };
    looks.set(argument, entry);
    const end = (): void => {
      if (entry.next === undefined) looks.delete(argument);
    };
    entry.current.then(end, end);
    return entry.current;
  }
}
