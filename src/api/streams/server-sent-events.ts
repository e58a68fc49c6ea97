/** Sends frames as server-sent events (HTML standard, 9.2), with back-pressure and heartbeat comments. */
import type { ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyReply } from 'fastify';
import { positionOf, type StreamFrame } from '../../contracts/jobs/frame.js';
import { toTrainyardError } from '../../errors/errors.js';
import { frameText } from '../../formats/frame-json.js';
import { problemOf } from '../http/problem-response.js';
import { CLOSE_MS, READER_LIMITS, type ReaderLimits, sendInTime } from './slow-reader.js';

const HEARTBEAT_MS = 15_000;
/** Time that a browser waits before it reconnects. */
const RECONNECT_MS = 2_000;

const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  // Without this header nginx buffers the events.
  'x-accel-buffering': 'no',
} as const;

export type SseSettings = ReaderLimits & Readonly<{ heartbeatMs?: number }>;

/** The open streams of one app. */
export type EventStreams = ReturnType<typeof createEventStreams>;

/** Creates the set of open event streams, which the app closes when it stops. */
export function createEventStreams(settings: SseSettings = READER_LIMITS) {
  const open = new Map<ServerResponse, AbortController>();
  let isClosed = false;

  /** Sends the frames of `follow` until they end, the client disconnects or is dropped. Never rejects. */
  async function stream(
    reply: FastifyReply,
    follow: (signal: AbortSignal) => AsyncIterable<StreamFrame>,
    logger: FastifyBaseLogger,
  ): Promise<void> {
    const response = reply.hijack().raw;
    const disconnected = new AbortController();
    if (isClosed) disconnected.abort();
    open.set(response, disconnected);
    response.once('close', () => disconnected.abort());
    response.on('error', (err) => logger.debug({ err }, 'event stream: connection error'));
    response.writeHead(200, { ...(reply.getHeaders() as Record<string, string>), ...HEADERS });
    response.write(`retry: ${RECONNECT_MS}\n\n`);
    const heartbeat = setInterval(() => {
      if (response.writableLength === 0) response.write(': heartbeat\n\n');
    }, settings.heartbeatMs ?? HEARTBEAT_MS);
    try {
      for await (const frame of follow(disconnected.signal)) {
        if (disconnected.signal.aborted) break;
        if (await write(response, bytesOf(frame), settings)) continue;
        logger.info('event stream closed: the client reads too slowly');
        response.destroy();
        break;
      }
    } catch (error) {
      const known = toTrainyardError(error);
      if (known.code === 'internal') logger.error({ err: error }, 'event stream failed');
      response.write(`event: problem\ndata: ${JSON.stringify(problemOf(known))}\n\n`);
    } finally {
      clearInterval(heartbeat);
      disconnected.abort();
      await end(response);
      open.delete(response);
    }
  }

  return {
    stream,

    /** Ends every stream because the service stops. Resolves when each client has received the end or was dropped. */
    async close(): Promise<void> {
      isClosed = true;
      for (const disconnected of open.values()) disconnected.abort();
      await Promise.all([...open.keys()].map(end));
    },
  };
}

const write = (response: ServerResponse, bytes: Buffer, limits: ReaderLimits): Promise<boolean> =>
  sendInTime(
    (done) => response.write(bytes, done),
    () => response.writableLength,
    limits,
  );

/** Encoded events: all followers of a job share them. */
const encoded = new WeakMap<StreamFrame, Buffer>();

/** Encodes a frame as an event. A client that reconnects sends its `id` as Last-Event-ID. */
function bytesOf(frame: StreamFrame): Buffer {
  const known = encoded.get(frame);
  if (known !== undefined) return known;
  const text = `id: ${positionOf(frame)}\nevent: ${frame.type}\ndata: ${frameText(frame)}\n\n`;
  const bytes = Buffer.from(text);
  encoded.set(frame, bytes);
  return bytes;
}

async function end(response: ServerResponse): Promise<void> {
  if (response.destroyed || response.writableFinished) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => response.destroy(), CLOSE_MS);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    response.once('close', done).once('finish', done);
    response.end();
  });
}
