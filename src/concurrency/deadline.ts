/** A wait with an end. */
import { setTimeout as delay } from 'node:timers/promises';

/** Resolves with the work, or when the time is over. */
export async function waitAtMost(work: Promise<unknown>, ms: number): Promise<void> {
  const done = new AbortController();
  const late = delay(ms, undefined, { signal: done.signal });
  await Promise.race([work, late]);
  done.abort();
  await late.catch(() => undefined);
}
