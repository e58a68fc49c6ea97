/** Back-pressure for slow clients of WebSockets and server-sent events. */

export const READER_LIMITS = {
  /** Bytes buffered for a client before its next frame waits. */
  maxBufferedBytes: 256 * 1024,
  /** Time after which a client that reads nothing is dropped, in ms. */
  stallMs: 30_000,
} as const;
export type ReaderLimits = Readonly<Record<keyof typeof READER_LIMITS, number>>;

/** Time for a client to receive the end of its stream, in ms. */
export const CLOSE_MS = 2_000;

/** Calls `write`, whose callback reports that everything was sent. Returns false if the client has not read enough within `stallMs`. */
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
