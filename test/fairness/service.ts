/** Service under abuse, as processes: Redis, the API with its predictor, and a worker with fixture trainers that train nothing. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openModelStore } from '../../src/store/index.js';
import { saveTinyModel } from '../support/models.js';
import { startRedis } from '../support/redis.js';

const api = new URL('../../dist/server.js', import.meta.url);
const worker = new URL('./worker.js', import.meta.url);

/** Address and process id of the API, for probes and abuses. */
export type Target = Readonly<{
  /** Address of the API, such as http://127.0.0.1:3000. */
  address: string;
  apiPid: number;
}>;

export type FairService = Awaited<ReturnType<typeof startFairService>>;

/** Starts the service with one small model. `settings` are environment variables of the API. */
export async function startFairService(settings: Readonly<Record<string, string>> = {}) {
  const redis = await startRedis();
  const dataDir = await mkdtemp(join(tmpdir(), 'trainyard-fairness-'));
  const store = await openModelStore(join(dataDir, 'models'));
  await saveTinyModel(store, { name: 'boots' });
  await store.labels.move('boots', 'stable', { version: 1 });
  const children: ChildProcess[] = [];
  const log: string[] = [];

  /** Forks a process file and resolves with its `ready` message. */
  async function start(
    file: URL,
    args: readonly string[],
  ): Promise<Readonly<{ child: ChildProcess; address: string }>> {
    const child = fork(file, args, {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      execArgv: [],
      env: {
        ...process.env,
        HOST: '127.0.0.1',
        PORT: '0',
        DATA_DIR: dataDir,
        REDIS_URL: redis.url,
        LOG_LEVEL: 'warn',
        ...settings,
      },
    });
    children.push(child);
    child.stdout?.on('data', (text) => log.push(String(text)));
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`${file.pathname} ended with ${code}:\n${log.slice(-10).join('')}`);
    });
    ended.catch(() => undefined); // closing the service ends it too
    const [ready] = await Promise.race([once(child, 'message'), ended]);
    return { child, address: String((ready as { address?: string }).address) };
  }

  const { child, address } = await start(api, []);
  await start(worker, [redis.url, dataDir]);
  const target: Target = { address, apiPid: child.pid ?? 0 };
  return {
    target,
    /** Returns the last log lines of the processes. */
    log: (): string => log.slice(-20).join(''),

    async close(): Promise<void> {
      for (const each of children.reverse()) {
        if (each.exitCode !== null || each.signalCode !== null) continue;
        const gone = once(each, 'exit');
        each.disconnect();
        each.kill('SIGTERM');
        await gone;
      }
      await redis.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Returns the resident bytes of a process; 0 after its end. */
export function residentBytes(pid: number): number {
  // Synchronous: a process that exits during an asynchronous read warns of an open file.
  return 1024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(statusOf(pid))?.[1] ?? 0);
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}
