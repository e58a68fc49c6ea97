/** A job whose model was stored before everything died: it ends with that model. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type JobRequest, resolveJob } from '../../src/contracts/jobs/job.js';
import type { EndReason } from '../../src/contracts/jobs/stop-reason.js';
import { beginAttempt } from '../../src/queue/begin-attempt.js';
import { recordOf } from '../../src/queue/record.js';
import { findModelOfJob } from '../../src/store/find-model-of-job.js';
import { openModelStore } from '../../src/store/index.js';
import { describeModel } from '../support/models.js';
import { descendants } from '../support/processes.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { isStep, openService, type Service, summarizeFrames } from '../support/running-service.js';
import { openWorkerProcesses, type WorkerProcesses } from '../support/worker-processes.js';

const request: JobRequest = {
  name: 'stored',
  network: 'resnet',
  networkOptions: { width: 8, blocks: [1, 1] },
  dataset: { name: 'synthetic', resize: 16, trainSamples: 64, testSamples: 16 },
  batchSize: 32,
  epochs: 3,
};
const files = { weights: Buffer.from('weights'), savedModel: Buffer.from('graph') };
const ENDED: EndReason = { code: 'epochs', message: 'All 3 epochs were trained.' };
const KEPT: EndReason = { code: 'kept', message: 'The job was cancelled. Saved the weights of epoch 3.' };

let server: TestRedis;
let service: Service;
let workers: WorkerProcesses;

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.close());
beforeEach(async () => {
  service = await openService(server);
  await service.redis.flushall();
  workers = await openWorkerProcesses();
});
afterEach(async () => {
  await service.close();
  await workers.close();
});

const startWorker = () => workers.start({ REDIS_URL: server.url, WORKER_LOCK_SECONDS: '2' });

const openStore = () => openModelStore(join(workers.dataDir, 'models'));
const store = async (id: string, reason: EndReason) =>
  (await openStore()).save({ ...describeModel({ jobId: id, name: 'stored', reason }) }, files);

/** Returns a job whose worker began an attempt and disappeared. */
async function lost(): Promise<string> {
  const { id } = await service.jobs.submit(resolveJob(request));
  const read = async () => {
    const fields = await service.journal.read(id);
    return fields && recordOf(id, fields);
  };
  const options = { jobId: id, claim: 'first', maxRestarts: 2, isLocked: async () => true };
  const beginning = await beginAttempt(read, service.journal.write, options);
  expect(beginning).toMatchObject({ outcome: 'begun', attempt: 1 });
  return id;
}

const model = { name: 'stored', version: 1 };

describe('a job with a stored model whose worker is lost', () => {
  test('ends with the model, even if more epochs were requested since', async () => {
    const id = await lost();
    await store(id, ENDED);
    expect(await service.jobs.change(id, { epochs: 30 })).toMatchObject({ outcome: 'accepted' });
    startWorker();
    const frames = await service.history(id);
    expect(summarizeFrames(frames)).toEqual(['queued 0', 'running 1', 'end succeeded']);
    expect(frames.at(-1)).toMatchObject({ model, reason: ENDED });
    const job = await service.jobs.get(id);
    expect(job).toMatchObject({ status: 'succeeded', model, reason: ENDED });
    expect(job.changes[0]).not.toHaveProperty('step');
  });

  test('ends as cancelled if its weights were kept by a cancel', async () => {
    const id = await lost();
    await service.jobs.cancel(id, 'keep');
    await store(id, KEPT);
    startWorker();
    const frames = await service.history(id);
    expect(summarizeFrames(frames)).toEqual(['queued 0', 'running 1', 'end cancelled']);
    expect(frames.at(-1)).toMatchObject({ model, reason: KEPT });
  });
});

describe('a job that is cancelled', () => {
  test('succeeds once its model is stored, even if its worker died before writing the end', async () => {
    const id = await lost();
    await store(id, ENDED);
    expect(await service.jobs.cancel(id)).toMatchObject({ outcome: 'accepted' });
    startWorker();
    const frames = await service.history(id);
    expect(summarizeFrames(frames)).toEqual(['queued 0', 'running 1', 'end succeeded']);
    expect(frames.at(-1)).toMatchObject({ model, reason: ENDED });
  });

  test('succeeds once its model is stored, even if its trainer was killed before reporting it', async () => {
    const folders = {
      modelsDir: join(workers.dataDir, 'models'),
      checkpointsDir: join(workers.dataDir, 'checkpoints'),
    };
    await service.work({
      graceMs: 100,
      hooks: {
        findModel: ({ id: jobId, spec: { name } }, attempt) => findModelOfJob(folders, { jobId, name }, attempt),
      },
    });
    const { id } = await service.submit('ignores');
    await service.frame(id, isStep);
    await (await openStore()).save(describeModel({ jobId: id, name: 'ignores', reason: ENDED }), files);
    await service.jobs.cancel(id);
    expect((await service.history(id)).at(-1)).toMatchObject({ status: 'succeeded', model: { name: 'ignores' } });
  });

  test('leaves no model of a disconnected worker if another worker ends the job', async () => {
    const frozen = startWorker();
    const { id } = await service.jobs.submit(resolveJob({ ...request, epochs: 40 }));
    await service.frame(id, (frame) => frame.type === 'epoch' && frame.epoch === 3);
    const [trainer] = descendants(frozen.pid);
    const pid = Number(trainer?.pid);
    frozen.kill('SIGSTOP');
    process.kill(pid, 'SIGSTOP');
    await service.jobs.cancel(id);
    startWorker();
    const end = (await service.history(id)).at(-1);
    process.kill(pid, 'SIGCONT');
    expect(end).toMatchObject({ status: 'cancelled', reason: { code: 'discarded' } });
    await expect.poll(() => hasEnded(pid), { timeout: 30_000 }).toBe(true);
    expect(await (await openStore()).list()).toEqual([]);
  }, 60_000);
});

/** Also true for a process that its parent has not reaped yet. */
async function hasEnded(pid: number): Promise<boolean> {
  const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z');
  return state.includes(') Z');
}

describe('an attempt that ends after an earlier attempt has stored the model', () => {
  test('reports that model and its stop condition', async () => {
    const { id } = await service.jobs.submit(resolveJob(request));
    await store(id, KEPT);
    startWorker();
    expect((await service.history(id)).at(-1)).toMatchObject({ status: 'cancelled', model, reason: KEPT });
    expect(await (await openStore()).list()).toMatchObject([{ name: 'stored', versions: [1] }]);
  });
});
