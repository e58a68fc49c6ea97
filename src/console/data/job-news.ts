/** News of all jobs without their history, over one WebSocket, for pages that list jobs. */
import { type Signal, signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { StreamMessage } from 'trainyard';
import type { StreamState } from './live-jobs.js';
import { client } from './service.js';
import { beforeNextAttempt } from './stream-attempts.js';

/** Least time between two `step` frames of one job: a list need not move faster. */
const STEP_MS = 1_000;

/**
 * Calls `onMessage` with each message while a component is mounted. `onStart` is called when a stream has begun: what is loaded from then
 * on misses nothing. Returns the state of the stream.
 */
export function useJobNews(onMessage: (message: StreamMessage) => void, onStart: () => void): Signal<StreamState> {
  const state = useMemo(() => signal<StreamState>('connecting'), []);
  useEffect(() => {
    const abort = new AbortController();
    void follow(onMessage, onStart, abort.signal, state);
    return () => abort.abort();
  }, []);
  return state;
}

async function follow(
  onMessage: (message: StreamMessage) => void,
  onStart: () => void,
  abort: AbortSignal,
  state: Signal<StreamState>,
): Promise<void> {
  while (!abort.aborted) {
    let hasBegun = false;
    try {
      for await (const message of client.jobs.followAll({ history: false, stepMs: STEP_MS, signal: abort })) {
        state.value = 'live';
        if (!hasBegun) onStart();
        hasBegun = true;
        onMessage(message);
      }
    } catch {
      if (abort.aborted) return;
      state.value = 'refused';
      if (!hasBegun) onStart();
      await beforeNextAttempt(hasBegun, abort);
    }
  }
}
