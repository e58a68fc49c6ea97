/** Health, figures, descriptions: what an operator and a client's tools read. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import request from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { checkDisk } from '../../src/api/readiness.js';
import { checkWritable } from '../../src/events/index.js';
import { type Api, openApi } from '../support/api.js';
import { saveTinyModel } from '../support/models.js';
import { openPredictApi } from '../support/predict-api.js';
import { nextReady, startRedis, type TestRedis } from '../support/redis.js';
import { isStep, openService, type Service } from '../support/running-service.js';

let server: TestRedis;
let service: Service;
let api: Api;
let folder: string;
let fault: string | undefined;

beforeAll(async () => {
  folder = await mkdtemp(`${tmpdir()}/trainyard-disk-`);
  server = await startRedis();
  service = await openService(server);
  api = await openApi(service, {
    checks: [
      { name: 'redis', for: ['jobs'], run: () => checkWritable(service.redis) },
      checkDisk(folder, 1),
      {
        name: 'datasets',
        for: ['jobs'],
        run: async () => {
          if (fault !== undefined) throw new Error(fault);
        },
      },
    ],
  });
});
afterAll(async () => {
  await api.close();
  await service.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  fault = undefined;
});

describe('/readyz', () => {
  test('returns 200 if every check passes', async () => {
    const { body } = await request(api.server).get('/readyz').expect(200);
    expect(body).toEqual({
      status: 'ready',
      checks: ['redis', 'disk', 'datasets'].map((name) => ({ name, ok: true })),
    });
  });

  test('returns 503 with the failed check and its reason, and 200 again once the check passes', async () => {
    fault = 'train-images is corrupt';
    const { body } = await request(api.server).get('/readyz').expect(503);
    expect(body.status).toBe('not ready');
    expect(body.checks).toContainEqual({ name: 'datasets', ok: false, detail: 'train-images is corrupt' });
    fault = undefined;
    await request(api.server).get('/readyz').expect(200);
  });

  test('returns 503 while Redis is away', async () => {
    const back = nextReady(service.redis);
    await server.kill();
    const { body } = await request(api.server).get('/readyz').expect(503);
    expect(body.checks[0]).toMatchObject({ name: 'redis', ok: false });
    await server.start();
    await back;
    await request(api.server).get('/readyz').expect(200);
  });

  test('returns 503, as does POST /jobs, while Redis answers but accepts no writes because its disk is full', async () => {
    await service.redis.config('SET', 'min-replicas-to-write', '1');
    try {
      const { body } = await request(api.server).get('/readyz').expect(503);
      expect(body.checks[0]).toMatchObject({ name: 'redis', ok: false, detail: expect.stringMatching(/NOREPLICAS/) });
      const refused = await request(api.server).post('/jobs').send({ network: 'resnet' }).expect(503);
      expect(refused.body).toMatchObject({ code: 'redis_unavailable' });
      await request(api.server).get('/jobs').expect(200);
    } finally {
      await service.redis.config('SET', 'min-replicas-to-write', '0');
    }
    await request(api.server).get('/readyz').expect(200);
  });

  test('names a disk that is nearly full', async () => {
    await expect(checkDisk(folder, 2 ** 60).run()).rejects.toThrow(/needs .* MiB of free disk space and has/);
  });
});

describe('/monitoring/metrics', () => {
  test('has jobs by status, the rate of a running job, and the latency of requests', async () => {
    const worker = await service.work();
    const { id } = await service.submit('walks', { epochs: 1_000, batchSize: 50 });
    await service.frame(id, isStep);
    await request(api.server).get('/jobs');
    const { text } = await request(api.server)
      .get('/monitoring/metrics')
      .expect(200)
      .expect('content-type', /text\/plain/);
    expect(text).toContain('trainyard_jobs{project="default",status="running"} 1');
    expect(text).toContain('trainyard_jobs{project="default",status="queued"} 0');
    expect(text).toContain(`trainyard_training_images_per_second{project="default",job="${id}",network="resnet"} 100`);
    expect(text).toContain(`trainyard_training_steps_per_second{project="default",job="${id}",network="resnet"} 2`);
    expect(text).toMatch(/trainyard_http_request_seconds_count\{method="GET",route="\/jobs",status="200"\} \d+/);
    expect(text).toContain('process_resident_memory_bytes');
    await service.jobs.cancel(id);
    await service.history(id);
    await worker.close();
  });
});

describe('/monitoring/metrics of predictions', () => {
  test('counts images, requests, failures and times of each existing version', async () => {
    const predicting = await openPredictApi({ jobs: service.jobs });
    const png = await sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const ask = (model: string, count: number) =>
      request(predicting.address)
        .post('/predict')
        .send({ model, images: new Array(count).fill(png.toString('base64')) });
    const print = async () => (await request(predicting.address).get('/monitoring/metrics').expect(200)).text;
    try {
      await saveTinyModel(predicting.store, { name: 'boots', seed: 1 });
      const broken = await saveTinyModel(predicting.store, { name: 'boots', seed: 2 });
      await writeFile(join(broken.folder, 'saved_model/saved_model.pb'), 'rubbish');
      const before = await print();
      expect(before).not.toMatch(/^trainyard_prediction_.*\{/m);
      expect(before).toMatch(/^trainyard_prediction_models_loaded 0$/m);
      await ask('boots@1', 2).expect(200);
      await ask('boots@1', 3).expect(200);
      await ask('boots@2', 1).expect(500);
      await ask('other', 1).expect(404);
      const first = 'project="default",model="boots",version="1"';
      for (const text of [await print(), await print()]) {
        const value = (figure: string, labels: string) =>
          Number(new RegExp(`^trainyard_prediction_${figure}\\{${labels}\\} (.+)$`, 'm').exec(text)?.[1]);
        const counts = (labels: string) =>
          ['images_total', 'requests_total', 'failures_total'].map((figure) => value(figure, labels));
        expect(counts(first)).toEqual([5, 2, 0]);
        expect(counts('project="default",model="boots",version="2"')).toEqual([0, 1, 1]);
        expect(value('inference_seconds_total', first)).toBeGreaterThan(0);
        expect(value('inference_seconds_total', first)).toBeLessThan(60);
        expect(value('waiting_seconds_total', first)).toBeGreaterThanOrEqual(0);
        expect(text).toMatch(/^trainyard_prediction_images_waiting 0$/m);
        expect(text).toMatch(/^trainyard_prediction_models_loaded 1$/m);
        expect(text).not.toContain('other');
      }
      await request(predicting.address).delete('/models/boots/versions/1').expect(204);
      const after = await print();
      expect(after).toContain('version="2"');
      expect(after).not.toContain(first);
    } finally {
      await predicting.close();
    }
  });
});

describe('/monitoring/metrics while Redis is away', () => {
  test('has the metrics that need no Redis, and says that Redis is away', async () => {
    const print = async () => (await request(api.server).get('/monitoring/metrics').expect(200)).text;
    expect(await print()).toContain('trainyard_redis_up 1');
    const back = nextReady(service.redis);
    await server.kill();
    const text = await print();
    expect(text).toContain('trainyard_redis_up 0');
    expect(text).toContain('process_resident_memory_bytes');
    expect(text).not.toMatch(/^trainyard_jobs\{/m);
    await server.start();
    await back;
    expect(await print()).toContain('trainyard_redis_up 1');
  });
});

describe('/docs', () => {
  const get = (path: string) => request(api.server).get(`/docs${path}`).set('accept-encoding', 'br, gzip').expect(200);

  test('is a page with the name of the service, whose policy lets it load over http', async () => {
    const { text, headers } = await get('/');
    expect(text).toContain('<title>trainyard API</title>');
    expect(headers['content-security-policy']).toContain("default-src 'self'");
    expect(headers['content-security-policy']).not.toMatch(/upgrade-insecure-requests|https:/);
  });

  test.each(['/static/swagger-ui-bundle.js', '/static/swagger-ui.css', '/json'])(
    'sends %s compressed',
    async (path) => {
      expect((await get(path)).headers['content-encoding']).toBe('br');
    },
  );

  test('offers a job that the service accepts', async () => {
    const { body: contract } = await get('/json');
    const { example } = contract.paths['/jobs'].post.requestBody.content['application/json'];
    const { body } = await request(api.server).post('/jobs/plan').send(example).expect(200);
    expect(body).toMatchObject({ spec: { name: 'first', network: 'resnet' }, steps: expect.any(Number) });
  });
});

describe('descriptions', () => {
  test('lists networks, data sets and models', async () => {
    const { body: networks } = await request(api.server).get('/networks').expect(200);
    expect(networks.networks).toContainEqual(expect.objectContaining({ name: 'densenet', minimumResize: 29 }));
    expect(networks.networks).toContainEqual(expect.objectContaining({ name: 'resnet', minimumResize: 8 }));
    const { body: datasets } = await request(api.server).get('/datasets').expect(200);
    expect(datasets.datasets[0]).toMatchObject({
      name: 'fashion-mnist',
      trainSamples: 60_000,
      classes: expect.arrayContaining(['Ankle boot']),
    });
    await request(api.server).get('/models').expect(200, { models: [] });
  });

  test('returns a summary as JSON or as a table of text', async () => {
    const { body } = await request(api.server).get('/networks/resnet/summary?input=1x224x224').expect(200);
    expect(body).toMatchObject({
      network: 'resnet',
      input: [1, 1, 224, 224],
      classes: 10,
      parameters: 11_178_378,
      runningValues: 7_808,
    });
    const { text } = await request(api.server)
      .get('/networks/densenet/summary')
      .accept('text/plain')
      .expect(200)
      .expect('content-type', /text\/plain/);
    expect(text).toMatch(/^densenet, input 1×1×96×96\n/);
    expect(text).toMatch(/758,226 trainable parameters, 6,608 BatchNorm running values\n$/);
  });

  test('returns the summary of the options in the query', async () => {
    const summary = async (query: string) => (await request(api.server).get(`/networks/${query}`).expect(200)).body;
    expect(await summary('resnet/summary?variant=resnet50&input=3x224x224&classes=1000')).toMatchObject({
      networkOptions: { variant: 'resnet50', stem: 'classic', stemKernel: 7, blocks: [3, 4, 6, 3] },
      parameters: 25_557_032,
      runningValues: 53_120,
    });
    const { networkOptions, layers } = await summary(
      'densenet/summary?stem=small&stemKernel=5&width=24&growth=12&blocks=2,3&input=1x28x28',
    );
    expect(networkOptions).toMatchObject({ stem: 'small', stemKernel: 5, width: 24, growth: 12, blocks: [2, 3] });
    expect(layers.at(-1)).toMatchObject({ name: 'fc', outputShape: [1, 10], parameters: (24 + 36) * 10 + 10 });
  });

  test('refuses a network larger than any known one before it is built', async () => {
    for (const query of ['resnet/summary?blocks=36,31', 'resnet/summary?blocks=50', 'densenet/summary?blocks=64,64,64'])
      expect((await request(api.server).get(`/networks/${query}`).expect(400)).body.errors).toHaveLength(1);
  });

  test('lists a network with its variants and its options as JSON Schema', async () => {
    const { body } = await request(api.server).get('/networks').expect(200);
    const [resnet, densenet] = body.networks;
    expect(resnet.options.properties.width).toMatchObject({ type: 'integer', minimum: 8, maximum: 256 });
    expect(densenet.options.properties.growth).toMatchObject({ minimum: 4, maximum: 128 });
    for (const { options } of body.networks)
      for (const schema of Object.values<{ description?: string }>(options.properties))
        expect(schema.description).toMatch(/^\S.*\.$/);
    expect(resnet.variants.map(({ name }: { name: string }) => name)).toEqual([
      'tutorial',
      ...[18, 34, 50, 101, 152].map((layers) => `resnet${layers}`),
    ]);
    expect(densenet.variants.at(-1)).toMatchObject({ name: 'densenet201', minimumResize: 29 });
  });

  test('returns the description at /openapi.yaml and shows it at /docs', async () => {
    const { text } = await request(api.server).get('/openapi.yaml').expect(200).expect('content-type', /yaml/);
    expect(parse(text)).toMatchObject({
      openapi: '3.1.0',
      paths: { '/jobs': expect.anything(), '/predict': expect.anything() },
    });
    const docs = await request(api.server).get('/docs/').expect(200).expect('content-type', /html/);
    expect(docs.headers['content-security-policy']).toBeDefined();
    await request(api.server).get('/docs/static/swagger-ui-bundle.js').expect(200);
    await request(api.server).get('/docs/json').expect(200);
  });

  test('returns the id of the request in every answer', async () => {
    const { headers } = await request(api.server).get('/livez').expect(200, { status: 'ok' });
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers['x-content-type-options']).toBe('nosniff');
  });
});
