/** A data set that is removed while a job on it is submitted, or has lost a file: something is refused, and no job lacks its images. */
import { mkdtemp, rm, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { resolveJob } from '../../src/contracts/jobs/job.js';
import { type Api, openApi } from '../support/api.js';
import { pictures, zipOf } from '../support/archive.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { openService, type Service } from '../support/running-service.js';

let server: TestRedis;
let service: Service;
let api: Api;
let importedDir: string;
/** What happens, once, just before a job is written, and just after the open jobs were looked at. */
let beforeSubmit: (() => Promise<unknown>) | undefined;
let afterLook: (() => Promise<unknown>) | undefined;

beforeAll(async () => {
  server = await startRedis();
  service = await openService(server);
  const { jobs } = service;
  const interleaved: Service['jobs'] = {
    ...jobs,
    async submitOnce(...asked) {
      const happens = beforeSubmit;
      beforeSubmit = undefined;
      await happens?.();
      return jobs.submitOnce(...asked);
    },
    async list(query) {
      const page = await jobs.list(query);
      const happens = afterLook;
      afterLook = undefined;
      await happens?.();
      return page;
    },
  };
  importedDir = await mkdtemp(join(tmpdir(), 'trainyard-races-'));
  api = await openApi({ ...service, jobs: interleaved }, { importedDir });
});
afterAll(async () => {
  await api.close();
  await service.close();
  await server.close();
  await rm(importedDir, { recursive: true, force: true });
});
beforeEach(async () => {
  await service.redis.flushall();
  const archive = await zipOf(await pictures('', 4));
  const sent = request(api.server).put('/datasets/colours?side=24').set('content-type', 'application/zip');
  await sent.send(archive).expect(200);
});

const dataset = { name: 'colours', resize: 24, trainSamples: 6, testSamples: 3 };
const remove = () => request(api.server).delete('/datasets/colours');

test('cancels and refuses a job whose data set is removed before its record is written', async () => {
  beforeSubmit = () => remove().expect(204);
  const { status, body } = await request(api.server).post('/jobs').send({ network: 'resnet', dataset });
  expect({ status, body }).toMatchObject({
    status: 400,
    body: { errors: [{ pointer: '/dataset/name', message: expect.stringContaining('not "colours"') }] },
  });
  const { jobs } = await service.jobs.list({ limit: 10 });
  expect(jobs.map((job) => job.status)).toEqual(['cancelled']);
});

test('refuses a job and its plan if the data set has lost a file', async () => {
  await unlink(join(importedDir, 'colours', 'train-images.idx'));
  for (const path of ['/jobs', '/jobs/plan']) {
    const { status, body } = await request(api.server).post(path).send({ network: 'resnet', dataset });
    expect({ status, body }).toMatchObject({
      status: 500,
      body: { code: 'dataset_corrupt', detail: expect.stringContaining('remove it and import it again') },
    });
  }
  await remove().expect(204);
});

test('keeps a data set if a job that needs it is submitted during its removal', async () => {
  afterLook = () => service.jobs.submit(resolveJob({ network: 'resnet', dataset }));
  const { status, body } = await remove();
  expect({ status, body }).toMatchObject({ status: 409, body: { code: 'dataset_held' } });
  await request(api.server).get('/datasets/colours').expect(200);
});
