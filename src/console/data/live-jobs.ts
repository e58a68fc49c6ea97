/** Frames of jobs as they happen, over one WebSocket. */
import { type Signal, signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { Frame, StreamMessage } from 'trainyard';
import { client } from './service.js';
import { beforeNextAttempt } from './stream-attempts.js';

export type FollowSettings = Readonly<{
  /** Ids of the jobs. Default: all jobs that have not ended, and all that come. */
  jobs?: readonly string[] | undefined;
  /** Number of the last frame already received of each job. */
  after?: Readonly<Record<string, number>> | undefined;
}>;

/** Whether the stream of this page is open, so that a page may poll instead. */
export type StreamState = 'connecting' | 'live' | 'refused';

/** Calls `onFrame` with each frame until the signal aborts. Survives restarts of the service. */
export async function followFrames(
  onFrame: (frame: Frame) => void,
  settings: FollowSettings,
  abort: AbortSignal,
): Promise<void> {
  const after: Record<string, number> = { ...settings.after };
  while (!abort.aborted) {
    let wasLive = false;
    try {
      for await (const frame of client.jobs.followAll({ jobs: settings.jobs, after, signal: abort })) {
        wasLive = true;
        if ('seq' in frame && frame.seq !== undefined) after[frame.jobId] = frame.seq;
        onFrame(frame);
      }
      return;
    } catch {
      if (abort.aborted) return;
      await beforeNextAttempt(wasLive, abort);
    }
  }
}

export type NewSettings = Readonly<{
  /** Types of the frames to receive. Default: all. */
  types?: readonly Frame['type'][] | undefined;
  /** Least time between two `step` frames of one job, in ms. Default 0: receives all. */
  stepMs?: number | undefined;
}>;

/**
 * Follows all jobs from now on while a component is mounted. The first message is a cursor: a list that is read then misses nothing.
 * After a lost connection the stream continues from its place.
 */
export function useNewMessages(
  onMessage: (message: StreamMessage) => void,
  settings: NewSettings = {},
): Signal<StreamState> {
  const state = useMemo(() => signal<StreamState>('connecting'), []);
  useEffect(() => {
    const abort = new AbortController();
    void followNew(onMessage, settings, abort.signal, state);
    return () => abort.abort();
  }, []);
  return state;
}

async function followNew(
  onMessage: (message: StreamMessage) => void,
  settings: NewSettings,
  abort: AbortSignal,
  state: Signal<StreamState>,
): Promise<void> {
  let since: string | undefined;
  while (!abort.aborted) {
    let wasLive = false;
    try {
      for await (const message of client.jobs.followAll({ ...settings, history: false, since, signal: abort })) {
        state.value = 'live';
        wasLive = true;
        if (message.type === 'cursor') since = message.cursor;
        onMessage(message);
      }
      return;
    } catch {
      if (abort.aborted) return;
      state.value = 'refused';
      // The place may be too old by then: the page reads its list again.
      since = undefined;
      await beforeNextAttempt(wasLive, abort);
    }
  }
}
