/** How much of what clients send may be in memory at once: a request waits, unread, until there is room for its body. */
import { TrainyardError } from '../errors.js';

export type Admission = ReturnType<typeof createAdmission>;

type Options = Readonly<{
  /** Bytes that all requests together may need. One that needs more is let in when it is alone. */
  maxBytes: number;
  /** Requests that may wait. Default 1,024; one beyond is refused. */
  maxWaiting?: number;
}>;

type Waiting = Readonly<{ bytes: number; enter: () => void }>;

export function createAdmission({ maxBytes, maxWaiting = 1_024 }: Options) {
  let held = 0;
  const waiting: Waiting[] = [];

  const fits = (bytes: number): boolean => held === 0 || held + bytes <= maxBytes;

  function admitNext(): void {
    for (let next = waiting[0]; next !== undefined && fits(next.bytes); next = waiting[0]) {
      waiting.shift();
      next.enter();
    }
  }

  return {
    /**
     * Waits, in the order of asking, until `bytes` more are allowed; then returns what gives them back. Throws
     * `too_many_requests` where too many wait, and the signal's reason where it aborts.
     */
    async acquire(bytes: number, signal: AbortSignal): Promise<() => void> {
      signal.throwIfAborted();
      if (waiting.length > 0 || !fits(bytes)) {
        if (waiting.length >= maxWaiting) {
          throw new TrainyardError(
            'too_many_requests',
            `${waiting.length} requests wait for memory already: try again in a few seconds.`,
          );
        }
        await new Promise<void>((resolve, reject) => {
          const leave = () => {
            waiting.splice(waiting.indexOf(place), 1);
            reject(signal.reason);
            admitNext(); // the one behind may be smaller
          };
          const place: Waiting = {
            bytes,
            enter: () => {
              signal.removeEventListener('abort', leave);
              held += bytes;
              resolve();
            },
          };
          signal.addEventListener('abort', leave, { once: true });
          waiting.push(place);
        });
      } else held += bytes;
      let isHeld = true;
      return () => {
        if (!isHeld) return;
        isHeld = false;
        held -= bytes;
        admitNext();
      };
    },
  };
}
