/** Frames of several jobs, from one WebSocket. A lost connection continues after the last frame of each job. */
import { delay } from './abort.js';
import { ConnectionError, TrainyardError } from './client-errors.js';
import type { ClientSettings, WebSocketLike } from './client-settings.js';
import type { CallOptions, ErrorCode, Frame } from './client-types.js';
import { positionOf } from './job-frames.js';
import { pathOf, pauseAfter, type Transport, urlOf } from './transport.js';

export type FollowAllOptions = CallOptions &
  Readonly<{
    /** Ids of the jobs, at most 100. Default: all jobs that have not ended, and all that come. */
    jobs?: readonly string[] | undefined;
    /** Number of the last frame already received of each job. */
    after?: Readonly<Record<string, number>> | undefined;
  }>;

/** Retries of a stream that was open before: about five minutes. */
const RECONNECTS = 40;
const ENDED = 1000;
/** Close codes from here on are 4000 and the HTTP status of an error. */
const REFUSED = 4000;
const CODES: Readonly<Record<number, ErrorCode>> = { 4409: 'stream_ahead', 4410: 'stream_gone' };

/** What the follower has received: the next connection continues there. */
type Progress = { positions: Map<string, number>; ended: Set<string>; newest: { id: string; at: string } | undefined };

type Closing = Readonly<{ code: number; reason: string }>;

/** Yields the frames of these jobs, each once. */
export async function* followJobs(transport: Transport, options: FollowAllOptions): AsyncGenerator<Frame, void> {
  const progress: Progress = {
    positions: new Map(Object.entries(options.after ?? {})),
    ended: new Set(),
    newest: undefined,
  };
  let wasOpen = false;
  for (let failures = 0; ; failures += 1) {
    const connection = connect(transport.settings, urlFor(transport.settings, options.jobs, progress), options.signal);
    const closing = yield* newFrames(connection, progress);
    options.signal?.throwIfAborted();
    if (closing.code === ENDED) return;
    if (closing.code >= REFUSED) throw refusal(closing);
    if (connection.isOpened()) [wasOpen, failures] = [true, 0];
    else if (!wasOpen) await explain(transport, options);
    const lost = new ConnectionError(
      `The stream of ${transport.settings.url} was lost: ${closing.reason || closing.code}.`,
    );
    const pauseMs = pauseAfter(lost, failures, wasOpen ? RECONNECTS : transport.settings.retries);
    if (pauseMs === undefined) throw lost;
    await delay(pauseMs, options.signal);
  }
}

/** Yields the frames of a connection that are new, and notes their positions. Returns why the connection closed. */
async function* newFrames(connection: Connection, progress: Progress): AsyncGenerator<Frame, Closing> {
  try {
    for (let message = await connection.next(); ; message = await connection.next()) {
      if (typeof message !== 'string') return message;
      const frame = JSON.parse(message) as Frame;
      const { jobId } = frame;
      if (positionOf(frame) <= (progress.positions.get(jobId) ?? 0)) continue;
      progress.positions.set(jobId, positionOf(frame));
      if (frame.type === 'end') progress.ended.add(jobId);
      const isNewer = frame.at !== undefined && frame.at >= (progress.newest?.at ?? '');
      if (positionOf(frame) === 1 && isNewer) progress.newest = { id: jobId, at: frame.at ?? '' };
      yield frame;
    }
  } finally {
    connection.close();
  }
}

/** Returns the address that continues: behind the last frame of each job that has not ended, and with the newest job, ended or not. */
function urlFor(settings: ClientSettings, jobs: readonly string[] | undefined, progress: Progress): string {
  const open = jobs?.filter((id) => !progress.ended.has(id));
  const known = [...progress.positions].filter(([id]) =>
    open ? open.includes(id) : !progress.ended.has(id) || id === progress.newest?.id,
  );
  const after = known.map(([id, seq]) => `${id}:${seq}`).join(',') || undefined;
  return urlOf(settings, { path: '/metrics', query: { jobs: open?.join(','), after } }).replace(/^http/, 'ws');
}

/** Finds out why a connection was refused, which a WebSocket does not say. Throws the error of the service if there is one. */
async function explain({ request }: Transport, { jobs = [], signal }: FollowAllOptions): Promise<void> {
  await request({ signal, path: '/livez' });
  for (const id of jobs) await request({ signal, path: pathOf`/jobs/${id}` });
}

function refusal({ code, reason }: Closing): TrainyardError {
  const status = code - REFUSED;
  return new TrainyardError({ code: CODES[code] ?? 'internal', status, title: `HTTP ${status}`, detail: reason });
}

type Connection = ReturnType<typeof connect>;

/** Opens a WebSocket and buffers its messages. */
function connect({ WebSocket, apiKey }: ClientSettings, url: string, signal: AbortSignal | undefined) {
  if (WebSocket === undefined) {
    throw new TypeError('This runtime has no WebSocket. Pass one: new Trainyard({ WebSocket }), from the package ws.');
  }
  signal?.throwIfAborted();
  // Browsers cannot send headers with a WebSocket, and need no key for pages of the service itself.
  const headers = apiKey === undefined ? undefined : { headers: { authorization: `Bearer ${apiKey}` } };
  const socket = (headers ? new WebSocket(url, headers) : new WebSocket(url)) as WebSocketLike;
  const messages: (string | Closing)[] = [];
  let isOpened = false;
  let wake: (() => void) | undefined;
  const push = (message: string | Closing): void => {
    messages.push(message);
    wake?.();
  };
  const onAbort = (): void => push({ code: ENDED, reason: 'aborted' });
  signal?.addEventListener('abort', onAbort, { once: true });
  socket.onopen = () => {
    isOpened = true;
  };
  socket.onmessage = ({ data }) => push(String(data));
  socket.onclose = ({ code, reason }) => push({ code, reason: String(reason) });
  // A close event follows each error event, and says no less.
  socket.onerror = () => undefined;
  return {
    isOpened: () => isOpened,
    /** Resolves with the next message, or with the reason once the connection has closed. */
    async next(): Promise<string | Closing> {
      while (messages.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      if (signal?.aborted) throw signal.reason;
      return messages.shift() as string | Closing;
    },
    close(): void {
      signal?.removeEventListener('abort', onAbort);
      socket.onclose = null;
      socket.close();
    },
  };
}
