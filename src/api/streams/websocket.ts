/** Sends frames over a WebSocket, with back-pressure and pings, and drops clients that flood or do not read. */
import { once } from 'node:events';
import type { FastifyBaseLogger } from 'fastify';
import type { WebSocket } from 'ws';
import type { StreamMessage } from '../../contracts/jobs/stream-message.js';
import { TrainyardError } from '../../errors/errors.js';
import { frameText } from '../../formats/frame-json.js';
import { CLOSE_MS, READER_LIMITS, type ReaderLimits, sendInTime } from './slow-reader.js';

/** Maximum number of bytes of a client's message. Messages are ignored: browsers cannot send pings and send heartbeats instead. */
export const MAX_PAYLOAD_BYTES = 64 * 1024;
/** Maximum number of messages and bytes from a client between two pings. Heartbeats come a few times a minute. */
const MAX_MESSAGES = 1_000;
const MAX_BYTES = 2 ** 20;
const PING_EVERY_MS = 30_000;
export const CLOSE = {
  ended: [1000, 'the job has ended'],
  stopping: [1001, 'the service stops; continue with ?after'],
  flood: [1008, 'too many messages; continue with ?after'],
  failed: [1011, 'the stream failed; continue with ?after'],
  slow: [1013, 'read too slowly; continue with ?after'],
} as const satisfies Record<string, Closing>;
type Closing = readonly [code: number, reason: string];

/** Maximum number of bytes of a close reason (RFC 6455, 5.5.1). */
const REASON_BYTES = 123;

/** Returns the close code and reason of an error. Stream errors have 4000 plus their HTTP status. */
function closingOf(error: unknown): Closing {
  if (!(error instanceof TrainyardError)) return CLOSE.failed;
  const { code, status, message } = error;
  if (code !== 'stream_ahead' && code !== 'stream_gone' && code !== 'unauthorized') return CLOSE.failed;
  return [4_000 + status, message.slice(0, REASON_BYTES)];
}

/** Encoded frames: all followers of a job share them. */
const encoded = new WeakMap<StreamMessage, Buffer>();

function encode(frame: StreamMessage): Buffer {
  const known = encoded.get(frame);
  if (known !== undefined) return known;
  const bytes = Buffer.from(frameText(frame));
  encoded.set(frame, bytes);
  return bytes;
}

/** Terminates a socket after an error. Protocol errors of the client (`WS_ERR_…`) are logged without a stack. */
export function endAfterError(error: Error, socket: WebSocket, logger: FastifyBaseLogger): void {
  const code = 'code' in error ? String(error.code) : '';
  if (code.startsWith('WS_ERR_'))
    logger.info({ code, reason: error.message }, 'stream closed: the client broke the protocol');
  else logger.error({ err: error }, 'stream failed');
  socket.terminate();
}

/** Sends the frames of `follow` until they end, the client disconnects or is dropped. Never rejects. */
export async function streamFrames(
  socket: WebSocket,
  follow: (signal: AbortSignal) => AsyncIterable<StreamMessage>,
  logger: FastifyBaseLogger,
  limits: ReaderLimits & Readonly<{ pingMs?: number }> = READER_LIMITS,
): Promise<void> {
  const gone = new AbortController();
  const close = ([code, reason]: Closing): void => {
    gone.abort();
    socket.close(code, reason);
    setTimeout(() => socket.terminate(), CLOSE_MS).unref();
  };
  let answered = true;
  const received = { messages: 0, bytes: 0 };
  const pings = setInterval(() => {
    if (!answered) return socket.terminate();
    answered = false;
    Object.assign(received, { messages: 0, bytes: 0 });
    socket.ping();
  }, limits.pingMs ?? PING_EVERY_MS);
  socket.on('pong', () => {
    answered = true;
  });
  socket.on('message', (data: Buffer) => {
    received.messages += 1;
    received.bytes += data.length;
    if (received.messages > MAX_MESSAGES || received.bytes > MAX_BYTES) close(CLOSE.flood);
  });
  socket.once('close', (code) => {
    clearInterval(pings);
    gone.abort();
    logger.debug({ code }, 'stream closed');
  });
  if (socket.readyState !== socket.OPEN) return;
  try {
    for await (const frame of follow(gone.signal)) {
      if (gone.signal.aborted) return;
      const bytes = encode(frame);
      const write = (done: () => void): void => socket.send(bytes, { binary: false }, done);
      if (!(await sendInTime(write, () => socket.bufferedAmount, limits))) return close(CLOSE.slow);
    }
    if (!gone.signal.aborted) close(CLOSE.ended);
  } catch (err) {
    const closing = closingOf(err);
    if (closing === CLOSE.failed) logger.error({ err }, 'stream failed');
    close(closing);
  } finally {
    gone.abort();
  }
}

/** Closes every stream because the service stops. Resolves when each client has answered or was dropped. */
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
