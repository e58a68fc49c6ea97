/** Messages about all jobs since a cursor: frames without the history before it, notices, and new cursors. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Pace } from '../concurrency/event-loop-pacer.js';
import { type FrameType, positionOf, type StreamFrame } from '../contracts/jobs/frame.js';
import type { JobNotice, StreamCursor, StreamMessage } from '../contracts/jobs/stream-message.js';
import { TrainyardError } from '../errors/errors.js';
import { ALL, type Feeds, type Inbox, type LiveFrame, openInbox } from './feeds.js';
import { isGone, isUnavailable, RETRY_MS } from './follow-frames.js';
import type { FollowPosition } from './follow-positions.js';
import { jobsOfProject } from './jobs-of-project.js';
import type { MessageIndex } from './message-index.js';
import type { Redis } from './redis.js';
import type { StreamReader } from './stream-reader.js';

/** Minimum time between two cursors, in milliseconds. */
const CURSOR_MS = 1_000;

export type FollowSince = Readonly<{
  /** Number of the last message that the client received, or `now`. */
  since: number | 'now';
  /** Project of the jobs. Undefined: all projects. */
  project?: string | undefined;
  /** Whether to yield also the frames before `since` of the jobs that had not ended then. Default false. */
  history?: boolean | undefined;
  /** Types of the frames to yield. Default: all. */
  types?: ReadonlySet<FrameType> | undefined;
  /** Minimum time between two `step` frames of one job, in milliseconds. Default 0: yields all. */
  stepMs?: number | undefined;
}>;

export type FollowMessagesDeps = Readonly<{
  feeds: Feeds;
  stream: StreamReader;
  index: MessageIndex;
  redis: Redis;
  openJobs: (project: string | undefined) => Promise<readonly string[]>;
  pace: Pace;
}>;

/** `endsAt`: number of a message at or after the `end` frame. Undefined until the job has ended for this follower. */
type JobPosition = FollowPosition & { endsAt?: number; stepAt?: number };

type State = FollowMessagesDeps & {
  inbox: Inbox & { notices: Map<string, JobNotice> };
  signal: AbortSignal;
  filter: Pick<FollowSince, 'types' | 'stepMs'>;
  /** Whether the history of open jobs has not been looked for yet. */
  lacksHistory: boolean;
  /** Number of a message. Everything up to it has been yielded. */
  cursor: number;
  /** Number of a message. Nothing above it has been yielded while streams were read, where frames have no such number. */
  ahead: number;
  /** Positions in the jobs that had frames after the cursor, or since this follower began. */
  places: Map<string, JobPosition>;
  sent: { cursor: number; atMs: number };
};

/**
 * Yields messages until `signal` is aborted. After a cursor has been yielded, a follower that continues from it gets every frame after it.
 * Costs nothing for jobs without new frames. Continues after Redis was away. Throws `stream_ahead` if Redis has lost messages.
 */
export async function* followMessages(
  deps: FollowMessagesDeps,
  { since, history = false, project, ...filter }: FollowSince,
  signal: AbortSignal,
): AsyncGenerator<StreamMessage> {
  const inbox = { ...openInbox(project), notices: new Map<string, JobNotice>() };
  const sent = { cursor: -1, atMs: Number.NEGATIVE_INFINITY };
  const places = new Map<string, JobPosition>();
  const state: State = { ...deps, inbox, signal, filter, lacksHistory: history, cursor: -1, ahead: 0, places, sent };
  const wakeUp = (): void => inbox.wake();
  signal.addEventListener('abort', wakeUp);
  try {
    await deps.feeds.join(ALL, inbox);
    while (!signal.aborted) {
      try {
        if (state.cursor === -1) {
          state.cursor = await firstCursor(deps.index, since);
          if (since === 'now') yield send(state);
        }
        if (state.lacksHistory) await addOpenJobs(state);
        yield* catchUpAll(state);
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
        continue;
      }
      if (signal.aborted) return;
      yield* takeNotices(state);
      yield* newCursor(state);
      const live = inbox.frames.shift();
      if (live !== undefined) {
        await deps.pace();
        yield* take(live, state);
      } else if (!inbox.isStale && inbox.stale.size === 0 && inbox.notices.size === 0 && !signal.aborted) {
        await new Promise<void>((resolve) => (inbox.wake = resolve));
      }
    }
  } finally {
    signal.removeEventListener('abort', wakeUp);
    deps.feeds.leave(ALL, inbox);
  }
}

async function firstCursor(index: MessageIndex, since: number | 'now'): Promise<number> {
  const last = await index.last();
  if (since === 'now') return last;
  if (since <= last) return since;
  const sentence = `The cursor ${since} is beyond the last message ${last}, because messages were lost. Use since=now.`;
  throw new TrainyardError('stream_ahead', sentence);
}

/** Has the jobs that had not ended at the cursor read from their first frame. The next cursor says that all of them were. */
async function addOpenJobs(state: State): Promise<void> {
  const { inbox, index, stream, cursor, places, sent } = state;
  const open = new Set(await state.openJobs(inbox.project));
  for (const jobId of await changedAfter(cursor, state)) {
    if (open.has(jobId)) continue;
    // A job that has ended since has its `end` frame after the cursor. Any other was only edited or deleted.
    const end = (await stream.endOf(jobId)) ?? 0;
    if ((await index.placeOf(jobId, cursor)).seq < end) open.add(jobId);
  }
  for (const jobId of open) {
    places.set(jobId, { last: 0, hasEnded: false });
    inbox.stale.add(jobId);
  }
  Object.assign(sent, { cursor: -1, atMs: Number.NEGATIVE_INFINITY });
  state.lacksHistory = false;
}

