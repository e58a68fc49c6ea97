/** Spreads work for many clients over turns of the event loop, so that other requests are served in between. */

export type Pace = () => Promise<void> | undefined;

/**
 * Returns a function to call before each piece of work, of which `perTurn` are done in a turn of the event loop. It returns undefined while this turn of the event loop has room, else a
 * promise that resolves in a later turn, in FIFO order.
 */
export function createPacer(perTurn: number): Pace {
  const waiting: (() => void)[] = [];
  let used = 0;
  let isScheduled = false;

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      const due = waiting.splice(0, perTurn);
      used = due.length;
      if (used > 0) schedule();
      for (const resume of due) resume();
    });
  }

  return () => {
    schedule();
    if (waiting.length === 0 && used < perTurn) {
      used += 1;
      return undefined;
    }
    return new Promise((resolve) => waiting.push(resolve));
  };
}
