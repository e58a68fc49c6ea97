/** Reading a job's stream: pages of its history, and following it without missing or repeating a frame. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Frame } from '../contracts/event.js';
import { TrainyardError } from '../errors.js';
import { keys } from './keys.js';
import { onRedis, type Redis } from './redis.js';

/** Frames read from the stream at a time. */
const PAGE = 500;
/** Live frames kept for a follower that is slow; beyond it the follower goes back to the stream. */
const INBOX = 256;
/** Wait before the stream is read again while Redis is away. */
const RETRY_MS = 250;

type Inbox = { frames: Frame[]; stale: boolean; wake: () => void };

export type EventReader = ReturnType<typeof createEventReader>;

/**
 * `redis` runs commands; `subscriber` is a connection of its own, shared by all followers of this process. Frames arrive on
 * the job's channel; whenever one may have been missed (a new subscription, a gap, a full inbox) the stream is read instead.
 */
export function createEventReader(redis: Redis, subscriber: Redis) {
  const followers = new Map<string, Set<Inbox>>();

  const markStale = (inboxes: Iterable<Inbox>): void => {
    for (const inbox of inboxes) {
      inbox.stale = true;
      inbox.wake();
    }
  };
  subscriber.on('message', (channel: string, text: string) => {
    const inboxes = followers.get(channel);
    if (inboxes === undefined) return;
    const frame = JSON.parse(text) as Frame;
    for (const inbox of inboxes) {
      if (inbox.frames.length < INBOX) inbox.frames.push(frame);
      else inbox.stale = true;
      inbox.wake();
    }
  });
  subscriber.on('ready', async () => {
    const channels = [...followers.keys()];
    if (channels.length === 0) return;
    // A connection lost again meanwhile comes back with another `ready`.
    await subscriber.subscribe(...channels).catch(() => undefined);
    for (const inboxes of followers.values()) markStale(inboxes);
  });

  async function join(jobId: string): Promise<Inbox> {
    const channel = keys.frames(jobId);
    const inbox: Inbox = { frames: [], stale: true, wake: () => undefined };
    const inboxes = followers.get(channel) ?? new Set();
    followers.set(channel, inboxes.add(inbox));
    // Without a connection the subscription is made when it is back, and the inbox marked stale.
    await subscriber.subscribe(channel).catch(() => undefined);
    return inbox;
  }

  function leave(jobId: string, inbox: Inbox): void {
    const channel = keys.frames(jobId);
    const inboxes = followers.get(channel);
    inboxes?.delete(inbox);
    if (inboxes?.size !== 0) return;
    followers.delete(channel);
    subscriber.unsubscribe(channel).catch(() => undefined);
  }

  /** Frames with a sequence number above `after`, oldest first, at most `limit`. */
  async function list(jobId: string, after: number, limit: number): Promise<Frame[]> {
    const entries = await onRedis(() => redis.xrange(keys.events(jobId), `${after + 1}-0`, '+', 'COUNT', limit));
    return entries.map(frameOf);
  }

  /** Whether the job has ended with a frame that is not above `after`: nothing more will come. */
  async function hasEndedBy(jobId: string, after: number): Promise<boolean> {
    const [entry] = await onRedis(() => redis.xrevrange(keys.events(jobId), '+', '-', 'COUNT', 1));
    if (entry === undefined) return false;
    const frame = frameOf(entry);
    return frame.type === 'end' && frame.seq <= after;
  }

  /** The frames of the stream from `after` on, page by page, as far as it goes now. */
  async function* history(jobId: string, after: number): AsyncGenerator<Frame> {
    let last = after;
    for (;;) {
      const frames = await list(jobId, last, PAGE);
      for (const frame of frames) yield frame;
      if (frames.length < PAGE) return;
      last = frames.at(-1)?.seq ?? last;
    }
  }

  /**
   * Every frame above `after` exactly once and in order: those there are, then each as it is written. Ends after the `end`
   * frame, or when `signal` is aborted. Goes on by itself when Redis was away.
   */
  async function* follow(jobId: string, after: number, signal: AbortSignal): AsyncGenerator<Frame> {
    const inbox = await join(jobId);
    const wakeUp = (): void => inbox.wake();
    signal.addEventListener('abort', wakeUp);
    let last = after;
    try {
      while (!signal.aborted) {
        if (inbox.stale) {
          inbox.stale = false;
          inbox.frames.length = 0;
          try {
            for await (const frame of history(jobId, last)) {
              last = frame.seq;
              yield frame;
              if (frame.type === 'end' || signal.aborted) return;
            }
            if (await hasEndedBy(jobId, last)) return;
          } catch (error) {
            if (!isUnavailable(error)) throw error;
            inbox.stale = true;
            await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
            continue;
          }
        }
        const frame = inbox.frames.shift();
        if (frame === undefined) {
          if (!inbox.stale && !signal.aborted) await new Promise<void>((resolve) => (inbox.wake = resolve));
        } else if (frame.seq === last + 1) {
          last = frame.seq;
          yield frame;
          if (frame.type === 'end') return;
        } else if (frame.seq > last) {
          inbox.stale = true;
        } else if (frame.type === 'end') {
          return;
        }
      }
    } finally {
      signal.removeEventListener('abort', wakeUp);
      leave(jobId, inbox);
    }
  }

  return { list, follow };
}

const isUnavailable = (error: unknown): boolean =>
  error instanceof TrainyardError && error.code === 'redis_unavailable';

function frameOf([id, fields]: [string, string[]]): Frame {
  const text = fields[1];
  if (text === undefined) throw new TrainyardError('internal', `Stream entry ${id} holds no frame.`);
  return JSON.parse(text) as Frame;
}
