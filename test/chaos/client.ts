/** Persistent client: submits with an idempotency key until it gets a response, and follows each job over lost connections. */
import { EventEmitter, setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { type Frame, isStored, type StreamFrame } from '../../src/contracts/jobs/frame.js';
import type { Job, JobRequest } from '../../src/contracts/jobs/job.js';

const RETRY_MS = 50;

export type Client = ReturnType<typeof createClient>;
export type Followed = ReturnType<typeof follow>;

/** Repeats a request until its response is 2xx, and returns what `read` makes of it. Throws for responses below 500. */
export async function ask<Answer>(url: string, signal: AbortSignal, init: RequestInit = {}): Promise<Answer> {
  for (;;) {
    signal.throwIfAborted();
    try {
      const response = await fetch(url, { ...init, signal: AbortSignal.any([signal, AbortSignal.timeout(5_000)]) });
      if (response.ok) return (await response.json()) as Answer;
      if (response.status < 500) throw new Refused(`${url} was answered ${response.status}: ${await response.text()}`);
    } catch (error) {
      if (error instanceof Refused) throw error;
    }
    await delay(RETRY_MS, undefined, { signal });
  }
}
class Refused extends Error {}

/** Aborting `signal` ends every wait. */
export function createClient(address: string, signal: AbortSignal) {
  const followed: Followed[] = [];
  setMaxListeners(0, signal);
  return {
    followed: followed as readonly Followed[],

    /** Returns the accepted job. A key stands for one job, however often the request is sent. */
    async submit(request: JobRequest, key: string): Promise<Followed> {
      const headers = { 'content-type': 'application/json', 'idempotency-key': key };
      const body = JSON.stringify(request);
      const job = await ask<Job>(`${address}/jobs`, signal, { method: 'POST', headers, body });
      const following = follow(address, job, signal);
      followed.push(following);
      return following;
    },

    /** Resolves when the API has answered with data from Redis. */
    answers: () => ask(`${address}/jobs?limit=1`, signal),
  };
}

/** Follows a job from its first frame to its last, and counts violations of the stream's guarantees. */
function follow(address: string, { id, spec }: Job, signal: AbortSignal) {
  const frames: Frame[] = [];
  const faults = { holes: 0, repeats: 0 };
  const arrivals = new EventEmitter().setMaxListeners(0);
  let hasEnded = false;

  function take(frame: StreamFrame): void {
    const expected = (frames.at(-1)?.seq ?? 0) + 1;
    if (frame.type === 'gap') faults.holes += 1;
    if (!isStored(frame)) return;
    if (frame.seq < expected) faults.repeats += 1;
    if (frame.seq > expected) faults.holes += frame.seq - expected;
    frames.push(frame);
    if (frame.type === 'end') hasEnded = true;
    arrivals.emit('frame', frame);
  }

  async function connect(): Promise<void> {
    const socket = new WebSocket(
      `${address.replace('http', 'ws')}/jobs/${id}/metrics?after=${frames.at(-1)?.seq ?? 0}`,
      { handshakeTimeout: 5_000 },
    );
    const abort = (): void => socket.terminate();
    signal.addEventListener('abort', abort);
    await new Promise<void>((resolve) => {
      socket.on('message', (text) => take(JSON.parse(String(text)) as StreamFrame));
      socket.on('error', () => resolve());
      socket.on('close', () => resolve());
    });
    signal.removeEventListener('abort', abort);
  }

  const ended = (async () => {
    while (!hasEnded && !signal.aborted) {
      await connect();
      if (!hasEnded) await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  })();

  return {
    id,
    name: spec.name,
    frames: frames as readonly Frame[],
    faults: faults as Readonly<typeof faults>,
    /** Resolves after the `end` frame. */
    ended,
    hasEnded: () => hasEnded,

    /** Resolves with the first fitting frame that arrives from now on, or that has a number above `after`. */
    async frame(fits: (frame: Frame) => boolean, after = Number.POSITIVE_INFINITY): Promise<Frame> {
      const found = frames.find((frame) => frame.seq > after && fits(frame));
      if (found !== undefined) return found;
      return new Promise((resolve, reject) => {
        const look = (frame: Frame): void => {
          if (!fits(frame)) return;
          arrivals.off('frame', look);
          resolve(frame);
        };
        arrivals.on('frame', look);
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    },
  };
}
