/** Pacer that yields to the event loop between pieces of work, so that other requests are served in between. */

export type Pace = () => Promise<void> | undefined;

/**
 * Returns a function to call before each piece of work. It returns undefined for the first `perIteration` calls in an iteration of the
 * event loop. Later calls return a promise that resolves in a later iteration, in FIFO order.
 */
export function createPacer(perIteration: number): Pace {
  const waiting: (() => void)[] = [];
  let used = 0;
  let isScheduled = false;

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      const due = waiting.splice(0, perIteration);
      used = due.length;
      if (used > 0) schedule();
      for (const resume of due) resume();
    });
  }

  return () => {
    schedule();
    if (waiting.length === 0 && used < perIteration) {
      used += 1;
      return undefined;
    }
    return new Promise((resolve) => waiting.push(resolve));
  };
}
