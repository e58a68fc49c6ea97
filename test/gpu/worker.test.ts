/** The worker process on a machine with an NVIDIA GPU: it shows the GPU, and its jobs train there. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resolveJob } from '../../src/contracts/job.js';
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

describe('a worker with RUNTIME=cuda', () => {
  test('is listed with its GPU, trains a job on one GPU of its own, and falls back to nothing', async () => {
    const worker = fork(new URL('../../dist/worker.js', import.meta.url), {
      env: { ...process.env, RUNTIME: 'cuda', DATA_DIR: dataDir, REDIS_URL: server.url, LOG_LEVEL: 'info' },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    let log = '';
    worker.stdout?.on('data', (chunk) => (log += chunk));
    await once(worker, 'message');
    await expect.poll(() => service.workers.list(), { timeout: 20_000 }).toHaveLength(1);
    const [shown] = await service.workers.list();
    expect(shown).toMatchObject({ device: 'cuda', bfloat16: expect.stringMatching(/^(gpu|none)$/) });
    expect(shown?.memoryBytes).toBeGreaterThan(1e9);

    const dataset = { name: 'synthetic', resize: 64, trainSamples: 256, testSamples: 64 } as const;
    const { id } = await service.jobs.submit(resolveJob({ network: 'resnet', dataset, batchSize: 64, epochs: 1 }));
    expect((await service.history(id)).at(-1)).toMatchObject({ type: 'end', status: 'succeeded' });
    expect(log).toMatch(/"gpu":"GPU-[^"]+".*"msg":"trainer started"/);
    expect(log).not.toContain('RUNTIME is cuda, but');

    worker.kill('SIGTERM');
    await once(worker, 'exit');
  });
});
