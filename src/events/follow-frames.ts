/** Frames of one follower: reads the streams of its jobs, then passes live frames on, and reads again if it may have missed any. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Pace } from '../concurrency/event-loop-pacer.js';
import type { Frame, StreamFrame } from '../contracts/jobs/frame.js';
import { TrainyardError } from '../errors/errors.js';
import type { Coalesced } from './coalesced-reads.js';
import { ALL, type Feeds, type FrameSource, type Inbox, openInbox } from './feeds.js';
import type { FollowPositions } from './follow-positions.js';
import { findOpenJobs, newestOf, type OpenJobs } from './open-jobs.js';
import type { Redis } from './redis.js';
import type { StreamReader } from './stream-reader.js';

/** Wait before a stream is read again while Redis is away, in milliseconds. */
export const RETRY_MS = 250;

export type FollowDeps = Readonly<{
  redis: Redis;
  feeds: Feeds;
  stream: StreamReader;
  coalesceOpenJobs: Coalesced<OpenJobs>;
  /** If all jobs are followed: their project. Undefined: all projects. */
  project: string | undefined;
  pace: Pace;
}>;

type Follower = FollowDeps & Readonly<{ inbox: Inbox; positions: FollowPositions; signal: AbortSignal }>;

/**
 * Yields the frames of the jobs in `positions`. Ends after the last of their `end` frames, or when `signal` is aborted; never by itself if
 * all jobs are followed. Continues after Redis was away. Throws `stream_ahead` and `stream_gone` like `replay`.
 */
export async function* followFrames(
  deps: FollowDeps,
  positions: FollowPositions,
  signal: AbortSignal,
): AsyncGenerator<StreamFrame> {
  const { feeds, pace } = deps;
  const inbox = openInbox(deps.project);
  const follower: Follower = { ...deps, inbox, positions, signal };
  const findJobs = createJobFinder(follower);
  const sources: FrameSource[] = positions.followsAll ? [ALL] : [...positions.named.keys()];
  const wakeUp = (): void => inbox.wake();
  signal.addEventListener('abort', wakeUp);
  try {
    await Promise.all(sources.map((source) => feeds.join(source, inbox)));
    while (!signal.aborted && positions.isOpen()) {
      try {
        yield* catchUpAll(follower, findJobs);
        if (signal.aborted) return;
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
        continue;
      }
      const frame = inbox.frames.shift()?.frame;
      if (frame !== undefined) {
        await pace();
        if (isNext(frame, follower)) yield frame;
      } else if (!inbox.isStale && inbox.stale.size === 0 && positions.isOpen() && !signal.aborted) {
        await new Promise<void>((resolve) => (inbox.wake = resolve));
      }
    }
  } finally {
    signal.removeEventListener('abort', wakeUp);
    for (const source of sources) feeds.leave(source, inbox);
  }
}

/** Reads the streams of all jobs of which frames may have been missed. */
async function* catchUpAll(follower: Follower, findJobs: () => Promise<void>): AsyncGenerator<StreamFrame> {
  const { inbox, signal } = follower;
  if (inbox.isStale) await markAllStale(follower, findJobs);
  for (const jobId of inbox.stale) {
    yield* catchUp(jobId, follower);
    if (signal.aborted) return;
  }
}

async function markAllStale({ inbox, positions }: Follower, findJobs: () => Promise<void>): Promise<void> {
  inbox.isStale = false;
  try {
    await findJobs();
  } catch (error) {
    inbox.isStale = true;
    throw error;
  }
  for (const jobId of positions.openJobs()) inbox.stale.add(jobId);
}

/** Returns a function that adds the open jobs and those submitted since its last call, if all jobs are followed. */
function createJobFinder({ redis, coalesceOpenJobs, pace, positions, project }: Follower): () => Promise<void> {
  let newest: number | undefined;
  return async () => {
    if (!positions.followsAll) return;
    const above = newest ?? (await newestOf(redis, [...positions.named.keys()]));
    const found = await coalesceOpenJobs(`${above} ${project}`, () => findOpenJobs(redis, above, project));
    await pace();
    newest = found.newest;
    positions.addMissing(found.ids);
  };
}

/** Yields the frames of a job that the follower lacks. */
async function* catchUp(jobId: string, follower: Follower): AsyncGenerator<StreamFrame> {
  const { inbox, positions, stream, pace, signal } = follower;
  inbox.stale.delete(jobId);
  const position = positions.openIn(jobId);
  if (position === undefined) return;
  const start = position.last;
  try {
    for await (const frame of stream.replay(jobId, start, position.seen)) {
      await pace();
      if (signal.aborted) return;
      positions.advance(position, frame);
      yield frame;
      if (position.hasEnded) return;
    }
    if (position.last === start && (await stream.endOf(jobId)) === start) positions.end(position);
  } catch (error) {
    if (isUnavailable(error)) inbox.stale.add(jobId);
    // If all jobs are followed, a deleted job that the client did not name ends silently.
    if (!(positions.followsAll && isGone(error) && !positions.named.has(jobId))) throw error;
    positions.end(position);
  }
}

/** Returns whether a live frame is the next of its job, and advances the position. After a gap, marks the stream to be read. */
function isNext(frame: Frame, { inbox, positions }: Follower): boolean {
  const position = positions.openIn(frame.jobId);
  if (position === undefined || frame.seq <= position.last) return false;
  if (frame.seq !== position.last + 1) {
    inbox.stale.add(frame.jobId);
    return false;
  }
  positions.advance(position, frame);
  return true;
}

const hasCode = (error: unknown, code: string): boolean => error instanceof TrainyardError && error.code === code;
export const isUnavailable = (error: unknown): boolean => hasCode(error, 'redis_unavailable');
export const isGone = (error: unknown): boolean => hasCode(error, 'stream_gone');
