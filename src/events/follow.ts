/** Reader of job events: followers receive every frame of their jobs exactly once and in order, the stored ones first. */
import { createPacer } from '../concurrency/event-loop-pacer.js';
import type { StreamFrame } from '../contracts/jobs/frame.js';
import type { StreamMessage } from '../contracts/jobs/stream-message.js';
import { createCoalesced } from './coalesced-reads.js';
import type { ReportCorruptRecord } from './corrupt-records.js';
import { createFeeds } from './feeds.js';
import { type FollowDeps, followFrames, isUnavailable } from './follow-frames.js';
import { type FollowSince, followMessages } from './follow-messages.js';
import { createFollowPositions } from './follow-positions.js';
import { createMessageIndex } from './message-index.js';
import { findOpenJobs, type OpenJobs } from './open-jobs.js';
import type { Redis } from './redis.js';
import { createStreamReader } from './stream-reader.js';

/** Frames for followers between two yields to the event loop: about a millisecond of work. */
const FRAMES_PER_TURN = 32;
/** Time between two checks that the followed streams still exist, in milliseconds. Redis does not report a deletion. */
const CHECK_MS = 15_000;

export type FollowMany = Readonly<{
  /** The jobs to follow. Undefined: all jobs that have not ended, and all new ones. */
  jobs?: readonly string[];
  /** If all jobs are followed: their project. Undefined: all projects. */
  project?: string | undefined;
  /** The last number seen of each job. A job without one is followed from its first frame. */
  after: ReadonlyMap<string, number>;
}>;

type ReaderOptions = Readonly<{ checkMs?: number; report?: ReportCorruptRecord }>;

export type EventReader = ReturnType<typeof createEventReader>;

/**
 * `redis` runs commands. `subscriber` is a connection of its own, which all followers of this process share. After a new subscription, a
 * gap or a full inbox, frames may have been missed; then a follower reads the stream.
 */
export function createEventReader(redis: Redis, subscriber: Redis, options: ReaderOptions = {}) {
  const { checkMs = CHECK_MS, report } = options;
  const feeds = createFeeds(subscriber, report);
  const stream = createStreamReader(redis, report);
  const coalesceOpenJobs = createCoalesced<OpenJobs>();
  const deps: Omit<FollowDeps, 'project'> = {
    redis,
    feeds,
    stream,
    coalesceOpenJobs,
    pace: createPacer(FRAMES_PER_TURN),
  };
  const openJobs = async (project: string | undefined): Promise<readonly string[]> =>
    (await coalesceOpenJobs(`open ${project}`, () => findOpenJobs(redis, Number.POSITIVE_INFINITY, project))).ids;
  const messageDeps = { ...deps, index: createMessageIndex(redis), openJobs, redis };
  let checking: NodeJS.Timeout | undefined;

  /** Has the followers of a deleted stream read it, which fails with `stream_gone`. */
  function check(): void {
    for (const jobId of feeds.jobs()) {
      stream.verify(jobId, 0).catch((error: unknown) => {
        if (!isUnavailable(error)) feeds.markStale(jobId);
      });
    }
    if (feeds.jobs().length > 0) return;
    clearInterval(checking);
    checking = undefined;
  }

  async function* run(
    after: ReadonlyMap<string, number>,
    all: false | Readonly<{ project: string | undefined }>,
    signal: AbortSignal,
  ): AsyncGenerator<StreamFrame> {
    checking ??= setInterval(check, checkMs).unref();
    const positions = createFollowPositions(after, all !== false);
    yield* followFrames({ ...deps, project: all === false ? undefined : all.project }, positions, signal);
  }

  return {
    list: stream.list,
    pages: stream.pages,
    thinned: stream.thinned,
    verify: stream.verify,
    endOf: stream.endOf,

    /** Yields every frame of the job above `after`, and a gap in place of removed frames. Ends after the `end` frame. */
    follow: (jobId: string, after: number, signal: AbortSignal): AsyncGenerator<StreamFrame> =>
      run(new Map([[jobId, after]]), false, signal),

    /**
     * Follows several jobs at once. Frames of one job are in order; frames of different jobs are not. If all jobs are followed, these are
     * the jobs in `after`, the jobs that have not ended, and the jobs submitted after the newest one in `after`.
     */
    followMany({ jobs, after, project }: FollowMany, signal: AbortSignal): AsyncGenerator<StreamFrame> {
      const ids = jobs ?? [...after.keys()];
      return run(new Map(ids.map((id) => [id, after.get(id) ?? 0])), jobs === undefined && { project }, signal);
    },

    /** Follows all jobs from a cursor on, by default without the history before it. Never ends by itself. */
    followSince: (options: FollowSince, signal: AbortSignal): AsyncGenerator<StreamMessage> =>
      followMessages(messageDeps, options, signal),
  };
}
