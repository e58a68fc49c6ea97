/** Imports as resources: followed and cancelled from another API process, answered early, and lost with their process. */
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ImportStatus, Trainyard } from '../../src/client/index.js';
import { connectRedis, disconnect, type Redis } from '../../src/events/index.js';
import { pictures, zipOf } from '../support/archive.js';
import { greyPng } from '../support/png.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { openWorkerProcesses, type WorkerProcesses } from '../support/worker-processes.js';
import { entriesOf, rawZip } from '../support/zip.js';

const MANY = 3_000;

let redis: TestRedis;
let entries: Redis;
let processes: WorkerProcesses;
let one: Awaited<ReturnType<typeof startApi>>;
let other: Trainyard;
let small: Buffer;
let large: Buffer;

beforeAll(async () => {
  redis = await startRedis();
  entries = connectRedis(redis.url, 'commands', pino({ level: 'silent' }));
  processes = await openWorkerProcesses();
  one = await startApi();
  other = new Trainyard({ url: (await startApi()).url });
  small = await zipOf({ ...(await pictures('', 5)), 'red/notes.txt': 'red ones' });
  large = Buffer.from(rawZip(entriesOf(manyImages())));
});
afterAll(async () => {
  await processes.close();
  disconnect(entries);
  await redis.close();
});

async function startApi() {
  const { child } = processes.startEntry('server.js', { REDIS_URL: redis.url, PORT: '0', HOST: '127.0.0.1' });
  const [{ address }] = (await once(child, 'message')) as [{ address: string }];
  return { child, url: address, client: new Trainyard({ url: address, retries: 0 }) };
}

/** Returns images that take an import some seconds. */
function manyImages(): Record<string, Uint8Array> {
  const side = 64;
  const images: Record<string, Uint8Array> = {};
  for (let i = 0; i < MANY; i++) {
    const rows = Buffer.alloc(side * (side + 1));
    rows.writeUInt32BE(i, 1);
    images[`${i % 2 === 0 ? 'a' : 'b'}/${i}.png`] = greyPng(side, side, [['IDAT', deflateSync(rows)]]);
  }
  return images;
}

/** Waits until the other API process shows an import of this name in the state. */
const untilShown = (name: string, state: ImportStatus['state']): Promise<ImportStatus> =>
  vi.waitUntil(
    async () => (await other.datasets.imports()).imports.find((found) => found.name === name && found.state === state),
    { timeout: 30_000, interval: 50 },
  ) as Promise<ImportStatus>;

const stored = () => readdir(join(processes.dataDir, 'datasets'));

