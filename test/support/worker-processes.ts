/** Processes of workers in a test, with the data folder that they share. */
import { type ChildProcess, type ForkOptions, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestRedis } from './redis.js';

const WORKER = new URL('../../dist/worker.js', import.meta.url);
const FIXTURE = new URL('../fixtures/worker.js', import.meta.url);

export type WorkerProcesses = Awaited<ReturnType<typeof openWorkerProcesses>>;

export async function openWorkerProcesses() {
  const dataDir = await mkdtemp(join(tmpdir(), 'trainyard-workers-'));
  const children: ChildProcess[] = [];

  function start(entry: URL, args: readonly string[], options: ForkOptions): ChildProcess {
    const child = fork(entry, args, options);
    children.push(child);
    return child;
  }

  return {
    dataDir,

    /** Starts a worker of the service with these settings. `stdout`: what becomes of its log, default `ignore`. */
    start(settings: Readonly<Record<string, string>>, { stdout = 'ignore' }: { stdout?: 'ignore' | 'pipe' } = {}) {
      const env = { ...process.env, DATA_DIR: dataDir, ...settings };
      return start(WORKER, [], { env, stdio: ['ignore', stdout, 'inherit', 'ipc'] });
    },

    /** Starts a worker whose trainers train nothing, with a lock of one second. */
    startFixture: ({ url, folder }: TestRedis, flags: readonly string[] = []) =>
      start(FIXTURE, [url, join(folder, 'models')], { execArgv: [...flags] }),

    /** Kills the workers, waits for their end and removes the folder. */
    async close(): Promise<void> {
      for (const child of children) {
        const gone = once(child, 'exit');
        if (child.kill('SIGKILL')) await gone;
      }
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
