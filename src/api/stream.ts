/** Frames on a WebSocket: each sent when the one before has left, pings, and an end for clients that send or do not read. */
import { once } from 'node:events';
import type { FastifyBaseLogger } from 'fastify';
import type { WebSocket } from 'ws';
import type { Frame } from '../contracts/event.js';

/** Most bytes a client may send in one message: it has nothing to say. */
export const MAX_PAYLOAD_BYTES = 1_024;
const PING_EVERY_MS = 30_000;
/** Time for a client to answer a close. */
const CLOSE_MS = 2_000;

const LIMITS = {
  /** More than this is not kept for a client that reads slowly: its next frame waits. */
  maxBufferedBytes: 256 * 1024,
  /** A client that reads nothing for this long is dropped. */
  stallMs: 30_000,
} as const;
type Limits = Readonly<Record<keyof typeof LIMITS, number>>;

export const CLOSE = {
  ended: [1000, 'the job has ended'],
  stopping: [1001, 'the service stops; continue with ?after'],
  unwanted: [1008, 'this stream takes no messages'],
  failed: [1011, 'the stream failed; continue with ?after'],
  slow: [1013, 'read too slowly; continue with ?after'],
} as const satisfies Record<string, readonly [number, string]>;

/** Sends the frames of `follow` until they end, the client is gone or must go. Resolves then; never rejects. */
export async function streamFrames(
  socket: WebSocket,
  follow: (signal: AbortSignal) => AsyncIterable<Frame>,
  logger: FastifyBaseLogger,
  limits: Limits = LIMITS,
): Promise<void> {
  const gone = new AbortController();
  const close = ([code, reason]: (typeof CLOSE)[keyof typeof CLOSE]): void => {
    gone.abort();
    socket.close(code, reason);
    setTimeout(() => socket.terminate(), CLOSE_MS).unref();
  };
  let answered = true;
  const pings = setInterval(() => {
    if (!answered) return socket.terminate();
    answered = false;
    socket.ping();
  }, PING_EVERY_MS);
  socket.on('pong', () => {
    answered = true;
  });
  socket.on('message', () => close(CLOSE.unwanted));
  socket.once('close', (code) => {
    clearInterval(pings);
    gone.abort();
    logger.debug({ code }, 'stream closed');
  });
  if (socket.readyState !== socket.OPEN) return;
  try {
    for await (const frame of follow(gone.signal)) {
      if (gone.signal.aborted) return;
      if (!(await send(socket, JSON.stringify(frame), limits))) return close(CLOSE.slow);
    }
    if (!gone.signal.aborted) close(CLOSE.ended);
  } catch (err) {
    logger.error({ err }, 'stream failed');
    close(CLOSE.failed);
  } finally {
    gone.abort();
  }
}

/** Sends one message; false when the client has not read enough of those before it in time. */
async function send(socket: WebSocket, text: string, limits: Limits): Promise<boolean> {
  const sent = new Promise<boolean>((resolve) => socket.send(text, () => resolve(true)));
  if (socket.bufferedAmount <= limits.maxBufferedBytes) return true;
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

/** Closes every stream because the service stops. Resolves when all clients have answered, or were given up. */
export async function closeStreams(sockets: Iterable<WebSocket>): Promise<void> {
  const [code, reason] = CLOSE.stopping;
  const closed = [...sockets].map(async (socket) => {
    const gone = once(socket, 'close').catch(() => undefined);
    const timer = setTimeout(() => socket.terminate(), CLOSE_MS);
    socket.close(code, reason);
    await gone;
    clearTimeout(timer);
  });
  await Promise.all(closed);
}
