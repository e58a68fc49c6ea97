/** API process that has never reached Redis: predictions and everything about models work. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, test, vi } from 'vitest';
import type { Readiness } from '../src/contracts/service/health-status.js';
import { openModelStore } from '../src/store/index.js';
import { freePort } from './support/free-port.js';
import { saveTinyModel } from './support/models.js';
import { descendants } from './support/processes.js';

const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 'webhook').toString('base64')}`;

let dataDir: string;
let child: ChildProcess;
let address: string;
let png: Buffer;

const isReady = async (query: string): Promise<Readiness & { code: number }> => {
  const answer = await fetch(`${address}/readyz${query}`);
  return { ...((await answer.json()) as Readiness), code: answer.status };
};

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'trainyard-no-redis-'));
  const store = await openModelStore(join(dataDir, 'models'));
  for (const seed of [1, 2]) await saveTinyModel(store, { name: 'boots', seed });
  png = await sharp({ create: { width: 28, height: 28, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  const url = `redis://user:secret-word@127.0.0.1:${await freePort()}`;
  const settings = {
    DATA_DIR: dataDir,
    DATASETS_DIR: '',
    REDIS_URL: url,
    PORT: '0',
    MIN_FREE_DISK_MB: '0',
    WEBHOOK_SECRET,
  };
  const env = { ...process.env, ...settings };
  child = fork(new URL('../dist/server.js', import.meta.url), [], {
    env,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [ready] = (await once(child, 'message')) as [{ address: string }];
  address = ready.address;
  await vi.waitUntil(async () => (await isReady('?for=predict')).code === 200, { timeout: 60_000, interval: 100 });
});
afterAll(async () => {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
  await rm(dataDir, { recursive: true, force: true });
});

const json = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
const put = (body: unknown): RequestInit => ({ ...json(body), method: 'PUT' });
const post: RequestInit = { method: 'POST' };
const base64 = () => png.toString('base64');
const image = () => Array.from({ length: 28 }, () => Array.from({ length: 28 }, () => [128]));

describe('an API that has never reached Redis', () => {
  test.each<[string, () => RequestInit | undefined]>([
    [
      '/predict?model=boots',
      () => ({ method: 'POST', headers: { 'content-type': 'image/png' }, body: new Uint8Array(png) }),
    ],
    ['/predict?topK=2', () => json({ model: 'boots@1', images: [base64()] })],
    ['/v1/models/boots:predict', () => json({ instances: [{ b64: base64() }] })],
    ['/v1/models/boots/versions/1:predict', () => json({ instances: [{ b64: base64() }] })],
    ['/v1/models/boots', () => undefined],
    ['/v1/models/boots/metadata', () => undefined],
    [
      '/v2/models/boots/infer',
      () => json({ inputs: [{ name: 'images', datatype: 'UINT8', shape: [1, 28, 28, 1], data: [image()] }] }),
    ],
    ['/v2/models/boots', () => undefined],
    ['/v2/models/boots/ready', () => undefined],
    ['/v2/health/live', () => undefined],
    ['/v2/health/ready', () => undefined],
    ['/v2/models/stats', () => undefined],
    ['/v2/repository/index', () => post],
    ['/v2/repository/models/boots/load', () => post],
    ['/v2/repository/models/boots/unload', () => post],
    ['/models', () => undefined],
    ['/models/boots', () => undefined],
    ['/models/boots/versions/1', () => undefined],
    ['/models/boots/labels/stable', () => put({ version: 1 })],
    ['/models/boots/labels/stable', () => put({ version: 2 })],
    ['/models/boots/labels/stable/rollback', () => post],
    ['/models/boots/labels/stable', () => undefined],
    ['/predict', () => json({ model: 'boots@stable', images: [base64()] })],
    ['/models/boots/versions/1/card', () => undefined],
    ['/models/boots/versions/1/export?format=savedmodel', () => undefined],
    ['/models/boots/versions/1/export?format=safetensors', () => undefined],
    ['/networks', () => undefined],
    ['/networks/resnet/summary', () => undefined],
    ['/datasets', () => undefined],
    ['/monitoring/metrics', () => undefined],
    ['/livez', () => undefined],
    ['/docs/json', () => undefined],
  ])('answers %s', async (path, init) => {
    const answer = await fetch(address + path, init());
    expect({ status: answer.status, ...(!answer.ok && { text: await answer.text() }) }).toEqual({ status: 200 });
  });

  test('deletes a version without a label', async () => {
    expect((await fetch(`${address}/models/boots/versions/2`, { method: 'DELETE' })).status).toBe(204);
  });

  test('is ready for predictions, and not ready for jobs', async () => {
    expect(await isReady('?for=predict')).toMatchObject({ code: 200, status: 'ready' });
    for (const query of ['?for=jobs', '']) {
      const { code, checks } = await isReady(query);
      expect(code).toBe(503);
      expect(checks.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(['redis']);
    }
    expect((await fetch(`${address}/readyz?for=lunch`)).status).toBe(400);
  });

  test('reports a missing Fashion-MNIST without failing the check', async () => {
    const { checks } = await isReady('?for=jobs');
    const detail = expect.stringMatching(/^Jobs on fashion-mnist are refused\. .* it is missing\./);
    expect(checks.find(({ name }) => name === 'datasets')).toEqual({ name: 'datasets', ok: true, detail });
  });
});

it('gives its child processes no password and no secret', async () => {
  await fetch(`${address}/networks/resnet/summary`); // starts the builder beside the predictor
  const children = descendants(child.pid);
  expect(children.length).toBeGreaterThanOrEqual(2);
  for (const { pid } of children) {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
    expect(environment).toContain('PATH=');
    expect(environment).not.toMatch(/secret-word|whsec_|REDIS_URL|WEBHOOK_SECRET/);
  }
});
