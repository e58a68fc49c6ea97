/** Back-off between the restarts of a child process. */

/** Uptime after which the back-off starts again at its first pause, in ms. */
const RESET_AFTER_MS = 60_000;

export type RestartBackoff = ReturnType<typeof createRestartBackoff>;

/** `pausesMs`: pauses before the first restart, the second and so on; the last one repeats. */
export function createRestartBackoff(pausesMs: readonly [number, ...number[]]) {
  let failures = 0;

  return {
    /** Returns the pause before the next start, in ms, for a process that ran for `uptimeMs`. */
    pauseAfter(uptimeMs: number): number {
      if (uptimeMs > RESET_AFTER_MS) failures = 0;
      const pauseMs = pausesMs[Math.min(failures, pausesMs.length - 1)] ?? pausesMs[0];
      failures += 1;
      return pauseMs;
    },
  };
}