describe('an import', () => {
  it('reports its progress, and is listed by every API process', async () => {
    const seen: ImportStatus[] = [];
    const imported = await one.client.datasets.import('small', small, {
      side: 16,
      onImport: (status) => seen.push(status),
    });
    expect(imported).toMatchObject({ name: 'small', counts: { train: [4, 4, 4], test: [1, 1, 1] } });
    expect(seen.at(-1)).toMatchObject({
      ...{ name: 'small', state: 'succeeded', bytes: small.length, totalBytes: small.length },
      images: { done: 15, total: 15, leftOut: 1 },
    });
    expect((await other.datasets.imports()).imports).toEqual([seen.at(-1)]);
    expect(await other.datasets.importStatus(seen[0]?.id ?? '')).toEqual(seen.at(-1));
  });

  it('is answered with 202 once its archive has arrived, only if the client prefers so', async () => {
    const send = (name: string, headers: Record<string, string> = {}) =>
      fetch(`${one.url}/datasets/${name}?side=16`, {
        ...{ method: 'PUT', body: Uint8Array.from(small) },
        headers: { 'content-type': 'application/zip', ...headers },
      });
    const early = await send('early', { prefer: 'wait=5, Respond-Async' });
    expect(early.status).toBe(202);
    expect(early.headers.get('preference-applied')).toBe('respond-async');
    const { id } = (await early.json()) as ImportStatus;
    expect(early.headers.get('location')).toBe(`/dataset-imports/${id}`);
    await untilShown('early', 'succeeded');
    expect((await send('late', { prefer: 'wait=5' })).status).toBe(200);
  });

  it('that fails keeps its error for an hour', async () => {
    const failed = one.client.datasets.import('bad', Buffer.from('no archive'), { onImport: () => undefined });
    await expect(failed).rejects.toMatchObject({ code: 'invalid_dataset', status: 400 });
    const { error, id } = await untilShown('bad', 'failed');
    expect(error).toMatchObject({
      status: 400,
      code: 'invalid_dataset',
      detail: expect.stringContaining('neither a ZIP'),
    });
    expect(await entries.ttl(`trainyard:dataset-import:${id}`)).toBeGreaterThan(3_000);
  });

  it('is cancelled while it reads images, by another API process, and leaves nothing', async () => {
    const importing = one.client.datasets.import('large', large);
    const refused = expect(importing).rejects.toMatchObject({ code: 'import_cancelled', status: 409 });
    const { id, images } = await untilShown('large', 'reading');
    expect(images).toMatchObject({ total: MANY, leftOut: 0 });
    expect(await other.datasets.cancelImport(id)).toMatchObject({ id });
    await refused;
    const gone = { state: 'cancelled', error: { code: 'import_cancelled' } };
    expect(await other.datasets.importStatus(id)).toMatchObject(gone);
    expect((await stored()).filter((name) => name.includes('large') || name.startsWith('.'))).toEqual([]);
    expect(await other.datasets.cancelImport(id)).toMatchObject({ state: 'cancelled' });
  });

  it('is cancelled by its client, which has its answer already', async () => {
    const stop = new AbortController();
    const importing = one.client.datasets.import('large', large, {
      signal: stop.signal,
      onImport: ({ state }) => state === 'reading' && stop.abort(new Error('enough')),
    });
    await expect(importing).rejects.toThrow('enough');
    await vi.waitUntil(
      async () =>
        (await other.datasets.imports()).imports.filter(({ name }) => name === 'large')[0]?.state === 'cancelled',
      { timeout: 10_000, interval: 50 },
    );
    await expect(other.datasets.get('large')).rejects.toMatchObject({ code: 'dataset_not_found' });
  });

  it('is cancelled during its upload', async () => {
    const sending = request(`${one.url}/datasets/slow`, {
      method: 'PUT',
      headers: { 'content-type': 'application/zip' },
    });
    sending.on('error', () => undefined);
    const answered = once(sending, 'response');
    sending.write(large.subarray(0, 100_000));
    const { id } = await vi.waitUntil(
      async () =>
        (await other.datasets.imports()).imports.find(({ name, bytes }) => name === 'slow' && bytes === 100_000),
      { timeout: 10_000, interval: 50 },
    );
    await other.datasets.cancelImport(id);
    const [{ statusCode }] = (await answered) as [{ statusCode: number }];
    expect(statusCode).toBe(409);
    sending.destroy();
    const gone = { state: 'cancelled', error: { code: 'import_cancelled' } };
    expect(await other.datasets.importStatus(id)).toMatchObject(gone);
  });

  it('is refused by its id if there is none', async () => {
    await expect(other.datasets.importStatus('00000000-0000-4000-8000-000000000000')).rejects.toMatchObject({
      code: 'import_not_found',
    });
    await expect(other.datasets.cancelImport('x')).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('whose process dies stores nothing, and expires', async () => {
    const lost = expect(one.client.datasets.import('large', large)).rejects.toThrow();
    const { id } = await untilShown('large', 'reading');
    one.child.kill('SIGKILL');
    await lost;
    expect(await entries.ttl(`trainyard:dataset-import:${id}`)).toBeLessThanOrEqual(30);
    await expect(other.datasets.get('large')).rejects.toMatchObject({ code: 'dataset_not_found' });
    await entries.del(`trainyard:dataset-import:${id}`);
    expect((await other.datasets.imports()).imports.map((found) => found.id)).not.toContain(id);
  });
});
