/** Processes of the service in a test, all with the same data folder. */
import { type ChildProcess, type ForkOptions, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestRedis } from './redis.js';

const DIST = new URL('../../dist/', import.meta.url);
const FIXTURE = new URL('../fixtures/worker.js', import.meta.url);

type Settings = Readonly<Record<string, string>>;

export type WorkerProcesses = Awaited<ReturnType<typeof openWorkerProcesses>>;

/** Makes an empty data folder; `close` kills the processes that were started with it. */
export async function openWorkerProcesses() {
  const dataDir = await mkdtemp(join(tmpdir(), 'trainyard-workers-'));
  const children: ChildProcess[] = [];

  function start(entry: URL, args: readonly string[], options: ForkOptions): ChildProcess {
    const child = fork(entry, args, options);
    children.push(child);
    return child;
  }
  const environment = (settings: Settings) => ({ ...process.env, DATA_DIR: dataDir, ...settings });

  return {
    dataDir,

    /** Starts a worker of the service with these settings. `stdout` says whether its log can be read, default `ignore`. */
    start(settings: Settings, { stdout = 'ignore' }: { stdout?: 'ignore' | 'pipe' } = {}) {
      const stdio: ForkOptions['stdio'] = ['ignore', stdout, 'inherit', 'ipc'];
      return start(new URL('worker.js', DIST), [], { env: environment(settings), stdio });
    },

    /** Starts an entry file of `dist/` and collects what it writes to standard output and standard error. */
    startEntry(file: string, settings: Settings, args: readonly string[] = []) {
      const stdio: ForkOptions['stdio'] = ['ignore', 'pipe', 'pipe', 'ipc'];
      const child = start(new URL(file, DIST), args, { env: environment(settings), stdio });
      const output = { out: '', err: '' };
      child.stdout?.on('data', (chunk) => (output.out += chunk));
      child.stderr?.on('data', (chunk) => (output.err += chunk));
      return { child, output };
    },

    /** Starts a worker whose trainers train nothing, with a lock of one second. */
    startFixture: ({ url, folder }: TestRedis, flags: readonly string[] = []) =>
      start(FIXTURE, [url, join(folder, 'models')], { execArgv: [...flags] }),

    /** Kills the processes, waits for their end and removes the folder. */
    async close(): Promise<void> {
      for (const child of children) {
        const gone = once(child, 'exit');
        if (child.kill('SIGKILL')) await gone;
      }
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
