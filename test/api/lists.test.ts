/** Lists of models and data sets: paged, complete while things come and go, and cheap for many readers at once. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, openApi } from '../support/api.js';
import { saveTinyModel } from '../support/models.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { openService, type Service } from '../support/running-service.js';
import { bytesRead, copyModel } from '../support/stored.js';

const NAMES = 120;
const VERSIONS = 250;
const READERS = 50;

let redis: TestRedis;
let service: Service;
let api: Api;
let modelsDir: string;
let folder: string;
let manifestBytes: number;
beforeAll(async () => {
  modelsDir = await mkdtemp(join(tmpdir(), 'trainyard-lists-'));
  redis = await startRedis();
  service = await openService(redis);
  api = await openApi(service, { modelsDir });
  // Large manifests, so that reading one counts more than everything else that the process reads.
  const classes = Array.from({ length: 1_000 }, (_, index) => `class number ${index} with a long name`);
  ({ folder } = await saveTinyModel(api.store, { name: 'boots', seed: 1, classes, side: 8 }));
  manifestBytes = (await stat(join(folder, 'manifest.json'))).size;
  for (let version = 2; version <= VERSIONS; version++) await copyModel(folder, { name: 'boots', version });
  for (let index = 1; index < NAMES; index++) await copyModel(folder, { name: nameOf(index), version: 1 });
}, 120_000);
afterAll(async () => {
  await api.close();
  await service.close();
  await redis.close();
  await rm(modelsDir, { recursive: true, force: true });
});

const nameOf = (index: number) => `name-${String(index).padStart(3, '0')}`;
const get = async (path: string) => (await request(api.server).get(path).expect(200)).body;

/** Follows `nextCursor` from page to page, and calls `between` after each. */
async function walk(path: string, limit: number, between?: (page: number) => Promise<void>): Promise<unknown[]> {
  const pages: unknown[] = [];
  let cursor: string | undefined;
  do {
    const page = await get(`${path}?limit=${limit}${cursor === undefined ? '' : `&cursor=${cursor}`}`);
    pages.push(page);
    cursor = page.nextCursor;
    await between?.(pages.length);
  } while (cursor !== undefined);
  return pages;
}

/** Counts the manifests that are read during the work, by their bytes. */
async function manifestsRead(work: () => Promise<unknown>): Promise<number> {
  const before = await bytesRead();
  await work();
  return ((await bytesRead()) - before) / manifestBytes;
}

/** Asks the API without a socket, whose bytes would count as read. */
const ask = async (url: string) => expect((await api.app.inject({ url })).statusCode).toBe(200);

