/** API and worker as processes, with a Redis server and a data folder of their own, for tests of the client. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobSubmission } from '../../src/client/index.js';
import { startRedis } from '../support/redis.js';

const root = join(import.meta.dirname, '../..');

export type ServiceProcesses = Awaited<ReturnType<typeof startProcesses>>;

/** Starts an API and a worker. `killApi` and `startApi` end and replace the API on the same port. */
export async function startProcesses(settings: Readonly<Record<string, string>> = {}) {
  const server = await startRedis();
  const dataDir = await mkdtemp(join(tmpdir(), 'trainyard-client-'));
  const children = new Set<ChildProcess>();

  async function start(file: string, changes: Readonly<Record<string, string>> = {}) {
    const env = { ...process.env, HOST: '127.0.0.1', PORT: '0', DATA_DIR: dataDir, REDIS_URL: server.url };
    const child = fork(join(root, 'dist', file), {
      env: { ...env, LOG_LEVEL: 'error', WEBHOOK_NETWORKS: 'private', ...settings, ...changes },
    });
    children.add(child);
    const [ready] = (await once(child, 'message')) as [{ address: string }];
    return { child, ready };
  }

  async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
    children.delete(child);
    const gone = once(child, 'exit');
    if (child.kill(signal)) await gone;
  }

  const [first] = await Promise.all([start('server.js'), start('worker.js')]);
  let api = first.child;
  const { address } = first.ready;
  return {
    address,
    dataDir,
    killApi: (signal: NodeJS.Signals = 'SIGKILL') => end(api, signal),
    async startApi(): Promise<void> {
      api = (await start('server.js', { PORT: new URL(address).port })).child;
    },
    async close(): Promise<void> {
      await Promise.all([...children].map((child) => end(child, 'SIGTERM')));
      await server.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A job that trains within seconds. */
export const SMALL_JOB = {
  network: 'resnet',
  networkOptions: { stem: 'small', width: 8, blocks: [1] },
  dataset: { name: 'synthetic', resize: 8, trainSamples: 128, testSamples: 32 },
  batchSize: 32,
  epochs: 2,
  stepInterval: 1,
} satisfies JobSubmission;

/** A job that trains until it is cancelled. */
export const LONG_JOB = { ...SMALL_JOB, epochs: 1_000 } satisfies JobSubmission;
