/** `npm start` as a process: it becomes ready, recovers from crashes, and leaves no process behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { loadConfig } from '../src/config.js';
import { freePort } from './support/free-port.js';
import { descendants, isAlive, type ProcessRow } from './support/processes.js';

const root = join(import.meta.dirname, '..');
const main = join(root, 'dist/main.js');
const { datasetsDir } = loadConfig();

let dataDir: string;
let started: ChildProcess[];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'trainyard-main-'));
  started = [];
});

afterEach(async () => {
  for (const child of started) if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
  await Promise.all(started.map(ended));
  await rm(dataDir, { recursive: true, force: true });
});

/** `announced` resolves with the address that the process prints once it is ready; undefined if it ends before. */
type Running = Readonly<{ child: ChildProcess; announced: Promise<string | undefined>; output(): string }>;

/** Starts a command in its own process group, as a terminal does. */
function start(
  env: Record<string, string> = {},
  [file, ...args]: [string, ...string[]] = [process.execPath, main],
): Running {
  const child = spawn(file, args, {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      PORT: '0',
      HOST: '127.0.0.1',
      DATA_DIR: dataDir,
      DATASETS_DIR: datasetsDir,
      REDIS_URL: '',
      ...env,
    },
  });
  started.push(child);
  let output = '';
  const announced = new Promise<string | undefined>((resolve) => {
    const note = (chunk: unknown): void => {
      output += chunk;
      const address = /trainyard is ready: (http:\S+)/.exec(output)?.[1];
      if (address !== undefined) resolve(address);
    };
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', note);
    child.once('exit', () => resolve(undefined));
  });
  return { child, announced, output: () => output };
}

/** Resolves with the address once the service is ready. */
const ready = async ({ announced, output }: Running): Promise<string> =>
  (await announced) ?? expect.fail(`The process ended before it was ready:\n${output()}`);

async function ended(child: ChildProcess): Promise<number | string | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.signalCode ?? child.exitCode;
}

const noneLeft = (rows: readonly ProcessRow[]): Promise<boolean> =>
  vi.waitUntil(() => rows.every(({ pid }) => !isAlive(pid)), { timeout: 30_000, interval: 50 });

const pidOf = (rows: readonly ProcessRow[], part: string): number =>
  rows.find(({ command }) => command.includes(part))?.pid ?? expect.fail(`no ${part} among ${JSON.stringify(rows)}`);

