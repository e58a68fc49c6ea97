/** Waits for work until a signal aborts. */

/** Returns the result of `work`. Throws the signal's reason if it aborts before; the work itself goes on. */
export async function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  let reject = (): void => undefined;
  const aborted = new Promise<never>((_, rejectAborted) => {
    reject = () => rejectAborted(signal.reason);
  });
  if (signal.aborted) reject();
  signal.addEventListener('abort', reject);
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', reject);
  }
}
