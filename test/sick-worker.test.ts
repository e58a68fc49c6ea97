/** Processes of a service that cannot work: each says why in one sentence, and takes no jobs. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Frame } from '../src/contracts/jobs/frame.js';
import { type JobRequest, resolveJob } from '../src/contracts/jobs/job.js';
import type { Readiness } from '../src/contracts/service/health-status.js';
import type { WorkerInfo } from '../src/contracts/service/live-worker.js';
import { startRedis, type TestRedis } from './support/redis.js';
import { isStep, openService, type Service } from './support/running-service.js';
import { openWorkerProcesses, type WorkerProcesses } from './support/worker-processes.js';

/** Starting a process takes this long on a busy machine. */
const soon = { timeout: 120_000 };
vi.setConfig({ testTimeout: 300_000 });

const request: JobRequest = {
  network: 'resnet',
  name: 'small',
  networkOptions: { width: 8, blocks: [1, 1] },
  dataset: { name: 'synthetic', resize: 16, trainSamples: 64, testSamples: 16 },
  batchSize: 32,
  epochs: 1,
};

let server: TestRedis;
let service: Service;
let processes: WorkerProcesses;
/** The data folder of the processes, unless they are started with another. */
let folder: string;

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.close());
beforeEach(async () => {
  service = await openService(server);
  await service.redis.flushall();
  processes = await openWorkerProcesses();
  folder = processes.dataDir;
});
afterEach(async () => {
  await service.close();
  await processes.close();
});

const start = (file: string, settings: Record<string, string> = {}, args: string[] = []) =>
  processes.startEntry(file, { PORT: '0', REDIS_URL: server.url, LOG_LEVEL: 'info', ...settings }, args);

/** Returns the exit code of a process that cannot start, and what it wrote to standard error. */
async function failureOf(file: string, settings: Record<string, string>) {
  const { child, output } = start(file, settings);
  const [code] = (await once(child, 'close')) as [number];
  return { code, said: output.err.trim() };
}

async function worker(settings: Record<string, string> = {}) {
  const started = start('worker.js', settings);
  const [ready] = (await once(started.child, 'message')) as [{ fault?: string }];
  return { ...started, ready };
}

async function api(settings: Record<string, string> = {}) {
  const started = start('server.js', settings);
  const [{ address }] = (await once(started.child, 'message')) as [{ address: string }];
  const readiness = async (): Promise<Readiness> => (await (await fetch(`${address}/readyz`)).json()) as Readiness;
  const check = async (name: string) => (await readiness()).checks.find((each) => each.name === name);
  return { ...started, address, check };
}

const health = async (): Promise<{ code: number; said: string }> => {
  const { child, output } = start('worker.js', {}, ['--health']);
  const [code] = (await once(child, 'close')) as [number];
  return { code, said: output.err };
};

/** Makes a data folder with a file in place of one of its folders. */
async function brokenData(part = 'models'): Promise<string> {
  const data = join(folder, `broken ${part}`);
  await mkdir(data);
  await writeFile(join(data, part), '');
  return data;
}

/** Returns settings with which every process fails to load TensorFlow. */
async function withoutTensorFlow(failure: string): Promise<Record<string, string>> {
  const path = join(folder, 'no-tensorflow.cjs');
  await writeFile(
    path,
    `const load = process.dlopen;
     process.dlopen = function (module, file, ...rest) {
       if (file.includes('tfjs_binding')) ${failure};
       return load.call(this, module, file, ...rest);
     };`,
  );
  return { NODE_OPTIONS: `--require ${JSON.stringify(path)}` };
}
const MISSING = "throw new Error('libtensorflow_cc.so.2: cannot open shared object file')";

