/** Real workers and trainers: one worker loses Redis while its trainer finishes, and another worker ends the job. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type EpochEvent, type Frame, scoresOf } from '../../src/contracts/jobs/frame.js';
import { type JobRequest, resolveJob } from '../../src/contracts/jobs/job.js';
import { openModelStore } from '../../src/store/index.js';
import { modelReference } from '../support/models.js';
import { openProxy, type RedisProxy } from '../support/proxy.js';
import type { TestRedis } from '../support/redis.js';
import { isStep, progressOf, type Service, wholeProgress } from '../support/running-service.js';
import { openServiceForEachTest } from '../support/service-for-each-test.js';
import { openWorkerProcesses, type WorkerProcesses } from '../support/worker-processes.js';

const EPOCHS = 10;
const STEPS = 4;
const request: JobRequest = {
  name: 'cut',
  network: 'resnet',
  networkOptions: { width: 8, blocks: [1, 1] },
  dataset: { name: 'synthetic', resize: 16, trainSamples: 128, testSamples: 16 },
  batchSize: 32,
  epochs: EPOCHS,
  stepInterval: 1,
};

let server: TestRedis;
let service: Service;
let proxy: RedisProxy;
let workers: WorkerProcesses;

openServiceForEachTest((opened, redis) => {
  [service, server] = [opened, redis];
});
beforeEach(async () => {
  proxy = await openProxy(server);
  workers = await openWorkerProcesses();
});
afterEach(async () => {
  await workers.close();
  await proxy.close();
});

async function startWorker(redisUrl: string): Promise<ChildProcess> {
  const worker = workers.start({ REDIS_URL: redisUrl, WORKER_LOCK_SECONDS: '2' });
  await once(worker, 'message');
  return worker;
}

const models = async () => (await openModelStore(join(workers.dataDir, 'models'))).list();
const untilTrained = () => expect.poll(models, { timeout: 60_000 }).toHaveLength(1);

/** Returns a job in its first steps, whose worker is disconnected until `back` is called. */
async function outOfTouch(how: 'cut off' | 'frozen') {
  const worker = await startWorker(proxy.url);
  const { id } = await service.jobs.submit(resolveJob(request));
  await service.frame(id, isStep);
  if (how === 'cut off') proxy.cut();
  else worker.kill('SIGSTOP');
  const back = async (): Promise<void> => {
    proxy.mend();
    worker.kill('SIGCONT');
    const gone = once(worker, 'exit');
    worker.kill('SIGTERM');
    await gone;
  };
  return { id, back };
}

/** Checks that every step and epoch appears once, then the end, and that record and model have the scores of the last epoch. */
async function expectWhole(id: string, frames: readonly Frame[]): Promise<void> {
  expect(progressOf(frames)).toEqual(wholeProgress(EPOCHS, STEPS));
  expect(frames.map(({ seq }) => seq)).toEqual(frames.map((_, index) => index + 1));
  expect(frames.at(-1)).toMatchObject({ type: 'end', status: 'succeeded' });
  const { seq: _, at: __, jobId: ___, ...last } = frames.findLast(({ type }) => type === 'epoch') as Frame;
  const scores = scoresOf(last as EpochEvent);
  const job = await service.jobs.get(id);
  const { manifest } = await (await openModelStore(join(workers.dataDir, 'models'))).get(modelReference(job));
  expect([job.scores, manifest.scores]).toEqual([scores, scores]);
  expect(manifest.files).toHaveProperty('course');
}

describe.each(['cut off', 'frozen'] as const)('a worker that is %s while its trainer finishes', (how) => {
  test('loses no frame: the worker that ends the job writes them, and the first one writes nothing when it returns', async () => {
    const { id, back } = await outOfTouch(how);
    await untilTrained();
    await startWorker(server.url);
    const frames = await service.history(id);
    await expectWhole(id, frames);
    await back();
    expect(await service.events.list(id, 0, 1_000)).toEqual(frames);
  }, 120_000);
});

describe('a worker that is cut off for a while', () => {
  test('continues its job if no other worker has taken it, and writes all buffered frames', async () => {
    const { id, back } = await outOfTouch('cut off');
    await untilTrained();
    proxy.mend();
    await expectWhole(id, await service.history(id));
    await back();
  }, 120_000);
});
