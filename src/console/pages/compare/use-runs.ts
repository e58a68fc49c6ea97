/** Jobs to compare and their curves: loaded once, then kept current over one WebSocket. */
import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Job } from 'trainyard';
import { createRun, type Run } from '../../components/run-data.js';
import { followFrames } from '../../data/live-jobs.js';
import { client, comebacks } from '../../data/service.js';

/** Points of a curve. A chart is about this wide. */
const POINTS = 1_000;
/** Pause between two drawings, in milliseconds. */
const DRAW_MS = 200;

/** `error`: why a job could not be loaded. */
export type ComparedJob = Readonly<{ id: string; job?: Job; run: Run; error?: unknown }>;

export type Runs = Readonly<{
  /** Undefined while the first load is under way. */
  jobs: ReadonlySignal<readonly ComparedJob[] | undefined>;
  /** Changes whenever frames were added. */
  version: ReadonlySignal<number>;
  /** Loads all jobs again. */
  retry: () => void;
}>;

export function useRuns(ids: readonly string[]): Runs {
  const key = ids.join();
  const state = useMemo(
    () => ({ jobs: signal<readonly ComparedJob[] | undefined>(undefined), version: signal(0) }),
    [key],
  );
  const [round, setRound] = useState(0);
  const back = comebacks.value;
  useEffect(() => {
    const abort = new AbortController();
    void load(ids, state, abort.signal);
    return () => abort.abort();
  }, [key, back, round]);
  return { ...state, retry: () => setRound(round + 1) };
}

type State = { jobs: Signal<readonly ComparedJob[] | undefined>; version: Signal<number> };

/** Resolves with undefined if the signal aborted. */
async function loadAll(ids: readonly string[], { jobs, version }: State, abort: AbortSignal) {
  const loaded = await Promise.all(ids.map((id) => loadJob(id, abort)));
  if (abort.aborted) return undefined;
  jobs.value = loaded;
  version.value += 1;
  return loaded;
}

async function load(ids: readonly string[], state: State, abort: AbortSignal): Promise<void> {
  const { jobs, version } = state;
  const loaded = (await loadAll(ids, state, abort)) ?? [];
  const open = loaded.filter(({ job }) => job !== undefined && job.endedAt === undefined);
  if (open.length === 0) return;
  let isDue = false;
  const after = Object.fromEntries(open.map(({ id, run }) => [id, run.lastSeq() ?? 0]));
  const draw = (): void => {
    isDue = false;
    version.value += 1;
  };
  const onFrame: Parameters<typeof followFrames>[0] = (frame) => {
    open.find(({ id }) => id === frame.jobId)?.run.add(frame);
    if (!isDue) setTimeout(draw, DRAW_MS);
    isDue = true;
    if (frame.type === 'epoch' || frame.type === 'end' || frame.type === 'status') void readAgain(frame.jobId);
  };
  const readAgain = async (id: string): Promise<void> => {
    const job = await client.jobs.get(id, { signal: abort }).catch(() => undefined);
    if (job !== undefined && !abort.aborted)
      jobs.value = jobs.peek()?.map((each) => (each.id === id ? { ...each, job } : each));
  };
  await followFrames(onFrame, { jobs: open.map(({ id }) => id), after }, abort);
}

async function loadJob(id: string, abort: AbortSignal): Promise<ComparedJob> {
  const run = createRun();
  try {
    const [job, page] = await Promise.all([
      client.jobs.get(id, { signal: abort }),
      client.jobs.thinnedMetrics(id, { points: POINTS, signal: abort }),
    ]);
    for (const frame of page.frames) run.add(frame);
    return { id, job, run };
  } catch (error) {
    return { id, run, error };
  }
}