describe('a worker that cannot write its folders', () => {
  const sentence = (data: string, part: string) =>
    new RegExp(
      `^DATA_DIR ${data} cannot be written by user \\d+: there is a file at the path of a folder .*, in ${data}/${part}\\.$`,
    );

  test.each(['checkpoints', 'models', 'tensorboard'])('names the folder %s when it starts', async (part) => {
    const data = await brokenData(part);
    expect((await worker({ DATA_DIR: data })).ready.fault).toMatch(sentence(data, part));
  });

  test('reports its fault everywhere and leaves all jobs to a healthy worker', async () => {
    const data = await brokenData();
    const sick = await worker({ DATA_DIR: data });
    const submit = () => service.jobs.submit(resolveJob(request));
    const alone = await submit();
    const shown = [
      expect.objectContaining({ pid: sick.child.pid, fault: expect.stringMatching(sentence(data, 'models')) }),
    ];
    await expect.poll(() => service.workers.list(), soon).toEqual(shown);
    await expect.poll(health, soon).toEqual({ code: 1, said: expect.stringContaining(`${data} cannot be written`) });
    expect((await service.jobs.get(alone.id)).attempt).toBe(0);

    const healthy = await worker();
    for (const { id } of [alone, await submit(), await submit()]) {
      expect((await service.history(id)).at(-1)).toMatchObject({ type: 'end', status: 'succeeded' });
      expect((await service.jobs.get(id)).attempt).toBe(1);
    }
    expect(healthy.ready.fault).toBeUndefined();
  });

  test('takes jobs once it can write its folders', async () => {
    const data = await brokenData();
    const { output } = await worker({ DATA_DIR: data });
    const { id } = await service.jobs.submit(resolveJob(request));
    await rm(join(data, 'models'));
    expect((await service.history(id)).at(-1)).toMatchObject({ status: 'succeeded' });
    expect((await service.workers.list())[0]).not.toHaveProperty('fault');
    expect(output.out).toContain('this worker takes jobs again');
    expect((await readdir(join(data, 'models'))).filter((name) => name.includes('probe'))).toEqual([]);
  });
});

describe('a storage failure during training', () => {
  const long = { ...request, epochs: 40, stepInterval: 1 };
  const isPaused = (frame: Frame): boolean => frame.type === 'status' && frame.status === 'paused';

  test('pauses the job if its model cannot be saved, and makes the model from the kept weights later', async () => {
    await worker();
    const { id } = await service.jobs.submit(resolveJob(long));
    await service.frame(id, isStep);
    await rename(join(folder, 'models'), join(folder, 'aside'));
    await writeFile(join(folder, 'models'), '');
    expect(await service.frame(id, isPaused)).toMatchObject({
      reason: {
        code: 'storage_unavailable',
        message: expect.stringMatching(
          /^(The model small could not be saved|No model can be stored): .*models cannot be written/,
        ),
      },
    });
    expect(await service.jobs.get(id)).toMatchObject({ status: 'paused', scores: { epoch: 40 } });
    await rm(join(folder, 'models'));
    await service.pauses.resume(id);
    expect((await service.history(id)).at(-1)).toMatchObject({ type: 'end', status: 'succeeded' });
    expect(await service.frame(id, ({ type }) => type === 'resume')).toMatchObject({ epoch: 41, step: 0 });
  });

  test('writes the weights again if the checkpoints were removed, and the job resumes from them', async () => {
    await worker({ CHECKPOINT_SECONDS: '1' });
    const { id } = await service.jobs.submit(resolveJob(long));
    await service.frame(id, ({ type }) => type === 'epoch');
    await rename(join(folder, 'checkpoints'), join(folder, 'aside')); // at once: the trainer writes into it
    expect(await service.frame(id, isPaused)).toMatchObject({
      reason: {
        code: 'storage_unavailable',
        message: expect.stringMatching(
          /was removed while the job trained.*created the folder again and saved the job's weights/,
        ),
      },
    });
    await service.pauses.resume(id);
    const resumed = await service.frame(id, ({ type }) => type === 'resume');
    expect(resumed).toMatchObject({ epoch: expect.any(Number) });
    if (resumed.type === 'resume') expect(resumed.epoch).toBeGreaterThan(1);
    expect((await service.history(id)).at(-1)).toMatchObject({ type: 'end', status: 'succeeded' });
  });
});

