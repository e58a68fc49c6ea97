/** Frames of several jobs, from one WebSocket. A lost connection continues after the last frame of each job. */
import { delay } from './abort.js';
import { ConnectionError, TrainyardError, unless } from './client-errors.js';
import type { WebSocketLike } from './client-settings.js';
import type { CallOptions, ErrorCode, Frame, JobNotice, StreamCursor, StreamTicket } from './client-types.js';
import { asLost, isLost, positionOf } from './job-frames.js';
import { bearer, nothing, pauseAfter, type Transport, urlOf } from './transport.js';

export type FollowAllOptions = CallOptions &
  Readonly<{
    /** Ids of the jobs, at most 100. Default: all jobs that have not ended, and every job submitted later. */
    jobs?: readonly string[] | undefined;
    /**
     * Number of the last frame already received of each job. The address names each of them: more than about 300 are refused with
     * `headers_too_large`. Default: from the first frames on. Without `jobs` and `after`, any number of jobs is followed.
     */
    after?: Readonly<Record<string, number>> | undefined;
  }>;

export type FollowNewOptions = CallOptions &
  Readonly<{
    /** False: only frames from now on, of all jobs, also of jobs that are submitted later. */
    history: false;
    /** A cursor that an earlier stream yielded. Default: from now on. */
    since?: string | undefined;
    /** Types of the frames to receive. Default: all. */
    types?: readonly Frame['type'][] | undefined;
    /** Minimum time between two `step` frames of one job, in milliseconds, 0–60,000. Default 0: receives all. */
    stepMs?: number | undefined;
  }>;

/** A message of a stream without history. */
export type StreamMessage = Frame | StreamCursor | JobNotice;

/** Retries of a stream that was open before: about five minutes. */
const RECONNECTS = 40;
const ENDED = 1000;
const UPGRADE_REQUIRED = 426;
/** Close codes from here on are 4000 and the HTTP status of an error. */
const REFUSED = 4000;
const CODES: Readonly<Record<number, ErrorCode>> = { 4401: 'unauthorized', 4409: 'stream_ahead', 4410: 'stream_gone' };

/** Progress of a follower of named jobs: the next connection continues there. */
type Progress = { positions: Map<string, number>; ended: Set<string>; newest: { id: string; at: string } | undefined };

type Closing = Readonly<{ code: number; reason: string }>;

/** State of a follower over all its connections. */
type Follower<Message> = Readonly<{
  /** Returns the query of a connection that continues after the messages so far. */
  query: () => Query;
  /** Notes a message as received. Returns false if it was received before. */
  take: (message: Message) => boolean;
}>;
type Query = Readonly<Record<string, string | number | undefined>>;

/** Yields each frame of the given jobs once. Without `jobs` and `after`: of all jobs. */
export const followJobs = (transport: Transport, options: FollowAllOptions): AsyncGenerator<Frame, void> => {
  const isAll = options.jobs === undefined && options.after === undefined;
  return followStream(transport, isAll ? allFollower() : framesFollower(options), options);
};

/** Yields the messages from now on, each frame once. */
export const followNew = (transport: Transport, options: FollowNewOptions): AsyncGenerator<StreamMessage, void> =>
  followStream(transport, messagesFollower(options), options);

async function* followStream<Message>(
  transport: Transport,
  follower: Follower<Message>,
  options: FollowAllOptions,
): AsyncGenerator<Message, void> {
  const { signal } = options;
  const { retries, url } = transport.settings;
  let wasOpen = false;
  for (let failures = 0; ; failures += 1) {
    let lost: unknown;
    try {
      const connection = connect(await openSocket(transport, follower.query(), signal), signal);
      const closing = yield* newMessages(connection, follower);
      signal?.throwIfAborted();
      if (closing.code === ENDED) return;
      if (closing.code >= REFUSED) throw refusal(closing);
      if (connection.isOpened()) [wasOpen, failures] = [true, 0];
      else await explain(transport, follower.query(), { signal, retry: !wasOpen });
      lost = new ConnectionError(`The stream of ${url} was lost: ${closing.reason || closing.code}.`);
    } catch (error) {
      signal?.throwIfAborted();
      if (!wasOpen || !isLost(error)) throw error;
      lost = asLost(error);
    }
    const pauseMs = pauseAfter(lost, failures, wasOpen ? RECONNECTS : retries);
    if (pauseMs === undefined) throw lost;
    await delay(pauseMs, signal);
  }
}

/** Yields the messages of a connection that are new. Returns why the connection closed. */
async function* newMessages<Message>(
  connection: Connection,
  { take }: Follower<Message>,
): AsyncGenerator<Message, Closing> {
  try {
    for (let text = await connection.next(); ; text = await connection.next()) {
      if (typeof text !== 'string') return text;
      const message = JSON.parse(text) as Message;
      if (take(message)) yield message;
    }
  } finally {
    connection.close();
  }
}

