/** A job whose model was stored when everything died before its end was written: it ends with that model, and says what that is of. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { EndReason } from '../../src/contracts/ending.js';
import { type JobRequest, resolveJob } from '../../src/contracts/job.js';
import { beginAttempt } from '../../src/queue/attempt.js';
import { recordOf } from '../../src/queue/record.js';
import { openModelStore } from '../../src/store/index.js';
import { describeModel } from '../support/models.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { inShort, openService, type Service } from '../support/running-service.js';

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
const KEPT: EndReason = { code: 'kept', message: 'The job was cancelled. The model is of epoch 3.' };

let server: TestRedis;
let service: Service;
let dataDir: string;
let workers: ChildProcess[];

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.close());
beforeEach(async () => {
  service = await openService(server);
  await service.redis.flushall();
  dataDir = await mkdtemp(join(tmpdir(), 'trainyard-stored-'));
  workers = [];
});
afterEach(async () => {
  await service.close();
  for (const worker of workers) {
    const gone = once(worker, 'exit');
    worker.kill('SIGTERM');
    await gone;
  }
  await rm(dataDir, { recursive: true, force: true });
});

function startWorker(): void {
  const env = { ...process.env, DATA_DIR: dataDir, REDIS_URL: server.url };
  const entry = new URL('../../dist/worker.js', import.meta.url);
  workers.push(fork(entry, { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }));
}

const openStore = () => openModelStore(join(dataDir, 'models'));
const store = async (id: string, reason: EndReason) =>
  (await openStore()).save({ ...describeModel({ jobId: id, name: 'stored', reason }) }, files);

/** A job that a worker has begun, which is never heard of again. */
async function lost(): Promise<string> {
  const { id } = await service.jobs.submit(resolveJob(request));
  const read = async () => {
    const fields = await service.journal.read(id);
    return fields && recordOf(fields);
  };
  const beginning = await beginAttempt(read, service.journal.change, { jobId: id, turn: 'first', maxRestarts: 2 });
  expect(beginning).toMatchObject({ outcome: 'begun', attempt: 1 });
  return id;
}

const model = { name: 'stored', version: 1 };

describe('a job whose model is stored and whose worker is gone', () => {
  test('ends with it, also where more epochs were asked for since', async () => {
    const id = await lost();
    await store(id, ENDED);
    expect(await service.jobs.change(id, { epochs: 30 })).toMatchObject({ outcome: 'accepted' });
    startWorker();
    const frames = await service.history(id);
    expect(inShort(frames)).toEqual(['queued 0', 'running 1', 'end succeeded']);
    expect(frames.at(-1)).toMatchObject({ model, reason: ENDED });
    const job = await service.jobs.get(id);
    expect(job).toMatchObject({ status: 'succeeded', model, reason: ENDED });
    expect(job.changes[0]).not.toHaveProperty('step');
  });

  test('ends as cancelled where that was what its weights were kept for', async () => {
    const id = await lost();
    await service.jobs.cancel(id, 'keep');
    await store(id, KEPT);
    startWorker();
    const frames = await service.history(id);
    expect(inShort(frames)).toEqual(['queued 0', 'running 1', 'end cancelled']);
    expect(frames.at(-1)).toMatchObject({ model, reason: KEPT });
  });
});

describe('an attempt that comes to its end when one before it has stored the model', () => {
  test('says of the model what it is of', async () => {
    const { id } = await service.jobs.submit(resolveJob(request));
    await store(id, KEPT);
    startWorker();
    expect((await service.history(id)).at(-1)).toMatchObject({ status: 'cancelled', model, reason: KEPT });
    expect(await (await openStore()).list()).toMatchObject([{ name: 'stored', versions: [1] }]);
  });
});
