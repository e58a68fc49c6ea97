/** A bounded number of works at a time; the others wait for their turn, in their order. */

export type ConcurrencyLimit = ReturnType<typeof createConcurrencyLimit>;

export function createConcurrencyLimit(limit: number) {
  let free = limit;
  const waiting: (() => void)[] = [];

  return {
    /** Runs `work` when it is its turn. One whose signal has aborted by then does not run, and throws the signal's reason. */
    async run<Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        signal?.throwIfAborted();
        return await work();
      } finally {
        const next = waiting.shift();
        if (next === undefined) free += 1;
        else next();
      }
    },
  };
}
