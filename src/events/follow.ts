/** Following jobs: every frame of each exactly once and in order, those there are and then each as it is written. */
import { setTimeout as delay } from 'node:timers/promises';
import { createPacer } from '../concurrency/event-loop-pacer.js';
import { type Frame, positionOf, type StreamFrame } from '../contracts/jobs/frame.js';
import { TrainyardError } from '../errors/errors.js';
import { createCoalesced } from './coalesce.js';
import type { ReportCorruptRecord } from './corrupt-records.js';
import { ALL, createFeeds, type FrameSource, openInbox } from './feeds.js';
import { findOpenJobs, newestOf, type OpenJobs } from './open-jobs.js';
import type { Redis } from './redis.js';
import { createStreamReader } from './stream-reader.js';

/** Frames handed to followers in one turn of the event loop: about a millisecond of work. */
const FRAMES_PER_TURN = 32;
/** Wait before a stream is read again while Redis is away. */
const RETRY_MS = 250;
/** How often it is looked whether a followed stream is still there: nobody says so when it is deleted. */
const CHECK_MS = 15_000;

/** How far a follower is with a job; `seen` is its last frame, where this follower was given it. */
type FollowPosition = { last: number; seen?: Frame | undefined; hasEnded: boolean };

export type FollowMany = Readonly<{
  /** The jobs to follow. Unset: all that have not ended, and all that come. */
  jobs?: readonly string[];
  /** Per job the last number seen. A job without one is followed from its first frame. */
  after: ReadonlyMap<string, number>;
}>;

type ReaderOptions = Readonly<{ checkMs?: number; report?: ReportCorruptRecord }>;

export type EventReader = ReturnType<typeof createEventReader>;

/**
 * `redis` runs commands; `subscriber` is a connection of its own, shared by all followers of this process. Whenever frames may
 * have been missed (a new subscription, a gap, a full inbox) the stream is read instead.
 */