describe('a machine that cannot load TensorFlow', () => {
  test.each([
    [
      'a library is missing',
      MISSING,
      /TensorFlow could not be loaded \(libtensorflow_cc\.so\.2: cannot open shared object file\)/,
    ],
    [
      'its CPU is too old',
      "process.kill(process.pid, 'SIGILL')",
      /uses instructions that this CPU does not have \(SIGILL\)/,
    ],
  ])('reports that %s, and its worker takes no job', async (_, failure, sentence) => {
    const { id } = await service.jobs.submit(resolveJob(request));
    const { ready } = await worker(await withoutTensorFlow(failure));
    expect(ready.fault).toMatch(sentence);
    await expect
      .poll(() => service.workers.list(), soon)
      .toEqual([expect.objectContaining({ fault: expect.stringMatching(sentence) })]);
    expect(await service.jobs.get(id)).toMatchObject({ status: 'queued', attempt: 0 });
  });

  test('makes the API unready for predictions and says why', async () => {
    const { check } = await api(await withoutTensorFlow(MISSING));
    await expect
      .poll(() => check('predictor'), soon)
      .toEqual({
        name: 'predictor',
        ok: false,
        detail: expect.stringMatching(/TensorFlow could not be loaded \(libtensorflow/),
      });
  });
});

describe('GET /readyz', () => {
  test('names the workers that take no jobs, and fails if no worker takes any', async () => {
    const { check, address } = await api();
    const sick: Omit<WorkerInfo, 'seenAt'> = {
      ...{ host: 'there', pid: 9, device: 'cpu', processor: 'A CPU', cores: 1, memoryBytes: 1e9 },
      ...{ bfloat16: 'none', concurrency: 1, fault: 'Its disk is gone.' },
    };
    expect(await check('workers')).toEqual({ name: 'workers', ok: true });
    await service.workers.heartbeat(sick);
    const one = { name: 'workers', ok: false, detail: '1 of 1 workers take no jobs. there:9: Its disk is gone.' };
    expect(await check('workers')).toEqual(one);
    expect((await fetch(`${address}/readyz?for=jobs`)).status).toBe(503);
    const { fault: _, ...well } = sick;
    await service.workers.heartbeat({ ...well, pid: 8 });
    expect(await check('workers')).toMatchObject({ ok: true, detail: expect.stringContaining('1 of 2 workers') });
  });

  test('names a folder that can no longer be written, and is ready again once it can', async () => {
    const { check } = await api();
    expect(await check('storage')).toEqual({ name: 'storage', ok: true });
    await rename(join(folder, 'models'), join(folder, 'aside'));
    await writeFile(join(folder, 'models'), '');
    expect(await check('storage')).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/^DATA_DIR .* cannot be written by user \d+: .*models\.$/),
    });
    await rm(join(folder, 'models'));
    await rename(join(folder, 'aside'), join(folder, 'models'));
    expect(await check('storage')).toMatchObject({ ok: true });
  });
});

describe('a process that cannot start', () => {
  const isRoot = process.getuid?.() === 0 && spawnSync('setpriv', ['--version']).status === 0;

  test.each(['server.js', 'worker.js', 'main.js'])('names the bad settings in one sentence (%s)', async (file) => {
    expect(await failureOf(file, { PORT: 'x', MAX_RESTARTS: '-1' })).toEqual({
      code: 1,
      said: 'PORT must be a whole number from 0 to 65535, not "x"; MAX_RESTARTS must be a whole number from 0 to 100, not "-1".',
    });
  });

  test.each(['server.js', 'main.js'])('says that DATA_DIR is not a folder (%s)', async (file) => {
    const data = join(folder, 'file');
    await writeFile(data, '');
    const { code, said } = await failureOf(file, { DATA_DIR: data });
    expect(said).toMatch(new RegExp(`^DATA_DIR ${data} cannot be written by user \\d+: .*\\.$`));
    expect(said.split('\n')).toHaveLength(1);
    expect(code).toBe(1);
  });

  test.runIf(isRoot)('says that DATA_DIR belongs to another user', () => {
    const other = ['--reuid', '65534', '--regid', '65534', '--clear-groups', process.execPath];
    const { status, stderr } = spawnSync('setpriv', [...other, join(import.meta.dirname, '../dist/server.js')], {
      encoding: 'utf8',
      env: { ...process.env, DATA_DIR: folder, REDIS_URL: server.url, PORT: '0' },
    });
    expect(stderr.trim()).toMatch(
      new RegExp(`^DATA_DIR ${folder} cannot be written by user 65534: permission denied .*$`),
    );
    expect(status).toBe(1);
  });

  test('says that its port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const { code, said } = await failureOf('server.js', { PORT: String(port) });
    taken.close();
    expect(said).toBe(
      `Port ${port} on 127.0.0.1 is taken. Stop the program that uses it, or set PORT to another port.`,
    );
    expect(code).toBe(1);
  });
});
