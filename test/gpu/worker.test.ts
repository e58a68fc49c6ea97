/** Worker process with an NVIDIA GPU: it reports the GPU and trains its jobs on it. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resolveJob } from '../../src/contracts/jobs/job.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { openService, type Service } from '../support/running-service.js';

let server: TestRedis;
let service: Service;
let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'trainyard-gpu-'));
  server = await startRedis();
  service = await openService(server);
});
afterAll(async () => {
  await service.close();
  await server.close();
  await rm(dataDir, { recursive: true, force: true });
});

/** Starts a worker with the CUDA runtime. `log` returns its output so far. */
async function startWorker(environment: NodeJS.ProcessEnv = {}) {
  const worker = fork(new URL('../../dist/worker.js', import.meta.url), {
    env: {
      ...process.env,
      ...{ RUNTIME: 'cuda', DATA_DIR: dataDir, REDIS_URL: server.url, LOG_LEVEL: 'info' },
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  let log = '';
  worker.stdout?.on('data', (chunk) => (log += chunk));
  await once(worker, 'message');
  await expect.poll(() => service.workers.list(), { timeout: 20_000 }).toHaveLength(1);
  const [shown] = await service.workers.list();
  return {
    shown,
    log: () => log,
    async stop(): Promise<void> {
      worker.kill('SIGTERM');
      await once(worker, 'exit');
      await expect.poll(() => service.workers.list(), { timeout: 20_000 }).toHaveLength(0);
    },
  };
}

/** Submits a small job and returns its last frame. */
async function lastFrameOfJob() {
  const dataset = { name: 'synthetic', resize: 64, trainSamples: 256, testSamples: 64 } as const;
  const { id } = await service.jobs.submit(resolveJob({ network: 'resnet', dataset, batchSize: 64, epochs: 1 }));
  return (await service.history(id)).at(-1);
}

describe('a worker with RUNTIME=cuda', () => {
  test('is listed with its GPU, and trains a job on one GPU without a fallback', async () => {
    const { shown, log, stop } = await startWorker();
    expect(shown).toMatchObject({ device: 'cuda', bfloat16: expect.stringMatching(/^(gpu|none)$/) });
    expect(shown?.memoryBytes).toBeGreaterThan(1e9);
    expect(await lastFrameOfJob()).toMatchObject({ type: 'end', status: 'succeeded' });
    expect(log()).toMatch(/"gpu":"GPU-[^"]+".*"msg":"trainer started"/);
    expect(log()).not.toContain('RUNTIME is cuda, but');
    await stop();
  });

  test('warns if it finds no GPU and trains on the CPU', async () => {
    const { shown, log, stop } = await startWorker({ CUDA_VISIBLE_DEVICES: '' });
    expect(shown).toMatchObject({ device: 'cpu' });
    expect(await lastFrameOfJob()).toMatchObject({ type: 'end', status: 'succeeded' });
    expect(log()).toContain('RUNTIME is cuda, but no GPU is visible: jobs train on the CPU');
    expect(log()).toContain('RUNTIME is cuda, but TensorFlow found no GPU it can use');
    await stop();
  });
});
