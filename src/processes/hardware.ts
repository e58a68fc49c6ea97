/** Hardware of this machine: processor, cores, GPUs, and the memory that a trainer may use. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { promisify } from 'node:util';
import type { Bfloat16Support, WorkerInfo } from '../contracts/service/live-worker.js';

/** `gpus`: names of the GPUs, as CUDA_VISIBLE_DEVICES takes them. */
export type Hardware = Pick<WorkerInfo, 'device' | 'processor' | 'cores' | 'memoryBytes' | 'bfloat16' | 'concurrency'> &
  Readonly<{ gpus: readonly string[] }>;

export type Gpu = Readonly<{ name: string; model: string; memoryBytes: number; computeCapability: number }>;

/** Address space in bytes that Node.js and TensorFlow reserve but do not use. It is subtracted from a limit (`ulimit -v`). */
const RESERVED_ADDRESS_SPACE = 2.5e9;

/** Lowest compute capability whose tensor cores support bfloat16. */
const BFLOAT16_CAPABILITY = 8;

type HardwareOptions = Readonly<{
  /** Whether TensorFlow's CUDA runtime is installed. Otherwise GPUs are ignored. */
  cuda: boolean;
  /** Value of CUDA_VISIBLE_DEVICES. Default: all GPUs. */
  visibleGpus?: string | undefined;
  /** Requested number of concurrent trainers, which share the memory. On GPUs limited to `deviceSlots` each. */
  concurrency?: number | undefined;
  /** Trainers per GPU. Default 1. */
  deviceSlots?: number;
}>;

/** Detects the hardware of this machine. */
export async function detectHardware(options: HardwareOptions): Promise<Hardware> {
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
    bfloat16: bfloat16Of(await readText('/proc/cpuinfo')),
    gpus: [],
  };
}

/** Returns the number of concurrent jobs: the requested one, at most one per GPU slot. Default: all GPU slots, or 1 on a CPU. */
export const concurrencyOf = (requested: number | undefined, slots: number): number =>
  slots === 0 ? (requested ?? 1) : Math.min(requested ?? slots, slots);

/** Returns the bytes that one trainer may use. Trainers share the memory of the machine or container; each has its own address space. */
async function usableMemory(concurrency: number): Promise<number> {
  // 0, or more than the machine has, if no control group limits the memory. Node.js reads both versions of control groups.
  const constrained = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  const shared = shareOf(Math.min(totalmem(), constrained), concurrency);
  const addressSpace = addressSpaceOf(await readText('/proc/self/limits'));
  return Math.min(shared, Math.max(0, addressSpace - RESERVED_ADDRESS_SPACE));
}

const shareOf = (bytes: number, trainers: number): number => Math.floor(bytes / trainers);

/** Returns the soft limit of address space in bytes from the text of /proc/self/limits; infinite if there is none. */
export function addressSpaceOf(limits: string): number {
  const bytes = /^Max address space\s+(\d+)/m.exec(limits)?.[1];
  return bytes === undefined ? Number.POSITIVE_INFINITY : Number(bytes);
}

/**
 * Returns the CPU's bfloat16 support, from the vendor and flags in the text of /proc/cpuinfo. AVX-512 BF16 counts only on AMD CPUs: there
 * it was measured to be faster than float32. On Intel CPUs without AMX it is slower.
 */
export function bfloat16Of(cpuinfo: string): Bfloat16Support {
  const isAmd = /^vendor_id\s*:\s*AuthenticAMD$/m.test(cpuinfo);
  const flags = new Set(/^flags\s*:(.*)$/m.exec(cpuinfo)?.[1]?.trim().split(/\s+/));
  if (flags.has('amx_bf16')) return 'amx';
  return isAmd && flags.has('avx512_bf16') ? 'avx512' : 'none';
}

/** Resolves with every GPU that the driver reports; none without a driver. */
async function listGpus(): Promise<Gpu[]> {
  const query = ['--query-gpu=index,uuid,name,memory.total,compute_cap', '--format=csv,noheader,nounits'];
  try {
    const { stdout } = await promisify(execFile)('nvidia-smi', query, { timeout: 20_000 });
    return parseGpus(stdout);
  } catch {
    return [];
  }
}

/** Parses lines of `nvidia-smi`: index, UUID, model, memory in MiB, compute capability. */
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

/** Returns the GPUs that CUDA_VISIBLE_DEVICES lists, by index or start of their UUID. All if it is not set. */
export function visibleOf(gpus: readonly Gpu[], visible: string | undefined): Gpu[] {
  if (visible === undefined) return [...gpus];
  const chosen: Gpu[] = [];
  for (const name of visible.split(',').map((part) => part.trim())) {
    const gpu = /^\d+$/.test(name)
      ? gpus[Number(name)]
      : gpus.find((each) => name !== '' && each.name.startsWith(name));
    if (gpu === undefined) break; // like CUDA, which ignores all devices after one that does not exist
    chosen.push(gpu);
  }
  return chosen;
}

const readText = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
