/** CPU and memory of a trainer process, and those of its GPU, sampled while it trains. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Usage } from '../contracts/jobs/frame.js';

/** Shortest time between two samples. A sample takes this process about 20 µs, and the trainer nothing. */
const INTERVAL_MS = 2_000;
/** Time between two calls of `nvidia-smi`, which takes about 50 ms of a core. */
const GPU_INTERVAL_MS = 15_000;
/** Clock ticks of /proc in a second, and bytes of a page, on every Linux on x86-64. */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4_096;

export type UsageSampler = Readonly<{
  /** Returns the usage if a sample is due. Returns undefined if none is, or if the system does not report it. */
  sampleIfDue(): Usage | undefined;
  stop(): void;
}>;

/** Samples the process with this id, and the GPU that nvidia-smi knows by the name `gpu`. */
export function createUsageSampler(pid: number | undefined, gpu: string | undefined): UsageSampler {
  const gpuUsage = gpu === undefined ? undefined : watchGpu(gpu);
  let last = { at: performance.now(), ticks: 0 };
  let dueAt = last.at;
  return {
    sampleIfDue() {
      const at = performance.now();
      if (at < dueAt) return undefined;
      dueAt = at + INTERVAL_MS;
      const now = parseStat(readStat(pid));
      if (now === undefined) return undefined;
      const seconds = (at - last.at) / 1_000;
      const cpu = Math.max(0, (now.ticks - last.ticks) / TICKS_PER_SECOND / seconds);
      last = { at, ticks: now.ticks };
      return { cpu: Math.round(cpu * 1_000) / 1_000, memoryBytes: now.memoryBytes, ...gpuUsage?.newest() };
    },
    stop: () => gpuUsage?.stop(),
  };
}

/** Returns CPU time and resident memory from the text of /proc/<pid>/stat. The name in parentheses may contain anything. */
export function parseStat(text: string): Readonly<{ ticks: number; memoryBytes: number }> | undefined {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  // Counted from the state, the third field of the file.
  const [user, system, pages] = [fields[11], fields[12], fields[21]].map(Number);
  if (!Number.isInteger(user) || !Number.isInteger(system) || !Number.isInteger(pages)) return undefined;
  return { ticks: Number(user) + Number(system), memoryBytes: Number(pages) * PAGE_BYTES };
}

function readStat(pid: number | undefined): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return '';
  }
}

type GpuUsage = Pick<Usage, 'gpu' | 'gpuMemoryBytes'>;

/** Keeps the newest usage of a GPU. Stops to ask if nvidia-smi fails. */
function watchGpu(gpu: string) {
  let newest: GpuUsage = {};
  const query = [`--id=${gpu}`, '--query-gpu=memory.used,utilization.gpu', '--format=csv,noheader,nounits'];
  const poll = (): void => {
    promisify(execFile)('nvidia-smi', query, { timeout: GPU_INTERVAL_MS })
      .then(({ stdout }) => {
        newest = parseGpuUsage(stdout);
      })
      .catch(() => clearInterval(timer));
  };
  const timer = setInterval(poll, GPU_INTERVAL_MS).unref();
  poll();
  return { newest: () => newest, stop: () => clearInterval(timer) };
}

/** Parses a line of `nvidia-smi`: used memory in MiB, and the share of time in percent. Leaves out what the driver does not know. */
export function parseGpuUsage(csv: string): GpuUsage {
  const [mebibytes, percent] = csv.split(',').map((field) => Number.parseInt(field, 10));
  return {
    ...(Number.isInteger(percent) && { gpu: Math.min(1, Number(percent) / 100) }),
    ...(Number.isInteger(mebibytes) && { gpuMemoryBytes: Number(mebibytes) * 2 ** 20 }),
  };
}
