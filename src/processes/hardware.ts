/** What this machine trains on: processor, cores, GPUs, and the memory a trainer may use. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { promisify } from 'node:util';
import type { Bfloat16Support, WorkerInfo } from '../contracts/service/worker.js';

/** `gpus`: what CUDA_VISIBLE_DEVICES names each of them. */
export type Hardware = Pick<WorkerInfo, 'device' | 'processor' | 'cores' | 'memoryBytes' | 'bfloat16' | 'concurrency'> &
  Readonly<{ gpus: readonly string[] }>;

export type Gpu = Readonly<{ name: string; model: string; memoryBytes: number; computeCapability: number }>;

/** Address space that Node.js and TensorFlow reserve beyond the memory they use: a limit of it (`ulimit -v`) holds so much less. */
const RESERVED_ADDRESS_SPACE = 2.5e9;

/** The first with tensor cores that take bfloat16. */
const BFLOAT16_CAPABILITY = 8;

/**
 * Looks at the machine as it is now. `cuda`: TensorFlow's CUDA runtime is used, so GPUs count where there are any;
 * `visibleGpus`: CUDA_VISIBLE_DEVICES. `concurrency` trainers share the memory: those asked for, and on GPUs at most `deviceSlots` each.
 */
export async function detectHardware(
  options: Readonly<{
    cuda: boolean;
    visibleGpus?: string | undefined;
    concurrency?: number | undefined;
    deviceSlots?: number;
  }>,
): Promise<Hardware> {
  const { cuda, visibleGpus, deviceSlots = 1 } = options;
  const cores = availableParallelism();
  const gpus = cuda ? visibleOf(await listGpus(), visibleGpus) : [];
  const concurrency = concurrencyOf(options.concurrency, gpus.length * deviceSlots);
  if (gpus.length > 0) {
    return {
      concurrency,
      device: 'cuda',
      processor: [...new Set(gpus.map(({ model }) => model))].join(', '),
      cores,
      memoryBytes: shareOf(
        Math.min(...gpus.map(({ memoryBytes }) => memoryBytes)),
        Math.ceil(concurrency / gpus.length),
      ),
      bfloat16: gpus.every(({ computeCapability }) => computeCapability >= BFLOAT16_CAPABILITY) ? 'gpu' : 'none',
      gpus: gpus.map(({ name }) => name),
    };
  }
  return {
    concurrency,
    device: 'cpu',
    processor: cpus()[0]?.model.trim() ?? process.arch,
    cores,
    memoryBytes: await usableMemory(concurrency),
    bfloat16: bfloat16Of(await textOf('/proc/cpuinfo')),
    gpus: [],
  };
}

/** Jobs at the same time: what was asked for, within the slots of the GPUs; on a CPU 1 where nothing was. */
export const concurrencyOf = (asked: number | undefined, slots: number): number =>
  slots === 0 ? (asked ?? 1) : Math.min(asked ?? slots, slots);

/** The machine's and the container's memory are shared; a limit of address space each process has for itself. */
async function usableMemory(concurrency: number): Promise<number> {
  // 0, or more than there is, where no control group limits it; Node.js reads both versions of them.
  const constrained = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  const shared = shareOf(Math.min(totalmem(), constrained), concurrency);
  const addressSpace = addressSpaceOf(await textOf('/proc/self/limits'));
  return Math.min(shared, Math.max(0, addressSpace - RESERVED_ADDRESS_SPACE));
}

const shareOf = (bytes: number, trainers: number): number => Math.floor(bytes / trainers);

/** The soft limit of address space in the text of /proc/self/limits, in bytes; infinite where there is none. */
export function addressSpaceOf(limits: string): number {
  const bytes = /^Max address space\s+(\d+)/m.exec(limits)?.[1];
  return bytes === undefined ? Number.POSITIVE_INFINITY : Number(bytes);
}

/**
 * What the CPU has for bfloat16, by the vendor and the flags in the text of /proc/cpuinfo. AVX-512 BF16 counts on AMD's CPUs, where it was
 * measured to pay; an Intel CPU held to these instructions is slower by them than in float32.
 */
export function bfloat16Of(cpuinfo: string): Bfloat16Support {
  const isAmd = /^vendor_id\s*:\s*AuthenticAMD$/m.test(cpuinfo);
  const flags = new Set(/^flags\s*:(.*)$/m.exec(cpuinfo)?.[1]?.trim().split(/\s+/));
  if (flags.has('amx_bf16')) return 'amx';
  return isAmd && flags.has('avx512_bf16') ? 'avx512' : 'none';
}

/** Every GPU that the driver shows; none where there is no driver. */
async function listGpus(): Promise<Gpu[]> {
  const query = ['--query-gpu=index,uuid,name,memory.total,compute_cap', '--format=csv,noheader,nounits'];
  try {
    const { stdout } = await promisify(execFile)('nvidia-smi', query, { timeout: 20_000 });
    return parseGpus(stdout);
  } catch {
    return [];
  }
}

/** Lines of `nvidia-smi`: index, UUID, model, memory in MiB, compute capability. */
export function parseGpus(csv: string): Gpu[] {
  return csv
    .split('\n')
    .map((line) => line.split(',').map((field) => field.trim()))
    .filter((fields) => fields.length >= 5)
    .map(([, uuid = '', model = '', mebibytes, capability]) => ({
      name: uuid,
      model,
      memoryBytes: (Number(mebibytes) || 0) * 2 ** 20,
      computeCapability: Number(capability) || 0,
    }));
}

/** Those that CUDA_VISIBLE_DEVICES lists, by place or by the start of their UUID; all where it is not set. */
export function visibleOf(gpus: readonly Gpu[], visible: string | undefined): Gpu[] {
  if (visible === undefined) return [...gpus];
  const chosen: Gpu[] = [];
  for (const name of visible.split(',').map((part) => part.trim())) {
    const gpu = /^\d+$/.test(name)
      ? gpus[Number(name)]
      : gpus.find((each) => name !== '' && each.name.startsWith(name));
    if (gpu === undefined) break; // as CUDA has it: what follows a device that does not exist is not seen
    chosen.push(gpu);
  }
  return chosen;
}

const textOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
