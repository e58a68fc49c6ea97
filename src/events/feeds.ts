/** Live frames: one subscription per job for the whole process, delivered to the inboxes of all followers. */
import { DEFAULT_PROJECT } from '../contracts/access/project.js';
import type { Frame } from '../contracts/jobs/frame.js';
import type { JobNotice } from '../contracts/jobs/stream-message.js';
import type { ReportCorruptRecord } from './corrupt-records.js';
import { keys } from './keys.js';
import type { Redis } from './redis.js';
import { parseFrame } from './stream-pages.js';

/** Live frames in the inbox of a slow follower. Beyond this number the follower reads the stream instead. */
const INBOX_FRAMES = 256;

/** A live frame with the number of its message. */
export type LiveFrame = Readonly<{ number: number; frame: Frame }>;

/** The messages that a follower has not processed yet. */
export type Inbox = {
  frames: LiveFrame[];
  /** Number of the last message. Its frame or notice may be processed already, or missed (`stale`). */
  last: number;
  /** Project whose messages the inbox takes. Undefined: those of all projects. */
  project: string | undefined;
  /** The latest notice of each job. Undefined if the follower takes no notices. */
  notices: Map<string, JobNotice> | undefined;
  /** Jobs of which frames were missed. The follower has to read their streams. */
  stale: Set<string>;
  /** Whether frames of any job, or new jobs, may have been missed. */
  isStale: boolean;
  wake: () => void;
};

export const openInbox = (project?: string): Inbox => ({
  frames: [],
  last: 0,
  project,
  notices: undefined,
  stale: new Set(),
  isStale: true,
  wake: () => undefined,
});

/** A job id, or `ALL` for the frames of all jobs. */
export type FrameSource = string | typeof ALL;
export const ALL = Symbol('all jobs');

type Feed = { inboxes: Set<Inbox>; subscribed: Promise<unknown> };

export type Feeds = ReturnType<typeof createFeeds>;

/** `subscriber` is a connection for these subscriptions only, which does not resubscribe by itself. */
export function createFeeds(subscriber: Redis, report?: ReportCorruptRecord) {
  const feeds = new Map<FrameSource, Feed>();
  /** Whether frames may be lost: from the loss of the connection until all sources are subscribed again. */
  let isAway = false;
  let connections = 0;

  // A failed command means a lost connection. It is subscribed again on `ready`.
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
    const [, number = '0', project = DEFAULT_PROJECT, body = text] = /^(\d+)(?:@(\S+))? (.*)$/s.exec(text) ?? [];
    const notice = noticeOf(body, jobId);
    const frame = notice === undefined ? parseFrame(body, jobId, report) : undefined;
    for (const inbox of feed.inboxes) put(inbox, { number: Number(number), project, notice, frame }, isAway);
  }

  async function resubscribe(): Promise<void> {
    const connection = ++connections;
    await Promise.all([...feeds].map(([source, feed]) => (feed.subscribed = subscribe(source))));
    if (connection === connections && subscriber.status === 'ready') isAway = false;
    for (const { inboxes } of feeds.values()) {
      for (const inbox of inboxes) {
        inbox.isStale = true;
        inbox.wake();
      }
    }
  }

  const jobIdOf = (channel: string): string => channel.slice(keys.frames('').length);
  subscriber.on('message', (channel: string, text: string) => deliver(jobIdOf(channel), jobIdOf(channel), text));
  subscriber.on('pmessage', (_: string, channel: string, text: string) => deliver(ALL, jobIdOf(channel), text));
  subscriber.on('ready', resubscribe);
  subscriber.on('close', () => {
    isAway = true;
  });

  return {
    /** Adds an inbox. Once this resolves, the inbox misses no frame that is published. */
    async join(source: FrameSource, inbox: Inbox): Promise<void> {
      const feed = feeds.get(source) ?? { inboxes: new Set(), subscribed: subscribe(source) };
      feeds.set(source, feed);
      feed.inboxes.add(inbox);
      await feed.subscribed;
    },

    leave(source: FrameSource, inbox: Inbox): void {
      const feed = feeds.get(source);
      feed?.inboxes.delete(inbox);
      if (feed?.inboxes.size !== 0) return;
      feeds.delete(source);
      void unsubscribe(source);
    },

    /** Returns the jobs that are followed individually. */
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

type Message = Readonly<{
  number: number;
  project: string;
  notice: JobNotice | undefined;
  frame: Frame | undefined;
}>;

/** Of a message of another project the inbox takes only the number, by which its cursor moves on. */
function put(inbox: Inbox, message: Message, isAway: boolean): void {
  const isForeign = inbox.project !== undefined && message.project !== inbox.project;
  const { notice, frame } = isForeign ? { notice: undefined, frame: undefined } : message;
  const { number } = message;
  inbox.last = number;
  if (notice !== undefined) inbox.notices?.set(notice.jobId, notice);
  // A follower without a position in the job would not notice that frames before this one are missing.
  if (frame !== undefined && isAway) inbox.isStale = true;
  else if (frame !== undefined && inbox.frames.length < INBOX_FRAMES) inbox.frames.push({ number, frame });
  else if (frame !== undefined) inbox.stale.add(frame.jobId);
  inbox.wake();
}

/** Returns the notice in a message, or undefined if the message is no notice. */
function noticeOf(body: string, jobId: string): JobNotice | undefined {
  const [, event, id, at = ''] =
    /^\{"type":"notice","event":"(edited|deleted)","jobId":"([^"]*)","at":"([^"]*)"\}$/.exec(body) ?? [];
  if (event === undefined || id !== jobId) return undefined;
  return { type: 'notice', event: event as JobNotice['event'], jobId, at };
}
