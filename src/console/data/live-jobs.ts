/** Frames of jobs as they happen, over one WebSocket. */
import { type Signal, signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { Frame, StreamMessage } from 'trainyard';
import { client } from './service.js';
import { beforeNextAttempt } from './stream-attempts.js';

export type FollowSettings = Readonly<{
  /** Ids of the jobs. Default: all jobs that have not ended, and every job submitted later. */
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
    try {
      for await (const frame of client.jobs.followAll({ jobs: settings.jobs, after, signal: abort })) {
        if ('seq' in frame && frame.seq !== undefined) after[frame.jobId] = frame.seq;
        onFrame(frame);
      }
      return;
    } catch (error) {
      if (abort.aborted) return;
      await beforeNextAttempt(error);
    }
  }
}

export type NewSettings = Readonly<{
  /** Types of the frames to receive. Default: all. */
  types?: readonly Frame['type'][] | undefined;
  /** Minimum time between two `step` frames of one job, in ms. Default 1000: a list need not move faster. */
  stepMs?: number | undefined;
  /**
   * Called when a stream has begun: data loaded from then on misses no message. Also called if the stream is refused: data must then be
   * polled.
   */
  onStart?: (() => void) | undefined;
}>;

const STEP_MS = 1_000;

/** Follows all jobs from now on, without their history, while a component is mounted. Returns the state of the stream. */
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
  { types, stepMs = STEP_MS, onStart }: NewSettings,
  abort: AbortSignal,
  state: Signal<StreamState>,
): Promise<void> {
  while (!abort.aborted) {
    let hasBegun = false;
    try {
      for await (const message of client.jobs.followAll({ types, stepMs, history: false, signal: abort })) {
        state.value = 'live';
        if (!hasBegun) onStart?.();
        hasBegun = true;
        onMessage(message);
      }
    } catch (error) {
      if (abort.aborted) return;
      state.value = 'refused';
      if (!hasBegun) onStart?.();
      await beforeNextAttempt(error);
    }
  }
}
