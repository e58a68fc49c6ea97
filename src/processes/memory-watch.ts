/** What a child process takes of the memory at most, and whether it came to its end because there was no more. */
import { readFile } from 'node:fs/promises';

const LOOK_EVERY_MS = 500;

/** Where the kernel counts the processes that it killed at the limit of the control group, in both versions. */
const OOM_COUNTERS: readonly string[] = ['/sys/fs/cgroup/memory.events', '/sys/fs/cgroup/memory/memory.oom_control'];

export type MemoryWatch = Readonly<{
  /** Most resident memory seen, in bytes; undefined where the system does not tell. */
  peakBytes(): number | undefined;
  /** Whether the kernel has killed a process at the memory limit of this container since the watch began. */
  hasKilled(): Promise<boolean>;
  stop(): void;
}>;

export function watchMemory(pid: number | undefined, counters = OOM_COUNTERS): MemoryWatch {
  let peak: number | undefined;
  const look = async (): Promise<void> => {
    const status = await textOf(`/proc/${pid}/status`);
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
    if (kilobytes !== undefined) peak = Math.max(peak ?? 0, 1024 * Number(kilobytes));
  };
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  timer.unref();
  const before = countKills(counters);
  return {
    peakBytes: () => peak,
    hasKilled: async () => (await countKills(counters)) > (await before),
    stop: () => clearInterval(timer),
  };
}

async function countKills(counters: readonly string[]): Promise<number> {
  const texts = await Promise.all(counters.map(textOf));
  return texts.reduce((sum, text) => sum + Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0), 0);
}

const textOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
