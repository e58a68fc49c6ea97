/** Semaphore: runs at most `limit` async tasks at once; the rest wait in FIFO order. */

export type ConcurrencyLimit = ReturnType<typeof createConcurrencyLimit>;

export function createConcurrencyLimit(limit: number) {
  let free = limit;
  const waiting: (() => void)[] = [];

  return {
    /** Runs the task once a place is free. If `signal` aborts while the task waits, rejects with its reason instead of running the task. */
    async run<Result>(task: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        signal?.throwIfAborted();
        return await task();
      } finally {
        const next = waiting.shift();
        if (next === undefined) free += 1;
        else next();
      }
    },
  };
}
