/** Training on an NVIDIA GPU: the same results as on the CPU, faster, with GPU memory allocated as needed. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { childEnvironment } from '../../src/config.js';
import { type JobRequest, resolveJob } from '../../src/contracts/jobs/job.js';
import { detectHardware } from '../../src/processes/hardware.js';

type Measured = Readonly<{
  usesGpu: boolean;
  losses: number[];
  imagesPerSecond: number;
  gpuMemory: { used: number; total: number } | null;
}>;

let gpu: string;
beforeAll(async () => {
  const { gpus } = await detectHardware({
    cuda: true,
    visibleGpus: process.env['CUDA_VISIBLE_DEVICES'],
    concurrency: 1,
  });
  if (gpus[0] === undefined) throw new Error('There is no GPU: `npm run test:gpu` says so before it comes here.');
  gpu = gpus[0];
});

/** Runs ten steps in a new process. `device` is its CUDA_VISIBLE_DEVICES. */
async function train(change: Partial<JobRequest>, device: string, environment: Record<string, string> = {}) {
  const batchSize = 64;
  const spec = resolveJob({
    network: 'resnet',
    batchSize,
    dataset: { name: 'synthetic', resize: 64, trainSamples: 10 * batchSize, testSamples: 1 },
    optimizer: { name: 'sgd', learningRate: 0.01 },
    ...change,
  } as JobRequest);
  const script = fileURLToPath(new URL('../fixtures/measured-steps.js', import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify({ spec, steps: 10 })], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: childEnvironment({ ...environment, CUDA_VISIBLE_DEVICES: device }),
  });
  return JSON.parse(await text(child.stdout)) as Measured;
}

/** Largest difference of two curves, relative to the second. */
const difference = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...b.map((value, i) => Math.abs((a[i] ?? Number.NaN) - value) / Math.abs(value)));

describe.each(['resnet', 'densenet'] as const)('%s on the GPU', (network) => {
  test('has the same loss curve as on the CPU, in float32 without TensorFloat-32', async () => {
    const onGpu = await train({ network }, gpu, { NVIDIA_TF32_OVERRIDE: '0' });
    const onCpu = await train({ network }, '');
    expect([onGpu.usesGpu, onCpu.usesGpu]).toEqual([true, false]);
    expect(onGpu.losses).toHaveLength(10);
    expect(difference(onGpu.losses.slice(0, 1), onCpu.losses.slice(0, 1))).toBeLessThan(1e-4);
    // Rounding errors grow with each step: after ten, two kernel libraries on one CPU differ by 4 %.
    expect(difference(onGpu.losses.slice(0, 3), onCpu.losses.slice(0, 3))).toBeLessThan(5e-3);
  });

  test('trains more images per second than the CPU', async () => {
    const [onGpu, onCpu] = [await train({ network }, gpu), await train({ network }, '')];
    console.log(
      `${network}: ${onGpu.imagesPerSecond.toFixed(0)} images/s, on the CPU ${onCpu.imagesPerSecond.toFixed(0)}`,
    );
    expect(onGpu.imagesPerSecond).toBeGreaterThan(onCpu.imagesPerSecond);
  });

  test('has nearly, but not exactly the same loss curve in bfloat16', async () => {
    const [half, full] = [await train({ network, precision: 'bfloat16' }, gpu), await train({ network }, gpu)];
    expect(half.losses).not.toEqual(full.losses);
    expect(difference(half.losses, full.losses)).toBeLessThan(0.05);
  });

  test('allocates GPU memory as needed', async () => {
    const { gpuMemory } = await train({ network }, gpu);
    expect(gpuMemory?.total).toBeGreaterThan(0);
    expect(gpuMemory?.used).toBeLessThan(0.6 * (gpuMemory?.total ?? 0));
  });
});