/** Returns the ids of the followed jobs with a message after the cursor. */
const changedAfter = async (cursor: number, { index, redis, inbox }: State): Promise<readonly string[]> =>
  jobsOfProject(redis, inbox.project, await index.changedAfter(cursor));

/** Reads the streams of the jobs of which frames may have been missed. */
async function* catchUpAll(state: State): AsyncGenerator<StreamMessage> {
  const { inbox, index, signal } = state;
  const wasStale = inbox.isStale;
  // Before the streams are read, so that they contain everything up to this number.
  const last = wasStale ? await index.last() : state.cursor;
  if (wasStale) {
    inbox.isStale = false;
    try {
      for (const jobId of await changedAfter(state.cursor, state)) inbox.stale.add(jobId);
    } catch (error) {
      inbox.isStale = true;
      throw error;
    }
  }
  const hadStale = inbox.stale.size > 0;
  for (const jobId of inbox.stale) {
    yield* catchUp(jobId, state);
    if (signal.aborted) return;
  }
  state.cursor = Math.max(state.cursor, last);
  if (hadStale) state.ahead = await index.last();
}

/** Yields the frames of a job that the follower lacks. */
async function* catchUp(jobId: string, state: State): AsyncGenerator<StreamMessage> {
  const { inbox, index, stream, pace, signal, places } = state;
  inbox.stale.delete(jobId);
  try {
    const { seq, isEdited } = await index.placeOf(jobId, state.cursor);
    if (isEdited) inbox.notices.set(jobId, { type: 'notice', event: 'edited', jobId, at: new Date().toISOString() });
    const place = places.get(jobId) ?? { last: seq, hasEnded: false };
    places.set(jobId, place);
    if (place.hasEnded) return;
    for await (const frame of stream.replay(jobId, place.last, place.seen)) {
      await pace();
      if (signal.aborted) return;
      yield* advance(place, frame, state);
      if (place.hasEnded) break;
    }
    if (place.hasEnded) place.endsAt = await index.last();
  } catch (error) {
    if (isUnavailable(error)) inbox.stale.add(jobId);
    if (!isGone(error)) throw error;
    inbox.notices.set(jobId, { type: 'notice', event: 'deleted', jobId, at: new Date().toISOString() });
    places.set(jobId, { last: 0, hasEnded: true, endsAt: await index.last() });
  }
}

/** Yields a live frame if it is the next one of its job. After a gap, marks the stream to be read. */
function* take({ number, frame }: LiveFrame, state: State): Generator<StreamMessage> {
  const { inbox, places } = state;
  if (number > state.cursor) {
    const place = places.get(frame.jobId) ?? { last: frame.seq - 1, hasEnded: false };
    places.set(frame.jobId, place);
    if (!place.hasEnded && frame.seq > place.last + 1) inbox.stale.add(frame.jobId);
    else if (!place.hasEnded && frame.seq > place.last) {
      yield* advance(place, frame, state);
      if (place.hasEnded) place.endsAt = number;
    }
  }
  if (inbox.stale.size === 0 && !inbox.isStale) state.cursor = Math.max(state.cursor, number);
}

/** Notes a frame as received, and yields it if the client wants it. */
function* advance(place: JobPosition, frame: StreamFrame, { filter }: State): Generator<StreamMessage> {
  place.last = positionOf(frame);
  place.seen = frame.type === 'gap' ? undefined : frame;
  if (frame.type === 'end') place.hasEnded = true;
  if (filter.types?.has(frame.type) === false) return;
  if (frame.type === 'step' && filter.stepMs) {
    const now = performance.now();
    if (now - (place.stepAt ?? Number.NEGATIVE_INFINITY) < filter.stepMs) return;
    place.stepAt = now;
  }
  yield frame;
}

function* takeNotices({ inbox }: State): Generator<JobNotice> {
  for (const [jobId, notice] of inbox.notices) {
    inbox.notices.delete(jobId);
    yield notice;
  }
}

/**
 * Yields the cursor if it has changed, and forgets the jobs that had ended before it. Waits until the cursor has passed all frames that
 * were yielded: a client that continues from it must not receive them again.
 */
function* newCursor(state: State): Generator<StreamCursor> {
  const { inbox, sent, places } = state;
  if (inbox.isStale || inbox.stale.size > 0) return;
  if (inbox.frames.length === 0 && inbox.notices.size === 0) state.cursor = Math.max(state.cursor, inbox.last);
  const { cursor } = state;
  if (cursor === sent.cursor || cursor < state.ahead) return;
  if (performance.now() - sent.atMs < CURSOR_MS) return;
  for (const [jobId, { endsAt = Number.POSITIVE_INFINITY }] of places) if (endsAt <= cursor) places.delete(jobId);
  yield send(state);
}

/** Returns the message with the current cursor, and notes that it was sent. */
function send({ cursor, sent }: State): StreamCursor {
  Object.assign(sent, { cursor, atMs: performance.now() });
  return { type: 'cursor', cursor: String(cursor) };
}
