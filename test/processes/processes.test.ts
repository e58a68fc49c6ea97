/** The API and the worker as real processes: start, stop, and times without Redis. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { resolveJob } from '../../src/contracts/jobs/job.js';
import type { Readiness } from '../../src/contracts/service/health-status.js';
import { openModelStore } from '../../src/store/index.js';
import { pictures, zipOf } from '../support/archive.js';
import { descendants, isAlive } from '../support/processes.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { isRunning, isStep, openService, type Service } from '../support/running-service.js';

/** A worker is listed once its child has loaded TensorFlow, which takes long on a busy machine. */
vi.setConfig({ testTimeout: 180_000 });

const dist = (file: string): URL => new URL(`../../dist/${file}`, import.meta.url);

let server: TestRedis;
let dataDir: string;
let children: ChildProcess[];
let log: string;

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.close());
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'trainyard-processes-'));
  children = [];
  log = '';
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(dataDir, { recursive: true, force: true });
});

function start(file: string, env: Record<string, string> = {}, args: string[] = []): ChildProcess {
  const child = fork(dist(file), args, {
    env: {
      ...process.env,
      PORT: '0',
      HOST: '127.0.0.1',
      DATA_DIR: dataDir,
      REDIS_URL: server.url,
      LOG_LEVEL: 'debug',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (log += chunk));
  children.push(child);
  return child;
}

async function startApi(env: Record<string, string> = {}): Promise<{ child: ChildProcess; address: string }> {
  const child = start('server.js', env);
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`The API ended before it was ready (${signal ?? `exit code ${code}`}).`);
  });
  ended.catch(() => undefined); // it also ends after it was ready
  const [ready] = (await Promise.race([once(child, 'message'), ended])) as [{ address: string }];
  return { child, address: ready.address };
}

/** Resolves with the line of the log that has this message. */
const logged = (child: ChildProcess, message: string): Promise<string> => loggedLine(child, `"msg":"${message}"`);

/** Resolves with the first line of the log that has this text. */
function loggedLine(child: ChildProcess, text: string | RegExp): Promise<string> {
  if (child.stdout === null) throw new Error('The log of this process is not read.');
  const lines = createInterface({ input: child.stdout });
  return new Promise((resolve) => lines.on('line', (line) => line.search(text) >= 0 && resolve(line)));
}

const exit = async (child: ChildProcess, signal: NodeJS.Signals): Promise<number> => {
  const ended = once(child, 'exit');
  child.kill(signal);
  const [code] = (await ended) as [number];
  return code;
};

describe('the API process', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('exits with 0 on %s', async (signal) => {
    const { child, address } = await startApi();
    expect((await fetch(`${address}/livez`)).status).toBe(200);
    expect(await exit(child, signal)).toBe(0);
  });

  test('exits when its parent process has exited', async () => {
    const { child } = await startApi();
    const ended = once(child, 'exit');
    child.disconnect();
    expect(await ended).toEqual([0, null]);
  });

  test('answers clients that wait for a conversion when it stops, and leaves no partial result', async () => {
    const { child, address } = await startApi();
    const answer = fetch(`${address}/datasets/boots`, {
      method: 'PUT',
      headers: { 'content-type': 'application/zip' },
      body: new Uint8Array(await zipOf(await pictures('', 2))),
    });
    const converter = () => descendants(child.pid).find(({ command }) => command.includes('converter.js'));
    // A frozen converter does not finish.
    process.kill(await vi.waitUntil(() => converter()?.pid, { interval: 5 }), 'SIGSTOP');
    expect(await exit(child, 'SIGTERM')).toBe(0); // 1 beyond its deadline
    expect((await answer).status).toBe(503);
    expect(await (await answer).json()).toMatchObject({ code: 'unavailable', detail: 'The service is stopping.' });
    const left = (await readdir(join(dataDir, 'datasets'), { recursive: true })).filter((path) => /upload/.test(path));
    expect(left).toEqual([]);
  });

  test('starts without Redis, reports that it is not ready, and is ready once Redis is', async () => {
    await server.kill();
    const { child, address } = await startApi({ DATASETS_DIR: '' });
    const refused = await fetch(`${address}/jobs`);
    expect(refused.status).toBe(503);
    const redisCheck = async () => {
      const { checks } = (await (await fetch(`${address}/readyz`)).json()) as Readiness;
      return checks.find(({ name }) => name === 'redis');
    };
    expect(await redisCheck()).toMatchObject({ ok: false });
    const restored = logged(child, 'redis connection restored');
    await server.start();
    await restored;
    // Each connection reconnects by itself: the log line may belong to another connection than the one for commands.
    await expect.poll(redisCheck, { timeout: 60_000 }).toMatchObject({ ok: true });
    const submit = (job: object) =>
      fetch(`${address}/jobs`, {
        method: 'POST',
        body: JSON.stringify(job),
        headers: { 'content-type': 'application/json' },
      });
    // This data folder has no Fashion-MNIST: only jobs that name it are refused, and the service is ready.
    expect((await fetch(`${address}/readyz?for=jobs`)).status).toBe(200);
    expect(await (await submit({ network: 'resnet' })).json()).toMatchObject({ code: 'dataset_corrupt' });
    const response = await submit({ network: 'resnet', dataset: { name: 'synthetic' } });
    expect(response.status).toBe(202);
    // Otherwise the workers of the tests below would start with this job.
    const { id } = (await response.json()) as { id: string };
    expect((await fetch(`${address}/jobs/${id}`, { method: 'DELETE' })).ok).toBe(true);
    await exit(child, 'SIGTERM');
  });
});

