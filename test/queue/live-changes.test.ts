/** A job that is changed while it runs and whose trainer is killed: spec and changes give the same bits again. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type JobRequest, resolveJob } from '../../src/contracts/jobs/job.js';
import { changesForTrainer } from '../../src/queue/change.js';
import { checkpointPaths } from '../../src/store/checkpoints.js';
import { openModelStore } from '../../src/store/index.js';
import { modelReference } from '../support/models.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { isStep, openService, type Service } from '../support/running-service.js';

const request = {
  network: 'resnet',
  networkOptions: { width: 8, blocks: [1, 1] },
  dataset: { name: 'synthetic', resize: 16, trainSamples: 288, testSamples: 16, validationSamples: 32 },
  batchSize: 32,
  epochs: 40,
  stepInterval: 1,
  earlyStopping: { metric: 'validationAccuracy', patience: 100 },
  schedule: { name: 'cosine' },
} as const satisfies JobRequest;

let server: TestRedis;
let service: Service;
let dataDir: string;
let worker: ChildProcess;
const seen: { trainer?: number } = {};

beforeAll(async () => {
  server = await startRedis();
  service = await openService(server);
  dataDir = await mkdtemp(join(tmpdir(), 'trainyard-changes-'));
  const env = { ...process.env, DATA_DIR: dataDir, REDIS_URL: server.url, MAX_RESTARTS: '100', LOG_LEVEL: 'info' };
  worker = fork(new URL('../../dist/worker.js', import.meta.url), { env, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  if (worker.stdout === null) throw new Error('The worker has no output.');
  createInterface({ input: worker.stdout }).on('line', (line) => {
    const { trainerPid, msg } = JSON.parse(line) as { trainerPid?: number; msg: string };
    if (msg === 'trainer started' && trainerPid !== undefined) seen.trainer = trainerPid;
  });
});
afterAll(async () => {
  const ended = once(worker, 'exit');
  worker.kill('SIGKILL');
  await ended;
  await service.close();
  await rm(dataDir, { recursive: true, force: true });
  await server.close();
});

async function modelOf(id: string) {
  const job = await service.jobs.get(id);
  const { manifest } = await (await openModelStore(join(dataDir, 'models'))).get(modelReference(job));
  expect(manifest.jobId).toBe(id);
  return manifest;
}

describe('a job that is changed while it runs', () => {
  test('ends with the weights that its spec and changes reproduce, although its trainer is killed', async () => {
    const spec = resolveJob({ ...request, name: 'changed' });
    const { id } = await service.jobs.submit(spec);
    const at = (place: (epoch: number) => boolean, after: number) =>
      service.frame(id, (frame) => frame.type === 'step' && place(frame.epoch), after);
    await service.frame(id, isStep);
    await service.jobs.change(id, { learningRate: 0.02, patience: 30 });
    let { seq } = await service.frame(id, ({ type }) => type === 'change');
    // The change may be in a checkpoint, in none, or on its way. In each case it is applied once, at its step.
    for (const change of [{ epochs: 20 }, undefined]) {
      if (change) await service.jobs.change(id, change);
      process.kill(Number(seen.trainer), 'SIGKILL');
      ({ seq } = await service.frame(id, ({ type }) => type === 'status', seq));
      ({ seq } = await service.frame(id, isStep, seq));
    }
    ({ seq } = await at((epoch) => epoch >= 2, seq));
    await service.jobs.change(id, { learningRate: 0.005 });
    const frames = await service.history(id);
    const end = frames.at(-1);
    expect(end).toMatchObject({ status: 'succeeded', reason: { code: 'epochs' } });

    const { changes } = await service.jobs.get(id);
    expect(changes.map(({ number, step }) => [number, typeof step])).toEqual([
      [1, 'number'],
      [2, 'number'],
      [3, 'number'],
    ]);
    expect(frames.filter(({ type }) => type === 'change')).toHaveLength(3);
    const model = await modelOf(id);
    expect(model.changes).toEqual(changes.map(({ requestedAt: _, ...change }) => change));
    expect(model.steps).toBeGreaterThan(0);
    expect(model.spec).toEqual(spec);

    // Another job with this spec, with the changes as planned changes.
    const { id: again } = await service.jobs.submit(spec, { changes: model.changes ?? [] });
    await service.history(again);
    expect((await modelOf(again)).files.weights.sha256).toBe(model.files.weights.sha256);
    expect((await service.jobs.get(again)).changes.map(({ step }) => step)).toEqual(changes.map(({ step }) => step));
    expect(changesForTrainer(changes)).toHaveLength(3);

    const { id: unchanged } = await service.jobs.submit({ ...spec, epochs: 20 });
    await service.history(unchanged);
    expect((await modelOf(unchanged)).files.weights.sha256).not.toBe(model.files.weights.sha256);
  }, 120_000);
});

describe('a real job that is cancelled', () => {
  test('keeps its weights at once, without the evaluation that was running', async () => {
    // One image at a time takes long enough.
    const dataset = { ...request.dataset, testSamples: 2_000 };
    const slow = { ...request, dataset, epochs: 1, batchSize: 8, microBatchSize: 1, name: 'evaluated' };
    const { id } = await service.jobs.submit(resolveJob(slow));
    // The run has ended once the checkpoint of its only epoch exists.
    const checkpoints = () => checkpointPaths(join(dataDir, 'checkpoints'), id);
    await expect.poll(checkpoints, { timeout: 30_000, interval: 10 }).toHaveLength(1);
    await service.jobs.cancel(id, 'keep');
    const end = (await service.history(id)).at(-1);
    expect(end).toMatchObject({
      status: 'cancelled',
      model: { name: 'evaluated', version: 1 },
      reason: { code: 'kept' },
    });
    const { reason, files } = await modelOf(id);
    expect(Object.keys(files)).not.toContain('evaluation');
    expect(reason?.message).toMatch('The job was cancelled. Saved the weights of epoch 1, the best of 1');
  }, 60_000);

  test('stores the weights of its best epoch as a model that says so, even from a pause', async () => {
    const { id } = await service.jobs.submit(resolveJob({ ...request, name: 'kept' }));
    await service.frame(id, (frame) => frame.type === 'epoch' && frame.epoch === 2);
    await service.pauses.pause(id);
    await service.frame(id, (frame) => frame.type === 'status' && frame.status === 'paused');
    await service.jobs.cancel(id, 'keep');
    const end = (await service.history(id)).at(-1);
    expect(end).toMatchObject({ status: 'cancelled', model: { name: 'kept', version: 1 }, reason: { code: 'kept' } });
    const { scores, steps, reason, files } = await modelOf(id);
    expect(Object.keys(files)).toContain('golden');
    expect(Object.keys(files)).not.toContain('evaluation');
    expect(steps).toBe(8 * (scores?.epoch ?? 0));
    expect(reason?.message).toMatch(`Saved the weights of epoch ${scores?.epoch}, the best of`);
  }, 60_000);
});
