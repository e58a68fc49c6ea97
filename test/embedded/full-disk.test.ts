/** `npm start` on a disk that fills up: it goes on reading and predicting, takes no jobs, loses none, and recovers by itself. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openModelStore } from '../../src/store/index.js';
import { saveTinyModel } from '../support/models.js';
import { descendants } from '../support/processes.js';

const MIB = 2 ** 20;
/** A file system that only the service sees; not every machine allows one. An eighth of it is the reserve: 12 MiB. */
const SMALL_DISK = ['-Urm', 'sh', '-c', 'mount -t tmpfs -o size=96m tmpfs "$0" && exec "$@"'];
const smallDisk = spawnSync('unshare', [...SMALL_DISK, tmpdir(), 'true']).status === 0;
if (!smallDisk) console.log('Skipped: the test of a full disk needs a user namespace that may mount a tmpfs.');

let dataDir: string;
let child: ChildProcess;
let output: string;
let address: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'trainyard-full-disk-'));
  await start();
});
afterEach(async () => {
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
  await rm(dataDir, { recursive: true, force: true });
});

async function start(): Promise<void> {
  const main = new URL('../../dist/main.js', import.meta.url).pathname;
  const env = { ...process.env, DATA_DIR: dataDir, REDIS_URL: '', PORT: '0', HOST: '127.0.0.1', MIN_FREE_DISK_MB: '1' };
  child = spawn('unshare', [...SMALL_DISK, dataDir, process.execPath, main], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
  });
  output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
  const found = () => /trainyard is ready: (http:\S+)/.exec(output)?.[1];
  address = await vi.waitUntil(found, { timeout: 60_000, interval: 50 });
}

/** A path as the service sees it. */
const seen = (...path: string[]): string => join(`/proc/${child.pid}/root`, dataDir, ...path);

/** Fills the disk to the last byte; answers how large the file is that does. */
async function fill(): Promise<number> {
  const file = await open(seen('filler'), 'w');
  try {
    for (const size of [MIB, 2 ** 12]) {
      const block = Buffer.alloc(size);
      while (
        await file.write(block).then(
          ({ bytesWritten }) => bytesWritten === size,
          () => false,
        )
      );
    }
  } finally {
    await file.close();
  }
  return (await stat(seen('filler'))).size;
}

const pidOf = (part: string) => descendants(child.pid).find(({ command }) => command.includes(part))?.pid;
const status = async (path: string, init?: RequestInit): Promise<number> => (await fetch(address + path, init)).status;
const within = { timeout: 30_000, interval: 100 };

function submit(epochs: number): Promise<Response> {
  const dataset = { name: 'synthetic', resize: 16, trainSamples: 256, testSamples: 16 };
  const job = { network: 'resnet', networkOptions: { width: 8, blocks: [1, 1] }, dataset, batchSize: 32, epochs };
  const headers = { 'content-type': 'application/json' };
  return fetch(`${address}/jobs`, { method: 'POST', headers, body: JSON.stringify(job) });
}

async function accepted(epochs: number): Promise<string> {
  const answer = await submit(epochs);
  expect(answer.status).toBe(202);
  return ((await answer.json()) as { id: string }).id;
}

async function listed(): Promise<Map<string, string>> {
  const { jobs } = (await (await fetch(`${address}/jobs?limit=100`)).json()) as {
    jobs: { id: string; status: string }[];
  };
  return new Map(jobs.map(({ id, status }) => [id, status]));
}

describe.skipIf(!smallDisk)('npm start on a full disk', () => {
  test('goes on reading and predicting, takes no jobs, loses none, and recovers', { timeout: 180_000 }, async () => {
    await saveTinyModel(await openModelStore(seen('models')), { name: 'boots' });
    const png = await sharp({ create: { width: 28, height: 28, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const image = { method: 'POST', headers: { 'content-type': 'image/png' }, body: new Uint8Array(png) };
    const predict = () => status('/predict?model=boots', image);
    await vi.waitUntil(async () => (await predict()) === 200, within);
    // The first job trains, and its frames keep the server writing; the others wait.
    const ids = [await accepted(1_000), await accepted(1), await accepted(1)];
    await vi.waitUntil(async () => (await listed()).get(ids[0] ?? '') === 'running', within);
    const api = pidOf('server.js');

    const size = await fill();
    const refused = await vi.waitUntil(async () => {
      const answer = await submit(1);
      return answer.status === 507 ? answer : undefined;
    }, within);
    expect(await refused.json()).toMatchObject({
      code: 'insufficient_storage',
      detail: expect.stringMatching(/nearly full: 0 MiB are free, and a job needs 12/),
    });
    const until = performance.now() + 4_000;
    while (performance.now() < until) {
      expect(await predict()).toBe(200);
      expect([200, 503]).toContain(await status('/jobs'));
      expect([503, 507]).toContain((await submit(1)).status);
    }
    await vi.waitUntil(async () => (await status('/jobs')) === 200, within);
    expect(await status('/readyz?for=predict')).toBe(200);
    expect([...(await listed()).keys()].sort()).toEqual([...ids].sort());

    // With a little space, what only ends things works.
    await truncate(seen('filler'), size - 6 * MIB);
    const cancel = () => status(`/jobs/${ids[2]}`, { method: 'DELETE' });
    await vi.waitUntil(async () => (await cancel()) < 500, within);
    expect((await submit(1)).status).toBe(507);

    await rm(seen('filler'));
    const last = await vi.waitUntil(async () => {
      const answer = await submit(1);
      return answer.status === 202 ? ((await answer.json()) as { id: string }).id : undefined;
    }, within);
    expect([...(await listed()).keys()].sort()).toEqual([...ids, last].sort());
    expect((await listed()).get(ids[2] ?? '')).toBe('cancelled');
    expect(pidOf('server.js')).toBe(api);
    expect(child.exitCode).toBeNull();
    await status(`/jobs/${ids[0]}`, { method: 'DELETE' });
    const hasSucceeded = async () => (await listed()).get(ids[1] ?? '') === 'succeeded';
    await vi.waitUntil(hasSucceeded, { timeout: 60_000, interval: 100 });
  });
});