describe('many models', () => {
  it('are read page by page, the rest not at all', async () => {
    const other = await openApi(service, { modelsDir });
    const list = (url: string) => other.app.inject({ url });
    expect(await manifestsRead(() => list('/models?limit=10&cursor=name-010'))).toBeLessThan(12);
    expect(await manifestsRead(() => list('/models/boots?limit=10'))).toBeLessThan(12);
    expect(await manifestsRead(() => list('/models?limit=10&cursor=name-010'))).toBeLessThan(1);
    await other.close();
  });

  it('are each read once for 50 readers at once', async () => {
    const other = await openApi(service, { modelsDir });
    const readers = async (url: string) => {
      await Promise.all(Array.from({ length: READERS }, () => other.app.inject({ url })));
    };
    expect(await manifestsRead(() => readers('/models?limit=50&cursor=name-010'))).toBeLessThan(55);
    expect(await manifestsRead(() => readers('/models/boots'))).toBeLessThan(105);
    await other.close();
  });

  it.each(['/models', '/models/boots?limit=1000', '/datasets'])(
    'lets other requests be answered during %s',
    async (url) => {
      await ask(url);
      let turn = 0;
      let isOver = false;
      const perTurn = new Map<number, number>();
      const counting = (async () => {
        while (!isOver) {
          await setImmediate();
          turn += 1;
        }
      })();
      const reader = async () => {
        await ask(url);
        perTurn.set(turn, (perTurn.get(turn) ?? 0) + 1);
      };
      await Promise.all(Array.from({ length: READERS }, reader));
      isOver = true;
      await counting;
      expect(Math.max(...perTurn.values())).toBeLessThan(5);
    },
  );

  it('are 100 names a page with their newest 100 versions, unless the request says otherwise', async () => {
    const page = await get('/models');
    expect(page.models).toHaveLength(100);
    expect(page.nextCursor).toBe(page.models.at(-1).name);
    expect(page.models[0]).toMatchObject({ name: 'boots', latest: { version: VERSIONS }, nextCursor: '151' });
    expect(page.models[0].versions).toHaveLength(100);
    expect(page.models[1]).not.toHaveProperty('nextCursor');
    expect((await get(`/models?cursor=${page.nextCursor}`)).models).toHaveLength(NAMES - 100);
  });

  it('are listed once each, in order, while names come and go', async () => {
    const pages = (await walk('/models', 7, async (page) => {
      if (page !== 3) return;
      await copyModel(folder, { name: 'a-first', version: 1 });
      await copyModel(folder, { name: 'z-last', version: 1 });
      await api.store.remove({ name: nameOf(5) });
      await api.store.remove({ name: nameOf(60) });
      await rm(join(modelsDir, nameOf(30)), { recursive: true });
    })) as { models: { name: string }[] }[];
    const names = pages.flatMap(({ models }) => models.map(({ name }) => name));
    const stayed = Array.from({ length: NAMES - 1 }, (_, index) => nameOf(index + 1));
    const gone = [nameOf(30), nameOf(60)];
    expect(names).toEqual(['boots', ...stayed.filter((name) => !gone.includes(name)), 'z-last']);
    expect(pages.slice(0, -1).every(({ models }) => models.length === 7)).toBe(true);
  });

  it('have versions that are listed once each while versions come and go', async () => {
    const pages = (await walk('/models/boots', 30, async (page) => {
      if (page !== 2) return;
      await copyModel(folder, { name: 'boots', version: VERSIONS + 1 });
      await api.store.remove({ name: 'boots', version: 240 });
      await api.store.remove({ name: 'boots', version: 100 });
    })) as { versions: number[]; latest: { version: number } }[];
    const all = Array.from({ length: VERSIONS }, (_, index) => index + 1);
    expect(pages.toReversed().flatMap(({ versions }) => versions)).toEqual(all.filter((version) => version !== 100));
    expect(pages.map(({ latest }) => latest.version)).toEqual(
      pages.map((_, index) => (index < 2 ? VERSIONS : VERSIONS + 1)),
    );
  });

  it('are whole in the lists of the protocols, which read each manifest once', async () => {
    const index = async () => (await api.app.inject({ method: 'POST', url: '/v2/repository/index' })).json();
    const all = await index();
    expect(new Set(all.map(({ name, version }: Record<string, string>) => `${name}@${version}`)).size).toBe(all.length);
    const { versions } = await get('/models/boots?limit=1000');
    expect(versions.length).toBeGreaterThan(VERSIONS - 5);
    expect(all.filter(({ name }: { name: string }) => name === 'boots')).toHaveLength(versions.length);
    expect((await get('/v2/models/boots')).versions).toHaveLength(versions.length);
    expect((await get('/v1/models/boots')).model_version_status).toHaveLength(versions.length);
    expect((await get('/v2/models')).models).toEqual([...new Set(all.map(({ name }: { name: string }) => name))]);
    const paths = ['/v2/models', '/v2/models/boots', '/v1/models/boots', '/monitoring/metrics'];
    for (const work of [index, ...paths.map((path) => () => ask(path))])
      expect(await manifestsRead(work)).toBeLessThan(10);
  });

  it.each([
    '/models?limit=0',
    '/models?limit=101',
    '/models?cursor=../x',
    '/models?page=2',
    '/models/boots?limit=1001',
    '/models/boots?cursor=0',
    '/datasets?limit=0',
    '/datasets?cursor=.x',
  ])('refuse %s', async (path) => {
    const { body } = await request(api.server).get(path).expect(400);
    expect(body).toMatchObject({ code: 'invalid_request' });
  });
});

it('returns data sets in pages', async () => {
  const names = (page: { datasets: { name: string }[] }) => page.datasets.map(({ name }) => name);
  const pages = (await walk('/datasets', 1)) as { datasets: { name: string }[] }[];
  expect(pages.map(names)).toEqual([['fashion-mnist'], ['synthetic']]);
  expect(names(await get('/datasets?cursor=synthetic'))).toEqual([]);
});
