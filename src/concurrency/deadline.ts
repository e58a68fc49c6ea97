/** Waits with a deadline, in a process whose event loop may be blocked. */

/** Parts of a deadline: a blocked event loop, however long, uses up one of them. */
const PARTS = 4;

/**
 * Calls `expire` after `ms`, unless the returned function is called before. Time in which this process is blocked hardly counts: an
 * answer that arrived meanwhile is read before the deadline expires.
 */
export function startDeadline(ms: number, expire: () => void): () => void {
  let left = PARTS;
  let timer = setTimeout(tick, ms / PARTS);
  let last: NodeJS.Immediate | undefined;
  function tick(): void {
    left -= 1;
    // Timers run before the event loop reads sockets, immediates afterwards.
    if (left === 0) last = setImmediate(expire);
    else timer = setTimeout(tick, ms / PARTS);
  }
  return () => {
    clearTimeout(timer);
    clearImmediate(last);
  };
}

/** Resolves when `work` resolves or after `ms` of `startDeadline`, whichever is first. Rejects if `work` rejects before that. */
export function waitAtMost(work: Promise<unknown>, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = startDeadline(ms, resolve);
    work.finally(stop).then(() => resolve(), reject);
  });
}