describe('the worker process', () => {
  const health = async (): Promise<number> => {
    const [code] = (await once(start('worker.js', {}, ['--health']), 'exit')) as [number];
    return code;
  };

  test('logs no warnings when it starts with a healthy Redis', async () => {
    const worker = start('worker.js');
    await logged(worker, 'worker started');
    expect(await exit(worker, 'SIGTERM')).toBe(0);
    expect(log.split('\n').filter((line) => /"level":[45]0/.test(line))).toEqual([]);
  });

  test('reports its heartbeat, and exits with 0 on SIGTERM', async () => {
    expect(await health()).toBe(1);
    const child = start('worker.js');
    await once(child, 'message');
    await expect.poll(health, { timeout: 120_000 }).toBe(0);
    expect(await exit(child, 'SIGTERM')).toBe(0);
  });

  test('exits with 0 on SIGTERM while it starts, and leaves no trainer of its check', async () => {
    const child = start('worker.js');
    const trainer = () => descendants(child.pid).find(({ command }) => command.includes('trainer.js'))?.pid;
    const pid = await vi.waitUntil(trainer, { timeout: 60_000 });
    expect(await exit(child, 'SIGTERM')).toBe(0);
    expect(isAlive(pid)).toBe(false);
    expect(log.split('\n').filter((line) => /"level":[45]0/.test(line))).toEqual([]);
  });

  test('is listed with its machine and with other workers until it stops', async () => {
    const service = await openService(server);
    const [first, second] = [start('worker.js'), start('worker.js', { WORKER_CONCURRENCY: '2' })];
    const pids = async () => (await service.workers.list()).map(({ pid }) => pid).sort();
    await expect.poll(pids, { timeout: 120_000 }).toEqual([first.pid, second.pid].sort());
    const workers = await service.workers.list();
    expect(workers).toContainEqual(
      expect.objectContaining({ pid: first.pid, host: hostname(), device: 'cpu', concurrency: 1 }),
    );
    const [one, half] = [first, second].map(({ pid }) => workers.find((worker) => worker.pid === pid)?.memoryBytes);
    expect(half).toBe(Math.floor((one ?? 0) / 2));
    expect(await exit(first, 'SIGTERM')).toBe(0);
    expect(await pids()).toEqual([second.pid]);
    expect(await health()).toBe(0);
    expect(await exit(second, 'SIGTERM')).toBe(0);
    expect(await health()).toBe(1);
    await service.close();
  });

  test('exits within its deadline even without Redis', async () => {
    const child = start('worker.js');
    await once(child, 'message');
    await server.kill();
    expect(await exit(child, 'SIGTERM')).toBe(0); // 1 beyond its deadline
    await server.start();
  });
});