export function createEventReader(redis: Redis, subscriber: Redis, options: ReaderOptions = {}) {
  const { checkMs = CHECK_MS, report } = options;
  const feeds = createFeeds(subscriber, report);
  const history = createStreamReader(redis, report);
  const coalesceOpenJobs = createCoalesced<OpenJobs>();
  const pace = createPacer(FRAMES_PER_TURN);
  let checking: NodeJS.Timeout | undefined;

  /** Whoever follows a stream that is gone is told by reading it. */
  function check(): void {
    for (const jobId of feeds.jobs()) {
      history.verify(jobId, 0).catch((error: unknown) => {
        if (!isUnavailable(error)) feeds.markStale(jobId);
      });
    }
    if (feeds.jobs().length > 0) return;
    clearInterval(checking);
    checking = undefined;
  }

  /**
   * Follows the jobs of `positions`, and with `all` those that come. Ends after the last of their `end` frames, with `all` never,
   * and when `signal` is aborted. Goes on by itself when Redis was away. Throws `stream_ahead` and `stream_gone` as `replay` does.
   */
  async function* run(
    positions: Map<string, FollowPosition>,
    all: boolean,
    signal: AbortSignal,
  ): AsyncGenerator<StreamFrame> {
    const sources: FrameSource[] = all ? [ALL] : [...positions.keys()];
    const inbox = openInbox();
    const named = new Set(positions.keys());
    let open = positions.size;
    let newest: number | undefined;

    const end = (position: FollowPosition): void => {
      position.hasEnded = true;
      position.seen = undefined;
      open -= 1;
    };
    const advance = (position: FollowPosition, frame: StreamFrame): void => {
      position.last = positionOf(frame);
      position.seen = frame.type === 'gap' ? undefined : frame;
      if (frame.type === 'end') end(position);
    };
    function add(jobId: string): FollowPosition {
      const position = { last: 0, hasEnded: false };
      positions.set(jobId, position);
      open += 1;
      return position;
    }
    /** With all jobs, one that is new is followed from its first frame. */
    const positionIn = (jobId: string): FollowPosition | undefined =>
      positions.get(jobId) ?? (all ? add(jobId) : undefined);
    async function findJobs(): Promise<void> {
      const above = newest ?? (await newestOf(redis, [...named]));
      const found = await coalesceOpenJobs(String(above), () => findOpenJobs(redis, above));
      await pace();
      newest = found.newest;
      for (const jobId of found.ids) if (!positions.has(jobId)) add(jobId);
    }
    async function lookAround(): Promise<void> {
      inbox.isStale = false;
      try {
        if (all) await findJobs();
      } catch (error) {
        inbox.isStale = true;
        throw error;
      }
      for (const [jobId, { hasEnded }] of positions) if (!hasEnded) inbox.stale.add(jobId);
    }
    async function* catchUp(jobId: string): AsyncGenerator<StreamFrame> {
      inbox.stale.delete(jobId);
      const position = positionIn(jobId);
      if (position === undefined || position.hasEnded) return;
      const start = position.last;
      try {
        for await (const frame of history.replay(jobId, start, position.seen)) {
          await pace();
          if (signal.aborted) return;
          advance(position, frame);
          yield frame;
          if (position.hasEnded) return;
        }
        if (position.last === start && (await history.endOf(jobId)) === start) end(position);
      } catch (error) {
        if (isUnavailable(error)) inbox.stale.add(jobId);
        // Of all jobs, one that was deleted is no reason to stop.
        if (!(all && isGone(error) && !named.has(jobId))) throw error;
        end(position);
      }
    }
    /** Whether the frame is the next of its job. */
    function takes(frame: Frame): boolean {
      const position = positionIn(frame.jobId);
      if (position === undefined || position.hasEnded || frame.seq <= position.last) return false;
      if (frame.seq !== position.last + 1) {
        inbox.stale.add(frame.jobId);
        return false;
      }
      advance(position, frame);
      return true;
    }

    const wakeUp = (): void => inbox.wake();
    signal.addEventListener('abort', wakeUp);
    checking ??= setInterval(check, checkMs).unref();
    try {
      await Promise.all(sources.map((source) => feeds.join(source, inbox)));
      while (!signal.aborted && (all || open > 0)) {
        try {
          if (inbox.isStale) await lookAround();
          for (const jobId of inbox.stale) {
            yield* catchUp(jobId);
            if (signal.aborted) return;
          }
        } catch (error) {
          if (!isUnavailable(error)) throw error;
          await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
          continue;
        }
        const frame = inbox.frames.shift();
        if (frame !== undefined) {
          await pace();
          if (takes(frame)) yield frame;
        } else if (!inbox.isStale && inbox.stale.size === 0 && open + Number(all) > 0 && !signal.aborted) {
          await new Promise<void>((resolve) => (inbox.wake = resolve));
        }
      }
    } finally {
      signal.removeEventListener('abort', wakeUp);
      for (const source of sources) feeds.leave(source, inbox);
    }
  }

  return {
    list: history.list,
    pages: history.pages,
    verify: history.verify,
    endOf: history.endOf,

    /** Every frame of the job above `after`, and a gap where some are no longer kept. Ends after the `end` frame. */
    follow: (jobId: string, after: number, signal: AbortSignal): AsyncGenerator<StreamFrame> =>
      run(new Map([[jobId, { last: after, hasEnded: false }]]), false, signal),

    /**
     * The same for several jobs at once, each in its own order; between jobs there is none. With all jobs, those of `after` are
     * followed, those that have not ended, and those submitted after the newest of `after`.
     */
    followMany({ jobs, after }: FollowMany, signal: AbortSignal): AsyncGenerator<StreamFrame> {
      const ids = jobs ?? [...after.keys()];
      const positions = ids.map((id) => [id, { last: after.get(id) ?? 0, hasEnded: false }] as const);
      return run(new Map(positions), jobs === undefined, signal);
    },
  };
}

const hasCode = (error: unknown, code: string): boolean => error instanceof TrainyardError && error.code === code;
const isUnavailable = (error: unknown): boolean => hasCode(error, 'redis_unavailable');
const isGone = (error: unknown): boolean => hasCode(error, 'stream_gone');
