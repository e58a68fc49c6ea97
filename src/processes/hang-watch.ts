/**
 * Watch over one trainer for hangs. It measures how long the trainer has been silent although it could have worked, and compares
 * that with the trainer's own recent steps, or with a generous bound while it does something of which no time is known.
 */
import { readdir, readFile } from 'node:fs/promises';
import type { Beat, TrainerPhase } from '../contracts/processes/trainer.js';

/** How a trainer hangs: in what, for how long, and how long its longest recent step took. All in ms. */
export type Hang = Readonly<{ phase: TrainerPhase; silentMs: number; longestStepMs: number }>;

export type HangBounds = Readonly<{
  /** Between two looks. */
  tickMs: number;
  /** While it takes steps: so long, and so many times its longest recent step, is a hang. */
  steps: Readonly<{ floorMs: number; times: number }>;
  /** The same for a stall, which only takes the job's rate out of the figures. */
  stall: Readonly<{ floorMs: number; times: number }>;
  /** In the other phases. */
  phases: Readonly<Record<Exclude<TrainerPhase, 'training'>, number>>;
}>;

const MINUTE = 60_000;

/** A first step may compile, and may be of thousands of large images. */
export const HANG_BOUNDS: HangBounds = {
  tickMs: 1_000,
  steps: { floorMs: 30_000, times: 10 },
  stall: { floorMs: 5_000, times: 3 },
  phases: { starting: 30 * MINUTE, compiling: 120 * MINUTE, evaluating: 30 * MINUTE, storing: 30 * MINUTE },
};

/** A look that comes later than this many ticks counts as so many: this process, or the machine, stood still meanwhile. */
const MOST_TICKS = 2;

export type HangWatch = ReturnType<typeof watchForHang>;

export function watchForHang(
  options: Readonly<{ pid: number | undefined; bounds: HangBounds; onStall: () => void; onHang: (hang: Hang) => void }>,
) {
  const { pid, bounds, onStall, onHang } = options;
  let beat: Beat = { phase: 'starting', longestStepMs: 0 };
  let silentMs = 0;
  let lookedAt = performance.now();
  let threads: Threads | undefined;
  let isStalled = false;

  async function look(): Promise<void> {
    const now = performance.now();
    const elapsed = Math.min(now - lookedAt, MOST_TICKS * bounds.tickMs);
    lookedAt = now;
    const { phase, longestStepMs } = beat;
    const judged = beat;
    const before = threads;
    threads = await threadsOf(pid);
    if (judged !== beat) return; // it has given a sign of life meanwhile
    silentMs += elapsed - longestWait(before, threads, elapsed);
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
  const timer = setInterval(() => void look(), bounds.tickMs);
  timer.unref();
  const stop = (): void => clearInterval(timer);

  return {
    /** Takes a sign of life. */
    note(next: Beat): void {
      beat = next;
      silentMs = 0;
      isStalled = false;
    },
    stop,
  };
}

/** What the kernel counts of a thread, in ms since it began, and whether it could run at this moment. */
type Thread = Readonly<{ ran: number; waited: number; isRunnable: boolean }>;
type Threads = ReadonlyMap<string, Thread>;

/**
 * Resolves with the threads of a process. A process that is starved by others is slow and does not hang: it waits for a CPU. One that is
 * stopped, or waits for a device, does not. Where the kernel does not tell, there are none.
 */
async function threadsOf(pid: number | undefined): Promise<Threads> {
  const folder = `/proc/${pid}/task`;
  const ids = await readdir(folder).catch(() => []);
  const read = async (id: string): Promise<[string, Thread]> => {
    const textOf = (name: string): Promise<string> => readFile(`${folder}/${id}/${name}`, 'utf8').catch(() => '');
    const [counts, status] = await Promise.all([textOf('schedstat'), textOf('stat')]);
    const [ran = 0, waited = 0] = counts.split(' ').map((nanoseconds) => Number(nanoseconds) / 1e6);
    return [id, { ran, waited, isRunnable: /^.*\) R /.test(status) }];
  };
  return new Map(await Promise.all(ids.map(read)));
}

/** Returns for how many ms between two looks, at most `elapsed`, the thread that waited longest has waited for a CPU. */
function longestWait(before: Threads | undefined, now: Threads, elapsed: number): number {
  const waits = [...now].map(([id, { ran, waited, isRunnable }]) => {
    const then = before?.get(id) ?? { ran, waited };
    // The kernel counts a wait when it ends: a thread that could run, and did not, still waits.
    return isRunnable && before?.has(id) ? elapsed - (ran - then.ran) : waited - then.waited;
  });
  return Math.min(elapsed, Math.max(0, ...waits));
}