describe('a worker process that trains', () => {
  let service: Service;
  beforeEach(async () => {
    service = await openService(server);
  });
  afterEach(() => service.close());

  /** Resolves with a job that would train for minutes, once its real trainer takes steps. */
  async function train(): Promise<{ worker: ChildProcess; id: string; trainerPid: number }> {
    const worker = start('worker.js');
    const started = logged(worker, 'trainer started');
    const spec = resolveJob({
      network: 'resnet',
      epochs: 1_000,
      batchSize: 8,
      stepInterval: 1,
      dataset: { name: 'synthetic', resize: 28, trainSamples: 1_000, testSamples: 8 },
    });
    const { id } = await service.jobs.submit(spec);
    const { trainerPid } = JSON.parse(await started) as { trainerPid: number };
    await service.frame(id, isStep);
    return { worker, id, trainerPid };
  }

  test('returns its job to the queue on SIGTERM and leaves no trainer, and the next worker resumes the job', async () => {
    const { worker, id, trainerPid } = await train();
    expect(await exit(worker, 'SIGTERM')).toBe(0);
    expect(isAlive(trainerPid)).toBe(false);
    expect(await service.jobs.get(id)).toMatchObject({ status: 'queued', attempt: 1 });
    const next = start('worker.js');
    await service.frame(id, (frame) => isRunning(frame) && 'attempt' in frame && frame.attempt === 2);
    await service.jobs.cancel(id);
    expect((await service.history(id)).at(-1)).toMatchObject({ type: 'end', status: 'cancelled' });
    expect(await exit(next, 'SIGTERM')).toBe(0);
  });

  test('logs a warning if it is set to use a GPU but trains on the CPU', async () => {
    const worker = start('worker.js', { RUNTIME: 'cuda', CUDA_VISIBLE_DEVICES: '' });
    const seen = logged(worker, 'RUNTIME is cuda, but no GPU is visible: jobs train on the CPU');
    const fellBack = loggedLine(worker, /"level":40.*RUNTIME is cuda, but TensorFlow found no GPU it can use/);
    const dataset = { name: 'synthetic', resize: 32, trainSamples: 16, testSamples: 8 } as const;
    const { id } = await service.jobs.submit(resolveJob({ network: 'densenet', dataset, batchSize: 8, epochs: 1 }));
    await seen;
    expect(JSON.parse(await fellBack)).toMatchObject({ jobId: id });
    expect((await service.history(id)).at(-1)).toMatchObject({ type: 'end', status: 'succeeded' });
    await exit(worker, 'SIGTERM');
  });

  test('lets the API predict from its checkpoint, and later from its model at the same URL', async () => {
    const worker = start('worker.js');
    const { child: api, address } = await startApi();
    const dataset = {
      name: 'synthetic',
      resize: 32,
      trainSamples: 240,
      testSamples: 8,
      validationSamples: 40,
    } as const;
    const spec = resolveJob({ network: 'densenet', name: 'flying', dataset, batchSize: 8, epochs: 2, stepInterval: 1 });
    const { id } = await service.jobs.submit(spec);
    await service.frame(id, isStep);
    await service.pauses.pause(id);
    await service.frame(id, (frame) => frame.type === 'status' && frame.status === 'paused');
    const instances = [new Array(28).fill(new Array(28).fill(100))];
    const ask = async (model: string) => {
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify({ model, instances });
      return (await fetch(`${address}/predict`, { method: 'POST', headers, body })).json() as Promise<object>;
    };
    expect(await ask(`job:${id}@last`)).toMatchObject({
      model: { job: id, name: 'flying', epoch: expect.any(Number), steps: expect.any(Number) },
      predictions: [[{ label: expect.any(String) }, {}, {}]],
    });
    await service.pauses.resume(id);
    expect((await service.history(id)).at(-1)).toMatchObject({ type: 'end', status: 'succeeded' });
    for (const reference of [`job:${id}@last`, `job:${id}@best`, 'flying'])
      expect(await ask(reference)).toMatchObject({ model: { name: 'flying', version: 1 } });
    const evaluation = await fetch(`${address}/models/flying/versions/1/evaluation`);
    expect(await evaluation.json()).toMatchObject({ images: 8, calibration: { temperature: expect.any(Number) } });
    expect(await exit(api, 'SIGTERM')).toBe(0);
    expect(await exit(worker, 'SIGTERM')).toBe(0);
  });

  test('stops its trainer without killing it when the job is cancelled', async () => {
    const { worker, id, trainerPid } = await train();
    const ended = logged(worker, 'trainer ended');
    await service.jobs.cancel(id);
    expect((await service.history(id)).at(-1)).toMatchObject({ type: 'end', status: 'cancelled' });
    expect(JSON.parse(await ended)).toMatchObject({ code: 0, signal: null });
    expect(isAlive(trainerPid)).toBe(false);
    await exit(worker, 'SIGTERM');
  });

  test('stores no model of a job that is cancelled right after its last `epoch` frame', async () => {
    const worker = start('worker.js');
    const dataset = { name: 'synthetic', resize: 32, trainSamples: 64, testSamples: 64 } as const;
    const { id } = await service.jobs.submit(resolveJob({ network: 'resnet', dataset, epochs: 1 }));
    await service.frame(id, (frame) => frame.type === 'epoch');
    await service.jobs.cancel(id);
    const end = (await service.history(id)).at(-1);
    const store = await openModelStore(join(dataDir, 'models'));
    expect(end).toMatchObject({ type: 'end', status: 'cancelled' });
    expect(await store.list()).toEqual([]);
    await exit(worker, 'SIGTERM');
  });

  test('ends its trainer when it is killed', async () => {
    const { worker, id, trainerPid } = await train();
    worker.kill('SIGKILL');
    await expect.poll(() => isAlive(trainerPid), { timeout: 60_000 }).toBe(false);
    await service.jobs.cancel(id);
  });

  test('restarts its job when the trainer is killed', async () => {
    const { worker, id, trainerPid } = await train();
    process.kill(trainerPid, 'SIGKILL');
    const queued = await service.frame(id, (frame) => frame.type === 'status' && frame.reason !== undefined);
    expect(queued).toMatchObject({
      status: 'queued',
      attempt: 1,
      reason: { code: 'trainer_died', message: expect.stringMatching(/SIGKILL/) },
    });
    await service.frame(id, isStep, queued.seq);
    await service.jobs.cancel(id);
    await service.history(id);
    await exit(worker, 'SIGTERM');
  });
});

describe('the log', () => {
  test('never contains the password of Redis, even if it is wrong', async () => {
    const guarded = await startRedis({ onPort: true });
    const url = new URL(guarded.url);
    url.password = 's3cret';
    const child = start('worker.js', { REDIS_URL: url.href, LOG_LEVEL: 'trace' });
    await logged(child, 'redis connection lost');
    await exit(child, 'SIGTERM');
    await guarded.close();
    expect(log).toContain('Redis refuses the password');
    expect(log).not.toContain('s3cret');
  });
});
