/** Waiting that an AbortSignal interrupts. */

/** Resolves after `ms` milliseconds. Rejects with the signal's reason as soon as it aborts. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', finish);
      if (signal?.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(finish, ms);
    signal?.addEventListener('abort', finish);
    if (signal?.aborted) finish();
  });
}

/** A controller that also aborts with a signal, until `release`. */
export type LinkedAbort = Readonly<{
  signal: AbortSignal;
  abort(reason?: unknown): void;
  /** Stops listening to the other signal, which may live much longer. */
  release(): void;
}>;

export function linkAbort(parent?: AbortSignal): LinkedAbort {
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(parent?.reason);
  if (parent?.aborted) onAbort();
  else parent?.addEventListener('abort', onAbort, { once: true });
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    release: () => parent?.removeEventListener('abort', onAbort),
  };
}
