/** What is kept for a reader that is slower than what it reads, and for how long: the same over WebSocket and server-sent events. */

export const READER_LIMITS = {
  /** More than this is not kept for a client that reads slowly: its next frame waits. */
  maxBufferedBytes: 256 * 1024,
  /** A client that reads nothing for this long is dropped. */
  stallMs: 30_000,
} as const;
export type ReaderLimits = Readonly<Record<keyof typeof READER_LIMITS, number>>;

/** Time for a client to take the end of its stream. */
export const CLOSE_MS = 2_000;

/** Sends by `write`, which calls back when all has left; false when the client has not read enough of it in time. */
export async function sendInTime(
  write: (done: () => void) => void,
  bufferedBytes: () => number,
  limits: ReaderLimits,
): Promise<boolean> {
  const sent = new Promise<boolean>((resolve) => write(() => resolve(true)));
  if (bufferedBytes() <= limits.maxBufferedBytes) return true;
  let timer: NodeJS.Timeout | undefined;
  const stalled = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, limits.stallMs, false);
  });
  try {
    return await Promise.race([sent, stalled]);
  } finally {
    clearTimeout(timer);
  }
}
