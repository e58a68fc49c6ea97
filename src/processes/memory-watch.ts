/** Peak memory of a child process, and kills by the kernel's out-of-memory killer. */
import { readFile } from 'node:fs/promises';

/** A trainer that crashes tells no peak itself: the last poll must be recent, because memory grows by gigabytes in a second. */
const POLL_MS = 100;

/** Files in which the kernel counts its kills at the memory limit, for control groups version 2 and 1. */
const OOM_COUNTERS: readonly string[] = ['/sys/fs/cgroup/memory.events', '/sys/fs/cgroup/memory/memory.oom_control'];

export type MemoryWatch = Readonly<{
  /** Highest resident memory seen, in bytes. Undefined if the system does not report it. */
  peakBytes(): number | undefined;
  /** Whether the kernel killed a process at the memory limit of this container since the watch began. */
  hasKilled(): Promise<boolean>;
  stop(): void;
}>;

export function watchMemory(pid: number | undefined, counters = OOM_COUNTERS): MemoryWatch {
  let peak: number | undefined;
  const poll = async (): Promise<void> => {
    const status = await readText(`/proc/${pid}/status`);
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
    if (kilobytes !== undefined) peak = Math.max(peak ?? 0, 1024 * Number(kilobytes));
  };
  const timer = setInterval(() => void poll(), POLL_MS);
  timer.unref();
  const killsAtStart = countKills(counters);
  return {
    peakBytes: () => peak,
    hasKilled: async () => (await countKills(counters)) > (await killsAtStart),
    stop: () => clearInterval(timer),
  };
}

async function countKills(counters: readonly string[]): Promise<number> {
  const texts = await Promise.all(counters.map(readText));
  return texts.reduce((sum, text) => sum + Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0), 0);
}

const readText = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