/** Notes the position of a frame. Returns false if it was noted before. */
function isNew(frame: Frame, positions: Map<string, number>): boolean {
  const position = positionOf(frame);
  if (position <= (positions.get(frame.jobId) ?? 0)) return false;
  positions.set(frame.jobId, position);
  return true;
}

/** Continues behind the last frame of each job that has not ended, and with the newest job, ended or not. */
function framesFollower({ jobs, after = {} }: FollowAllOptions): Follower<Frame> {
  const progress: Progress = { positions: new Map(Object.entries(after)), ended: new Set(), newest: undefined };
  return {
    query() {
      const open = jobs?.filter((id) => !progress.ended.has(id));
      const known = [...progress.positions].filter(([id]) =>
        open ? open.includes(id) : !progress.ended.has(id) || id === progress.newest?.id,
      );
      return { jobs: open?.join(','), after: known.map(([id, seq]) => `${id}:${seq}`).join(',') || undefined };
    },
    take(frame) {
      const { jobId } = frame;
      if (!isNew(frame, progress.positions)) return false;
      if (frame.type === 'end') progress.ended.add(jobId);
      const isNewer = frame.at !== undefined && frame.at >= (progress.newest?.at ?? '');
      if (positionOf(frame) === 1 && isNewer) progress.newest = { id: jobId, at: frame.at ?? '' };
      return true;
    },
  };
}

/**
 * Follows all jobs with the history of those that had not ended at the first cursor. A connection that was lost before the history was
 * complete begins it again, and the frames that were received are left out. Later ones continue from the last cursor.
 */
function allFollower(): Follower<Frame> {
  const news = messagesFollower({ history: false });
  let cursors = 0;
  return {
    query: () => ({ ...news.query(), ...(cursors < 2 && { history: 'true' }) }),
    take(message: StreamMessage) {
      // The first cursor precedes the history, and the second one follows it.
      if (message.type === 'cursor') cursors += 1;
      return news.take(message) && message.type !== 'cursor' && message.type !== 'notice';
    },
  };
}

/** Continues from the last cursor. `positions` has the frames that were received after it, which the service sends again. */
function messagesFollower({ since = 'now', types, stepMs }: FollowNewOptions): Follower<StreamMessage> {
  const positions = new Map<string, number>();
  let cursor = since;
  return {
    query: () => ({ since: cursor, types: types?.join(','), stepMs }),
    take(message) {
      if (message.type === 'cursor') {
        cursor = message.cursor;
        positions.clear();
      } else if (message.type !== 'notice') {
        return isNew(message, positions);
      }
      return true;
    },
  };
}

/**
 * Finds out why a connection was refused, which a WebSocket does not say: the same request without an upgrade has the same faults. Throws
 * the error of the service if there is one.
 */
const explain = ({ request }: Transport, query: Query, { retry, signal }: CallOptions & { retry: boolean }) =>
  request('/metrics', { signal, ...query }, { allow: UPGRADE_REQUIRED, read: nothing, retry });

function refusal({ code, reason }: Closing): TrainyardError {
  const status = code - REFUSED;
  return new TrainyardError({ code: CODES[code] ?? 'internal', status, title: `HTTP ${status}`, detail: reason });
}

type Connection = ReturnType<typeof connect>;

/** Opens a WebSocket. The key goes in a header; a browser, which cannot send headers, gets a ticket: no key stands in an address. */
async function openSocket({ request, settings }: Transport, query: Query, signal: AbortSignal | undefined) {
  const { WebSocket, apiKey } = settings;
  if (WebSocket === undefined) {
    throw new TypeError('This runtime has no WebSocket. Pass one: new Trainyard({ WebSocket }), from the package ws.');
  }
  signal?.throwIfAborted();
  const open = (more: Query, ...options: object[]): WebSocketLike =>
    new WebSocket(urlOf(settings, '/metrics', { ...query, ...more }).replace(/^http/, 'ws'), ...options);
  if (apiKey === undefined) return open({});
  try {
    return open({}, { headers: bearer(apiKey) });
  } catch {
    // Browsers take the options for the name of a protocol, and throw.
    const call = { method: 'POST', retry: true } as const;
    const answer = await unless('authentication_off', request<StreamTicket>('/tickets', { signal }, call));
    return open({ ticket: answer?.ticket });
  }
}

/** Buffers the messages of a WebSocket. */
function connect(socket: WebSocketLike, signal: AbortSignal | undefined) {
  const messages: (string | Closing)[] = [];
  let isOpened = false;
  let wake = (): void => undefined;
  const push = (message: string | Closing): void => {
    messages.push(message);
    wake();
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
