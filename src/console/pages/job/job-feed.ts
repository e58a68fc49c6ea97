/** A job with its frames: history from one thinned answer, then live over a WebSocket, and the record as it changes. */
import { batch, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { Frame, Job } from 'trainyard';
import { createRun, type Run } from '../../components/run-data.js';
import { type Resource, resource } from '../../data/resource.js';
import { client, isGone } from '../../data/service.js';
import { beforeNextAttempt } from '../../data/stream-attempts.js';

/** Maximum number of `step` frames that a page draws. The service thins longer runs and keeps their extremes. */
const POINTS = 6_000;
/** A run that has grown by this many frames is loaded again, thinned. */
const MOST_LIVE_FRAMES = 6_000;
/** Maximum number of other frames that the event log shows. */
const MOST_EVENTS = 2_000;
/** Shortest pause between two drawings, and share of the time that drawing may take: the trainer needs the cores. */
const PAUSE_MS = 1_000;
const DRAWING_SHARE = 0.01;
const RETRY_MS = 5_000;
/** The record is read again this often: its estimate changes. So are the frames while streams are off. */
const RECORD_MS = 15_000;
const RECORD_PAUSE_MS = 400;

export type StepFrame = Extract<Frame, { type: 'step' }>;
export type EventFrame = Exclude<Frame, { type: 'step' }>;

export type JobFeed = Readonly<{
  job: Resource<Job>;
  /** The curves, once the history is loaded. */
  run: ReadonlySignal<Run | undefined>;
  /** Changes after frames were added. Read it to draw again. */
  version: ReadonlySignal<number>;
  events: ReadonlySignal<readonly EventFrame[]>;
  latest: ReadonlySignal<StepFrame | undefined>;
  /** Number of `step` frames that are not drawn. */
  leftOut: ReadonlySignal<number>;
  /** Why the history could not be loaded, or the stream not followed. */
  failure: ReadonlySignal<unknown>;
}>;

/** Follows a job while a component is mounted. */
export function useJobFeed(id: string): JobFeed {
  const feed = useMemo(() => openFeed(id), [id]);
  useEffect(() => () => feed.close(), [feed]);
  return feed;
}

function openFeed(id: string): JobFeed & Readonly<{ close(): void }> {
  const abort = new AbortController();
  const job = resource((signal) => client.jobs.get(id, { signal }), { key: `job/${id}` });
  const view = createView();
  const failure = signal<unknown>(undefined);
  const record = createRecordUpdates(job);
  let received = 0;

  async function load() {
    const page = await client.jobs.thinnedMetrics(id, { points: POINTS, signal: abort.signal });
    failure.value = undefined;
    view.begin(page.frames, page.leftOut ?? 0);
    return page;
  }

  async function follow(): Promise<void> {
    const page = await load();
    if (page.frames.at(-1)?.type === 'end') return;
    const after = { [id]: page.lastSeq };
    const most = received + MOST_LIVE_FRAMES;
    for await (const frame of client.jobs.followAll({ jobs: [id], after, signal: abort.signal })) {
      view.add(frame);
      if (frame.type !== 'step') record.touch();
      received += 1;
      if (received >= most) return follow();
    }
  }

  async function followForever(): Promise<void> {
    while (!abort.signal.aborted) {
      try {
        await follow();
        return;
      } catch (error) {
        if (abort.signal.aborted) return;
        failure.value = error;
        if (isGone(error)) return;
        await beforeNextAttempt(error, RETRY_MS);
      }
    }
  }

  void followForever();
  return {
    ...view.signals,
    job,
    failure,
    close(): void {
      abort.abort();
      view.close();
      record.close();
      job.dispose();
    },
  };
}

/** Holds the frames, and lets them be drawn at a bearable pace. */
function createView() {
  const run: Signal<Run | undefined> = signal(undefined);
  const version = signal(0);
  const events: Signal<readonly EventFrame[]> = signal([]);
  const latest: Signal<StepFrame | undefined> = signal(undefined);
  const leftOut = signal(0);
  let newEvents: EventFrame[] = [];
  let newest: StepFrame | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pauseMs = PAUSE_MS;

  function take(into: Run, frame: Frame): void {
    into.add(frame);
    if (frame.type === 'step') newest = frame;
    else newEvents.push(frame);
  }

  function show(): void {
    timer = undefined;
    const start = performance.now();
    batch(() => {
      if (newEvents.length > 0) events.value = [...events.peek(), ...newEvents].slice(-MOST_EVENTS);
      newEvents = [];
      latest.value = newest;
      version.value += 1;
    });
    // The drawing happens before the next frame of the browser, which a hidden tab never shows.
    requestAnimationFrame(() => {
      pauseMs = Math.max(PAUSE_MS, (performance.now() - start) / DRAWING_SHARE);
    });
  }

  return {
    signals: { run, version, events, latest, leftOut },
    begin(frames: readonly Frame[], hidden: number): void {
      const begun = createRun();
      newEvents = [];
      newest = undefined;
      for (const frame of frames) take(begun, frame);
      batch(() => {
        events.value = [];
        run.value = begun;
        leftOut.value = hidden;
        show();
      });
    },
    add(frame: Frame): void {
      const into = run.peek();
      if (into === undefined) return;
      take(into, frame);
      if (frame.type === 'end') show();
      else timer ??= setTimeout(show, pauseMs);
    },
    close: (): void => clearTimeout(timer),
  };
}

/** Reads the record again after frames that change it, and from time to time: someone may delete the job. */
function createRecordUpdates(job: Resource<Job>) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const interval = setInterval(() => {
    if (document.hidden || isGone(job.error.peek())) return;
    void job.refresh();
  }, RECORD_MS);
  return {
    touch(): void {
      timer ??= setTimeout(() => {
        timer = undefined;
        void job.refresh();
      }, RECORD_PAUSE_MS);
    },
    close(): void {
      clearTimeout(timer);
      clearInterval(interval);
    },
  };
}
