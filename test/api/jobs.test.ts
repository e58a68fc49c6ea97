/** Jobs over HTTP. */
import request from 'supertest';
import { describe, expect, test } from 'vitest';
import type { Job } from '../../src/contracts/jobs/job.js';
import { settingsOf } from '../../src/contracts/submission/submitted-request.js';
import { keys } from '../../src/events/index.js';
import { nextReady } from '../support/redis.js';
import { openRunningApi } from '../support/running-api.js';
import { isStep } from '../support/running-service.js';

const { server, service, api } = await openRunningApi();

const submit = async (body: object): Promise<Job> =>
  (await request(api.server).post('/jobs').send(body).expect(202)).body as Job;

describe('POST /jobs', () => {
  test('accepts a network alone, and returns the complete spec and the URL of the job', async () => {
    const response = await request(api.server)
      .post('/jobs')
      .send({ network: 'resnet' })
      .expect(202)
      .expect('content-type', /application\/json/);
    const job = response.body as Job;
    expect(response.headers['location']).toBe(`/jobs/${job.id}`);
    expect(job).toMatchObject({
      status: 'queued',
      attempt: 0,
      spec: {
        network: 'resnet',
        networkOptions: {
          variant: 'tutorial',
          stem: 'classic',
          stemKernel: 7,
          width: 64,
          blocks: [2, 2, 2, 2],
          zeroInitResidual: false,
          dropRate: 0,
        },
        name: 'fashion-mnist-resnet',
        dataset: {
          name: 'fashion-mnist',
          resize: 96,
          trainSamples: 60_000,
          testSamples: 10_000,
          validationSamples: 0,
        },
        augmentation: { crop: 0, flip: false, erasing: 0, cutout: 0, mixup: 0 },
        normalization: 'none',
        batchSize: 256,
        epochs: 5,
        optimizer: { name: 'adam', learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
        seed: 0,
        stepInterval: 10,
      },
    });
    await request(api.server)
      .get(response.headers['location'] ?? '')
      .expect(200, job);
  });

  test('accepts every field at once', async () => {
    const spec = {
      network: 'densenet',
      networkOptions: {
        variant: 'densenet121',
        stem: 'small',
        stemKernel: 5,
        width: 32,
        growth: 12,
        blocks: [2, 2],
        dropRate: 0.1,
      },
      name: 'my-model.v2',
      dataset: {
        name: 'synthetic',
        resize: 32,
        trainSamples: 100,
        testSamples: 50,
        validationSamples: 20,
        stratified: true,
      },
      augmentation: { crop: 2, flip: true, erasing: 0.5, cutout: 8, mixup: 0.2 },
      normalization: { mean: [0.5], std: [0.25] },
      batchSize: 10,
      microBatchSize: 5,
      epochs: 1,
      earlyStopping: { metric: 'validationAccuracy', mode: 'max', patience: 3, minDelta: 0.001 },
      maxSeconds: 3600,
      optimizer: {
        name: 'sgd',
        learningRate: 0.05,
        momentum: 0.9,
        nesterov: true,
        weightDecay: 0.0005,
        decayNormAndBias: true,
      },
      schedule: { name: 'cosine', finalFactor: 0.1, warmupEpochs: 0.5 },
      labelSmoothing: 0.1,
      gradientClipNorm: 1,
      emaDecay: 0.99,
      precision: 'float32',
      seed: 42,
      stepInterval: 1,
    };
    expect((await submit(spec)).spec).toEqual({ ...spec, precisionReason: 'The job requests it.' });
  });

  test('fills in the unset fields of a variant from the variant', async () => {
    const ask = async (network: string, networkOptions: object) =>
      (await submit({ network, networkOptions })).spec.networkOptions;
    expect(await ask('densenet', { variant: 'densenet161', dropRate: 0.2 })).toEqual({
      variant: 'densenet161',
      stem: 'classic',
      stemKernel: 7,
      width: 96,
      growth: 48,
      blocks: [6, 12, 36, 24],
      dropRate: 0.2,
    });
    expect(await ask('resnet', { variant: 'resnet34', stem: 'small', blocks: [1] })).toEqual({
      variant: 'resnet34',
      stem: 'small',
      stemKernel: 3,
      width: 64,
      blocks: [1],
      zeroInitResidual: false,
      dropRate: 0,
    });
  });

  test('assumes Adam for an optimizer without a name, and fills in the defaults of a named one', async () => {
    expect((await submit({ network: 'resnet', optimizer: { learningRate: 0.01 } })).spec.optimizer).toEqual({
      name: 'adam',
      learningRate: 0.01,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 0,
      decayNormAndBias: false,
    });
    expect((await submit({ network: 'resnet', optimizer: { name: 'sgd' } })).spec.optimizer).toEqual({
      name: 'sgd',
      learningRate: 0.1,
      momentum: 0,
      nesterov: false,
      weightDecay: 0,
      decayNormAndBias: false,
    });
  });
});

describe('the request of a job', () => {
  const settings = { network: 'resnet', optimizer: 'sgd', epochs: 5, dataset: { resize: 28 } };
  const own = { priority: 3, metadata: { team: 'vision' }, notes: 'A try.' };

  test('has the settings as they were submitted, without defaults and texts', async () => {
    const { id, request: kept } = await submit({ ...settings, ...own });
    expect(kept).toEqual(settings);
    const { body } = await request(api.server).get(`/jobs/${id}`).expect(200);
    expect(body.request).toEqual(settings);
  });

  test('has no webhooks, which contain secrets', () => {
    const webhooks = [{ url: 'https://example.com/hook', secret: 'x'.repeat(24) }];
    expect(settingsOf({ network: 'resnet', webhooks })).toEqual({ network: 'resnet' });
  });

  test('submits the same job again', async () => {
    const first = await submit({ ...settings, changes: [{ step: 10, to: { learningRate: 0.01 } }] });
    const again = await submit(first.request);
    expect(again.spec).toEqual(first.spec);
    expect(again.request).toEqual(first.request);
    expect(again.changes).toMatchObject([{ due: 10, to: { learningRate: 0.01 } }]);
  });

  test('draws the validation images of a job of an earlier version again, whose default was another', async () => {
    const older = await submit({ ...settings, dataset: { resize: 28, validationSamples: 100 } });
    expect(older.request).toEqual({ ...settings, dataset: { resize: 28, validationSamples: 100 } });
    const { stratified: _, ...dataset } = older.spec.dataset;
    await service.redis.hset(keys.job(older.id), 'spec', JSON.stringify({ ...older.spec, dataset }));
    const { request: kept } = (await request(api.server).get(`/jobs/${older.id}`).expect(200)).body as Job;
    expect(kept).toEqual({ ...settings, dataset: { resize: 28, validationSamples: 100, stratified: false } });
    expect((await submit(kept)).spec).toEqual({ ...older.spec, dataset });
  });

  test('names every option if the record has none, as those of version 0.1', async () => {
    const first = await submit({ ...settings, ...own, dataset: { resize: 28, validationSamples: 100 } });
    await service.redis.hdel(keys.job(first.id), 'settings');
    const { request: full } = (await request(api.server).get(`/jobs/${first.id}`).expect(200)).body as Job;
    expect(full).toMatchObject({ batchSize: 256, optimizer: { name: 'sgd', learningRate: 0.1 } });
    const again = await submit(full);
    expect(again.spec).toEqual({ ...first.spec, precisionReason: 'The job requests it.' });
  });
});

describe('GET /jobs', () => {
  test('pages from the newest to the oldest', async () => {
    const made: string[] = [];
    for (let index = 0; index < 5; index++) made.unshift((await submit({ network: 'resnet' })).id);
    const first = (await request(api.server).get('/jobs?limit=2').expect(200)).body;
    const second = (await request(api.server).get(`/jobs?limit=3&cursor=${first.nextCursor}`).expect(200)).body;
    expect([...first.jobs, ...second.jobs].map(({ id }: Job) => id)).toEqual(made);
  });

  test('returns an empty page without a cursor if no job matches', async () => {
    await request(api.server).get('/jobs?status=succeeded').expect(200, { jobs: [] });
  });
});

describe('DELETE /jobs/{id}', () => {
  test('returns 200 for a queued job, then 409 with its state', async () => {
    const { id } = await submit({ network: 'resnet' });
    const { body } = await request(api.server).delete(`/jobs/${id}`).expect(200);
    expect(body).toMatchObject({ id, status: 'cancelled' });
    const again = await request(api.server)
      .delete(`/jobs/${id}`)
      .expect(409)
      .expect('content-type', /problem\+json/);
    expect(again.body).toMatchObject({ code: 'job_ended', status: 409, detail: expect.stringMatching(/is cancelled/) });
  });

  test('returns 202 for a running job, which then ends as cancelled', async () => {
    for (const { id } of (await service.jobs.list({ limit: 100, status: 'queued' })).jobs)
      await service.jobs.cancel(id);
    const worker = await service.work();
    const { id } = await submit({ network: 'resnet', name: 'waits' });
    await service.frame(id, isStep);
    await request(api.server).delete(`/jobs/${id}`).expect(202);
    await service.history(id);
    expect((await request(api.server).get(`/jobs/${id}`)).body).toMatchObject({ status: 'cancelled' });
    await worker.close();
  });
});

describe('GET /jobs/{id}/metrics', () => {
  test('returns the frames so far, page by page', async () => {
    const { id } = await submit({ network: 'resnet' });
    await service.jobs.cancel(id);
    const { body } = await request(api.server).get(`/jobs/${id}/metrics?limit=1`).expect(200);
    expect(body).toEqual({
      frames: [{ seq: 1, jobId: id, at: expect.any(String), type: 'status', status: 'queued', attempt: 0 }],
      lastSeq: 1,
      nextAfter: 1,
    });
    const rest = await request(api.server).get(`/jobs/${id}/metrics?after=${body.nextAfter}`).expect(200);
    expect(rest.body).toEqual({
      frames: [
        {
          ...{ seq: 2, jobId: id, at: expect.any(String), type: 'end', status: 'cancelled' },
          ...{ reason: { code: 'discarded', message: expect.any(String) }, milliseconds: 0 },
        },
      ],
      lastSeq: 2,
    });
  });
});

describe('while Redis is away', () => {
  test('refuses jobs with 503, serves everything else, and recovers without a restart', async () => {
    const { id } = await submit({ network: 'resnet' });
    const back = nextReady(service.redis);
    await server.kill();
    // Redis starts only after every call has its answer, so no call waits for Redis.
    for (const call of [
      request(api.server).post('/jobs').send({ network: 'resnet' }),
      request(api.server).get(`/jobs/${id}`),
      request(api.server).get('/jobs'),
      request(api.server).delete(`/jobs/${id}`),
      request(api.server).get(`/jobs/${id}/metrics`),
    ]) {
      const { body, headers } = await call.expect(503).expect('content-type', /problem\+json/);
      expect(body).toMatchObject({ code: 'redis_unavailable', status: 503 });
      expect(body.detail).toMatch(/\. Send the request again in a moment\.$/);
      expect(headers['retry-after']).toBe('1');
    }
    await request(api.server).get('/livez').expect(200);
    await request(api.server).get('/networks').expect(200);
    await server.start();
    await back;
    await request(api.server).get(`/jobs/${id}`).expect(200);
  });
});
