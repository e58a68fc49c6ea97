/** Frames of one job, from server-sent events. A lost connection continues after the last frame. */
import { delay, linkAbort } from './abort.js';
import { ConnectionError, errorOf, isTrainyardError } from './client-errors.js';
import type { CallOptions, Frame } from './client-types.js';
import { readEvents } from './event-stream.js';
import { type Call, pathOf, pauseAfter, type Transport, unreachable } from './transport.js';

/** Time without any byte after which the connection counts as lost. The service sends a heartbeat every 15 seconds. */
const SILENT_MS = 45_000;
/** Retries of a stream that was open before: about five minutes. */
const RECONNECTS = 40;

export type FollowOptions = CallOptions &
  Readonly<{
    /** Number of the last frame already received. Default 0: from the start. */
    after?: number | undefined;
  }>;

/** Returns the `after` that continues behind a frame. */
export const positionOf = (frame: Frame): number => (frame.type === 'gap' ? frame.to : frame.seq);

/** Yields the frames of a job and returns after the `end` frame. Reconnects, and neither repeats nor skips a frame. */
export async function* followJob(
  transport: Transport,
  id: string,
  { after = 0, ...options }: FollowOptions,
): AsyncGenerator<Frame, void> {
  const { retries } = transport.settings;
  let position = after;
  let wasOpen = false;
  for (let failures = 0; ; failures += 1) {
    try {
      for await (const frame of readFrames(transport, id, position, options)) {
        failures = 0;
        wasOpen = true;
        position = positionOf(frame);
        yield frame;
        if (frame.type === 'end') return;
      }
      // 204: the client has already received the end.
      return;
    } catch (error) {
      options.signal?.throwIfAborted();
      const pauseMs = isLost(error) ? pauseAfter(asLost(error), failures, wasOpen ? RECONNECTS : retries) : undefined;
      if (pauseMs === undefined) throw error;
      await delay(pauseMs, options.signal);
    }
  }
}

/** Returns whether a stream can continue on another connection. */
export const isLost = (error: unknown): boolean =>
  error instanceof ConnectionError || (isTrainyardError(error) && (error.status >= 500 || error.status === 429));
/** Returns the error that decides how long to wait. */
export const asLost = (error: unknown): unknown =>
  isTrainyardError(error) && error.retryAfterS === undefined ? new ConnectionError(error.detail) : error;

/** Yields the frames that arrive on one connection. Throws a ConnectionError if it ends before the `end` frame. */
async function* readFrames(
  transport: Transport,
  id: string,
  after: number,
  options: CallOptions,
): AsyncGenerator<Frame> {
  const connection = linkAbort(options.signal);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const onBytes = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => connection.abort(new ConnectionError('The stream was silent.')), SILENT_MS);
  };
  try {
    const body = await openStream(transport, id, after, { ...options, signal: connection.signal });
    if (body === undefined) return;
    onBytes();
    for await (const { type, data } of readEvents(body, onBytes)) {
      if (type === 'problem') throw errorOf(500, data);
      yield JSON.parse(data) as Frame;
    }
    throw new ConnectionError(`The stream of job ${id} ended early.`);
  } catch (error) {
    if (connection.signal.aborted) throw connection.signal.reason;
    throw isTrainyardError(error) || error instanceof ConnectionError ? error : unreachable(transport.settings, error);
  } finally {
    clearTimeout(timer);
    connection.abort();
    connection.release();
  }
}

/** Opens the stream. Returns undefined if the job has no frame after `after` and has ended. */
function openStream({ request }: Transport, id: string, after: number, options: CallOptions) {
  const call: Call<ReadableStream | undefined> = {
    accept: 'text/event-stream',
    retry: false,
    streams: true,
    read: async ({ status, body }) => (status === 204 || body === null ? undefined : (body as ReadableStream)),
  };
  return request(pathOf`/jobs/${id}/events`, { ...options, after }, call);
}