describe('npm start', () => {
  test('starts Redis, API, predictor and worker, refuses a second instance, and ends all of them when npm gets SIGTERM', async () => {
    const running = start({}, ['npm', 'start']);
    const address = await ready(running);
    expect((await fetch(`${address}/livez`)).status).toBe(200);
    const rows = descendants(running.child.pid);
    for (const part of ['valkey-server', 'server.js', 'predictor.js', 'worker.js'])
      expect(pidOf(rows, part)).toBeGreaterThan(0);
    const second = start();
    expect(await ended(second.child)).toBe(1);
    expect(second.output()).toBe(
      `trainyard is already running on the data folder ${dataDir}. Use it, stop it, or set DATA_DIR to another folder.\n`,
    );
    expect((await fetch(`${address}/livez`)).status).toBe(200);
    running.child.kill('SIGTERM');
    expect(await ended(running.child)).toBe(0);
    expect(rows.filter(({ pid }) => isAlive(pid))).toEqual([]);
  });

  test('stops cleanly on Ctrl-C, resumes the running job at the next start, and stops cleanly when npx gets SIGTERM', async () => {
    const first = start();
    const address = await ready(first);
    const answer = await fetch(`${address}/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        network: 'resnet',
        dataset: { name: 'synthetic', resize: 28, trainSamples: 512, testSamples: 32 },
        batchSize: 16,
        epochs: 1,
        stepInterval: 1,
      }),
    });
    expect(answer.status).toBe(202);
    const { id } = (await answer.json()) as { id: string };
    const job = async (at: string) =>
      (await (await fetch(`${at}/jobs/${id}`)).json()) as { status: string; progress?: object; attempt: number };
    await vi.waitUntil(async () => (await job(address)).progress !== undefined, { timeout: 40_000, interval: 100 });
    const rows = descendants(first.child.pid);
    expect(pidOf(rows, 'trainer.js')).toBeGreaterThan(0);
    // A terminal sends the signal to the whole process group.
    process.kill(-Number(first.child.pid), 'SIGINT');
    expect(await ended(first.child)).toBe(0);
    expect(rows.filter(({ pid }) => isAlive(pid))).toEqual([]);

    const second = start({}, ['npx', 'trainyard', 'start']);
    const next = await ready(second);
    await vi.waitUntil(async () => (await job(next)).status === 'succeeded', { timeout: 60_000, interval: 200 });
    expect((await job(next)).attempt).toBe(2);
    const restarted = descendants(second.child.pid);
    const closed = once(second.child, 'close');
    second.child.kill('SIGTERM');
    // npx ends at once. The service, which writes to the same pipes, ends when it has stopped.
    await closed;
    expect(second.output()).toMatch(/"service":"main".*"msg":"stopped"/);
    await noneLeft(restarted);
  }, 150_000);

  test('leaves no process behind if a second signal ends it at once', async () => {
    const running = start();
    await ready(running);
    const rows = descendants(running.child.pid);
    running.child.kill('SIGTERM');
    running.child.kill('SIGINT');
    await ended(running.child);
    await noneLeft(rows);
  });

  test('starts its API and its Redis again after a kill', async () => {
    const port = await freePort();
    const running = start({ PORT: String(port) });
    const address = await ready(running);
    const isReady = async () => (await fetch(`${address}/readyz`).catch(() => undefined))?.ok === true;
    await vi.waitUntil(isReady, { timeout: 30_000, interval: 100 });
    for (const part of ['server.js', 'valkey-server']) {
      const pid = pidOf(descendants(running.child.pid), part);
      process.kill(pid, 'SIGKILL');
      await vi.waitUntil(
        () => descendants(running.child.pid).some((row) => row.command.includes(part) && row.pid !== pid),
        {
          timeout: 20_000,
          interval: 100,
        },
      );
      await vi.waitUntil(isReady, { timeout: 30_000, interval: 100 });
    }
  }, 120_000);

  test('starts again after it was killed itself, once its child processes have ended', async () => {
    const first = start();
    await ready(first);
    const rows = descendants(first.child.pid);
    const temporary = () => readdir(join(dataDir, 'tmp'));
    const [left] = await temporary();
    first.child.kill('SIGKILL');
    await ended(first.child);
    await noneLeft(rows.filter(({ command }) => !command.includes('valkey-server')));
    const second = start();
    await ready(second);
    await noneLeft(rows);
    const now = await temporary();
    expect(now).toHaveLength(1);
    expect(now).not.toContain(left);
  }, 120_000);

  test('says in one sentence that its port is taken, starts when it is free, and ends on SIGTERM', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const running = start({ PORT: String(port) });
    expect(await ended(running.child)).toBe(1);
    taken.close();
    expect(running.output().trim().split('\n').at(-1)).toBe(
      `Port ${port} on 127.0.0.1 is taken. Stop the program that uses it, or set PORT to another port.`,
    );
    // The data folder is unlocked again.
    const next = start();
    await ready(next);
    const rows = descendants(next.child.pid);
    next.child.kill('SIGTERM');
    expect(await ended(next.child)).toBe(0);
    expect(rows.filter(({ pid }) => isAlive(pid))).toEqual([]);
  });

  test('names the bad setting in one sentence', async () => {
    const running = start({ PORT: 'eighty' });
    expect(await ended(running.child)).toBe(1);
    expect(running.output()).toBe('PORT must be a whole number from 0 to 65535, not "eighty".\n');
  });
});
