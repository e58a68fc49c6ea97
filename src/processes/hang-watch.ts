/**
 * Detector for trainers that hang. It measures how long a trainer has been silent although it had a CPU. It compares that time with the
 * trainer's recent steps, or with a fixed bound in phases whose duration is unknown.
 */
import { readdir, readFile } from 'node:fs/promises';
import type { Beat, TrainerPhase } from '../contracts/processes/trainer-messages.js';

/** A hang: the phase, how long the trainer has been silent, and its longest recent step, in ms. */
export type Hang = Readonly<{ phase: TrainerPhase; silentMs: number; longestStepMs: number }>;

export type HangBounds = Readonly<{
  /** Time between two polls. */
  tickMs: number;
  /** A hang in the `training` phase: silence for `floorMs` plus `times` the longest recent step. */
  steps: Readonly<{ floorMs: number; times: number }>;
  /** A stall, computed in the same way. It only removes the job's rate from the metrics. */
  stall: Readonly<{ floorMs: number; times: number }>;
  /** Silence in ms that counts as a hang in each other phase. */
  phases: Readonly<Record<Exclude<TrainerPhase, 'training'>, number>>;
}>;

const MINUTE = 60_000;

/** A first step may compile, and may process thousands of large images. */
export const HANG_BOUNDS: HangBounds = {
  tickMs: 1_000,
  steps: { floorMs: 30_000, times: 10 },
  stall: { floorMs: 5_000, times: 3 },
  phases: { starting: 30 * MINUTE, compiling: 120 * MINUTE, evaluating: 30 * MINUTE, storing: 30 * MINUTE },
};

/** A late poll counts as at most this many ticks: this process or the whole machine was suspended meanwhile. */
const MAX_TICKS = 2;

type HangWatchOptions = Readonly<{
  pid: number | undefined;
  bounds: HangBounds;
  /** Called once per silence. */
  onStall: () => void;
  /** Called once; the watch ends with it. */
  onHang: (hang: Hang) => void;
}>;

export type HangWatch = ReturnType<typeof watchForHang>;

export function watchForHang({ pid, bounds, onStall, onHang }: HangWatchOptions) {
  let beat: Beat = { phase: 'starting', longestStepMs: 0 };
  let silentMs = 0;
  let polledAt = performance.now();
  let threads: ThreadTimes | undefined;
  let isStalled = false;

  async function poll(): Promise<void> {
    const now = performance.now();
    const elapsed = Math.min(now - polledAt, MAX_TICKS * bounds.tickMs);
    polledAt = now;
    const judged = beat;
    const before = threads;
    threads = await readThreadTimes(pid);
    if (judged !== beat) return; // a beat arrived meanwhile
    silentMs += elapsed - longestWait(before, threads, elapsed);
    judge(judged);
  }

  function judge({ phase, longestStepMs }: Beat): void {
    const limitOf = ({ floorMs, times }: HangBounds['steps']): number => floorMs + times * longestStepMs;
    if (phase === 'training' && !isStalled && silentMs > limitOf(bounds.stall)) {
      isStalled = true;
      onStall();
    }
    const limit = phase === 'training' ? limitOf(bounds.steps) : bounds.phases[phase];
    if (silentMs <= limit) return;
    stop();
    onHang({ phase, silentMs, longestStepMs });
  }

  const timer = setInterval(() => void poll(), bounds.tickMs);
  timer.unref();
  const stop = (): void => clearInterval(timer);

  return {
    /** Notes a beat of the trainer, which ends the silence. */
    beat(next: Beat): void {
      beat = next;
      silentMs = 0;
      isStalled = false;
    },
    stop,
  };
}

/** CPU times of a thread since its start, in ms, and whether it was runnable when they were read. */
type ThreadTime = Readonly<{ ran: number; waited: number; isRunnable: boolean }>;
type ThreadTimes = ReadonlyMap<string, ThreadTime>;

/**
 * Resolves with the threads of a process by id; empty if the kernel does not report them. A process that other processes starve waits
 * for a CPU: it is slow and does not hang. A stopped process, or one that waits for a device, does not wait for a CPU.
 */
async function readThreadTimes(pid: number | undefined): Promise<ThreadTimes> {
  const folder = `/proc/${pid}/task`;
  const ids = await readdir(folder).catch(() => []);
  const read = async (id: string): Promise<[string, ThreadTime]> => {
    const readText = (name: string): Promise<string> => readFile(`${folder}/${id}/${name}`, 'utf8').catch(() => '');
    const [counts, status] = await Promise.all([readText('schedstat'), readText('stat')]);
    const [ran = 0, waited = 0] = counts.split(' ').map((nanoseconds) => Number(nanoseconds) / 1e6);
    return [id, { ran, waited, isRunnable: /^.*\) R /.test(status) }];
  };
  return new Map(await Promise.all(ids.map(read)));
}

/** Returns the longest time that any thread waited for a CPU between two polls, in ms, at most `elapsed`. */
function longestWait(before: ThreadTimes | undefined, now: ThreadTimes, elapsed: number): number {
  const waits = [...now].map(([id, { ran, waited, isRunnable }]) => {
    const then = before?.get(id) ?? { ran, waited };
    // The kernel counts a wait only at its end: a runnable thread that did not run is still waiting.
    return isRunnable && before?.has(id) ? elapsed - (ran - then.ran) : waited - then.waited;
  });
  return Math.min(elapsed, Math.max(0, ...waits));
}
