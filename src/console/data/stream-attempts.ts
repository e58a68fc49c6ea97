/** Pauses between attempts to open a stream, and whether streams are off because the console sends an API key. */
import { signal } from '@preact/signals';
import { comebacks, hasKey } from './service.js';

/** A stream may be refused because a proxy or the origin check refuses WebSockets. */
const RETRY_MS = 10_000;

/**
 * Whether live updates are off: a stream was refused while the console sends an API key. Browsers cannot send a key with a WebSocket, so
 * another attempt would be refused too. Pages then load again from time to time.
 */
export const streamsOff = signal(false);

/**
 * Resolves before the next attempt to open a stream: after a pause; or, if a stream with an API key was refused, once the connection
 * came back or the key has changed. `wasLive`: whether the stream was open before.
 */
export async function beforeNextAttempt(wasLive: boolean, abort: AbortSignal, pauseMs = RETRY_MS): Promise<void> {
  if (wasLive || !hasKey.peek()) return new Promise((resolve) => setTimeout(resolve, pauseMs));
  streamsOff.value = true;
  await connectionChanges(abort);
  streamsOff.value = false;
}

function connectionChanges(abort: AbortSignal): Promise<void> {
  const known = comebacks.peek();
  return new Promise((resolve) => {
    const stop = comebacks.subscribe((count) => {
      if (count !== known) end();
    });
    const end = (): void => {
      stop();
      resolve();
    };
    abort.addEventListener('abort', end, { once: true });
  });
}
