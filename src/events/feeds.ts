/** Frames as they are published, from one subscription of the process to the inboxes of all its followers. */
import type { Frame } from '../contracts/jobs/frame.js';
import type { ReportCorruptRecord } from './corrupt-records.js';
import { keys } from './keys.js';
import type { Redis } from './redis.js';
import { parseFrame } from './stream-reader.js';

/** Live frames kept for a follower that is slow; beyond it the follower goes back to the stream. */
const INBOX = 256;

/** What a follower has not looked at yet. */
export type Inbox = {
  frames: Frame[];
  /** Jobs of which frames were missed: their streams are to be read. */
  stale: Set<string>;
  /** Frames of any job, or whole jobs, may have been missed. */
  isStale: boolean;
  wake: () => void;
};

export const openInbox = (): Inbox => ({ frames: [], stale: new Set(), isStale: true, wake: () => undefined });

/** Whose frames: of one job, or of all. */
export type FrameSource = string | typeof ALL;
export const ALL = Symbol('all jobs');

type Feed = { inboxes: Set<Inbox>; standing: Promise<unknown> };

export type Feeds = ReturnType<typeof createFeeds>;

/** `subscriber` is a connection of its own, which does not subscribe again by itself. */
export function createFeeds(subscriber: Redis, report?: ReportCorruptRecord) {
  const feeds = new Map<FrameSource, Feed>();

  // A connection that is lost comes back with `ready`.
  const subscribe = (source: FrameSource): Promise<unknown> =>
    (source === ALL ? subscriber.psubscribe(keys.frames('*')) : subscriber.subscribe(keys.frames(source))).catch(
      () => undefined,
    );
  const unsubscribe = (source: FrameSource): Promise<unknown> =>
    (source === ALL ? subscriber.punsubscribe(keys.frames('*')) : subscriber.unsubscribe(keys.frames(source))).catch(
      () => undefined,
    );

  function deliver(source: FrameSource, jobId: string, text: string): void {
    const feed = feeds.get(source);
    if (feed === undefined) return;
    const frame = parseFrame(text, jobId, report);
    if (frame === undefined) return;
    for (const inbox of feed.inboxes) {
      if (inbox.frames.length < INBOX) inbox.frames.push(frame);
      else inbox.stale.add(frame.jobId);
      inbox.wake();
    }
  }
  const prefix = keys.frames('');
  subscriber.on('message', (channel: string, text: string) =>
    deliver(channel.slice(prefix.length), channel.slice(prefix.length), text),
  );
  subscriber.on('pmessage', (_: string, channel: string, text: string) =>
    deliver(ALL, channel.slice(prefix.length), text),
  );
  subscriber.on('ready', async () => {
    const standing = [...feeds].map(([source, feed]) => (feed.standing = subscribe(source)));
    await Promise.all(standing);
    for (const { inboxes } of feeds.values()) {
      for (const inbox of inboxes) {
        inbox.isStale = true;
        inbox.wake();
      }
    }
  });

  return {
    /** Resolves when nothing that is published from now on is missed. */
    async join(source: FrameSource, inbox: Inbox): Promise<void> {
      const feed = feeds.get(source) ?? { inboxes: new Set(), standing: subscribe(source) };
      feeds.set(source, feed);
      feed.inboxes.add(inbox);
      await feed.standing;
    },

    leave(source: FrameSource, inbox: Inbox): void {
      const feed = feeds.get(source);
      feed?.inboxes.delete(inbox);
      if (feed?.inboxes.size !== 0) return;
      feeds.delete(source);
      void unsubscribe(source);
    },

    /** The jobs that are followed by name. */
    jobs: (): string[] => [...feeds.keys()].filter((source) => source !== ALL),

    /** Has every follower of the job read its stream. */
    markStale(jobId: string): void {
      for (const inbox of feeds.get(jobId)?.inboxes ?? []) {
        inbox.stale.add(jobId);
        inbox.wake();
      }
    },
  };
}
