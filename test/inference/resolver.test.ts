/** Model references: each form resolves to one model, and every other text is rejected with a message and a code. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Job, resolveJob } from '../../src/contracts/jobs/job.js';
import { createResolver, type Resolver } from '../../src/inference/resolver.js';
import { type ModelStore, openModelStore } from '../../src/store/index.js';
import { resolverOf, saveTinyModel } from '../support/models.js';

let folder: string;
let store: ModelStore;
let resolver: Resolver;
const jobs = new Map<string, Job>();
const asked: string[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-resolver-'));
  store = await openModelStore(folder);
  for (const seed of [1, 2, 3]) await saveTinyModel(store, { name: 'boots', seed });
  await saveTinyModel(store, { name: 'shoes', seed: 1, createdAt: '2026-02-01T00:00:00.000Z' });
  await store.labels.move('boots', 'stable', { version: 2 });
  await store.labels.move('boots', 'gone', { version: 1 });
  await store.labels.remove('boots', 'gone');
  resolver = createResolver({
    store,
    findJob: async (id) => jobs.get(id),
    async openCheckpoint({ id }, choice) {
      asked.push(`${id} ${choice}`);
      return resolver.resolve('boots@1');
    },
  });
});
afterAll(() => rm(folder, { recursive: true }));

function addJob(rest: Partial<Job>): string {
  const id = randomUUID();
  const createdAt = new Date().toISOString();
  const asked = { network: 'resnet' } as const;
  const record = {
    id,
    project: 'default',
    status: 'running',
    priority: 0,
    metadata: {},
    createdAt,
    attempt: 1,
  } as const;
  jobs.set(id, { ...record, changes: [], spec: resolveJob(asked), request: asked, ...rest });
  return id;
}

describe('the resolver', () => {
  it.each([
    ['boots', { name: 'boots', version: 3 }],
    ['boots@latest', { name: 'boots', version: 3 }],
    ['boots@1', { name: 'boots', version: 1 }],
    ['boots@stable', { name: 'boots', version: 2 }],
  ])('resolves %s to a model with its folder and digest', async (reference, source) => {
    const model = await resolver.resolve(reference);
    expect(model.source).toEqual(source);
    expect(model.folder).toBe(join(folder, source.name, String(source.version)));
    expect(model.digest).toBe(model.manifest.files.savedModel.sha256);
  });

  it('requires a reference if there are several model names, and lists them', async () => {
    await expect(resolver.resolve()).rejects.toMatchObject({
      code: 'invalid_request',
      message: '/model is required: there are 2 models: boots, shoes. Send, for example, model=boots.',
      errors: [{ pointer: '/model' }],
    });
  });

  it('follows a label that has moved', async () => {
    await store.labels.move('boots', 'canary', { version: 1 });
    expect((await resolver.resolve('boots@canary')).source).toEqual({ name: 'boots', version: 1 });
    await store.labels.move('boots', 'canary', { version: 3 });
    expect((await resolver.resolve('boots@canary')).source).toEqual({ name: 'boots', version: 3 });
  });

  it('returns a checkpoint of a running job, and the model of an ended one', async () => {
    const running = addJob({});
    await resolver.resolve(`job:${running}@best`);
    expect(asked).toEqual([`${running} best`]);
    const endedAt = new Date().toISOString();
    const done = addJob({ status: 'succeeded', endedAt, model: { name: 'boots', version: 2 } });
    for (const choice of ['best', 'last'])
      expect((await resolver.resolve(`job:${done}@${choice}`)).source).toEqual({ name: 'boots', version: 2 });
    const failed = addJob({ status: 'failed', endedAt });
    await expect(resolver.resolve(`job:${failed}@last`)).rejects.toMatchObject({
      code: 'model_not_found',
      message: expect.stringContaining('ended as failed'),
    });
  });

  it.each([
    ['nobody', 'model_not_found'],
    ['nobody@3', 'model_not_found'],
    ['nobody@stable', 'model_not_found'],
    ['boots@9', 'model_not_found'],
    ['boots@unknown', 'label_not_found'],
    ['boots@gone', 'label_not_found'],
    [`job:${randomUUID()}@best`, 'job_not_found'],
  ])('rejects %s with %s', async (reference, code) => {
    await expect(resolver.resolve(reference)).rejects.toMatchObject({ code });
  });

  it.each([
    '',
    '@',
    'boots@',
    'boots@0',
    'boots@1@2',
    'boots@1.5',
    'boots@-1',
    'boots@Stable',
    'boots@9999999999',
    '../boots',
    '%2e%2e/boots',
    'boots\0',
    'boots\n',
    'boots@../../x',
    'x'.repeat(10_000),
    `job:${randomUUID()}`,
    `job:${randomUUID()}@3`,
    'job:1@best',
    'job:../../x@last',
    `job:${randomUUID().toUpperCase()}@best`,
  ])('rejects %j and lists the valid forms', async (reference) => {
    await expect(resolver.resolve(reference)).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringMatching(/does not name a model\. A model: `name`/),
    });
  });
});

describe('a request without a reference', () => {
  let empty: string;
  let own: ModelStore;
  beforeEach(async () => {
    empty = await mkdtemp(join(tmpdir(), 'trainyard-resolver-'));
    own = await openModelStore(empty);
  });
  afterEach(() => rm(empty, { recursive: true }));

  it('resolves to the version with the label stable of the only model name', async () => {
    for (const seed of [1, 2]) await saveTinyModel(own, { name: 'boots', seed });
    await own.labels.move('boots', 'stable', { version: 1 });
    expect((await resolverOf(own).resolve()).source).toEqual({ name: 'boots', version: 1 });
  });

  it('is refused without that label, with the model to send and the way to label it', async () => {
    await saveTinyModel(own, { name: 'boots', seed: 1 });
    await expect(resolverOf(own).resolve()).rejects.toMatchObject({
      code: 'invalid_request',
      message:
        '/model is required: no version of boots has the label "stable". Send model=boots for its newest version, or label a version with PUT /models/boots/labels/stable.',
    });
  });

  it('is refused if there is no model, with the way to train one', async () => {
    await expect(resolverOf(own).resolve()).rejects.toMatchObject({
      code: 'model_not_found',
      message: expect.stringContaining('POST /jobs'),
    });
  });
});
