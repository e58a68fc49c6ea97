/** POST /jobs beyond the spec: idempotency keys over two API instances, priorities, labels, validateOnly, a full queue. */
import request from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Job } from '../../../src/contracts/jobs/job.js';
import { resolveJob } from '../../../src/contracts/jobs/job.js';
import { datasets } from '../../../src/datasets/index.js';
import { estimateTrainingMemory } from '../../../src/training/step/training-memory.js';
import { type Api, openApi } from '../../support/api.js';
import { startRedis, type TestRedis } from '../../support/redis.js';
import { openService, type Service } from '../../support/running-service.js';
import { workerOf } from '../../support/workers.js';

const QUEUE_DEPTH = 3;

let server: TestRedis;
let service: Service;
let services: Service[];
let apis: [Api, Api];

beforeAll(async () => {
  server = await startRedis();
  const [first, second] = [await openService(server, { queueDepth: QUEUE_DEPTH }), await openService(server)];
  services = [first, second];
  service = first;
  apis = [await openApi(first), await openApi(second)];
});
afterAll(async () => {
  for (const api of apis) await api.close();
  for (const each of services) await each.close();
  await server.close();
});
beforeEach(() => service.redis.flushall());

const post = (body: object, { key, api = 0 }: { key?: string; api?: 0 | 1 } = {}) => {
  const sending = request(apis[api].server).post('/jobs');
  if (key !== undefined) sending.set('Idempotency-Key', key);
  return sending.send(body);
};
const submitted = async (): Promise<number> => (await service.jobs.list({ limit: 100 })).jobs.length;

describe('an Idempotency-Key', () => {
  test('creates one job from many concurrent requests to two APIs', async () => {
    const sent = Array.from({ length: 20 }, (_, index) =>
      post({ network: 'resnet' }, { key: 'once', api: index % 2 === 0 ? 0 : 1 }),
    );
    const answers = await Promise.all(sent);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    const replays = answers.filter(({ status }) => status === 200);
    expect(replays).toHaveLength(19);
    for (const { headers, body } of replays) {
      expect(headers['idempotency-replayed']).toBe('true');
      expect(headers['location']).toBe(`/jobs/${body.id}`);
    }
    expect(await submitted()).toBe(1);
  });

  test('returns the current state of the job after it ended', async () => {
    const { body: job, headers } = await post({ network: 'resnet' }, { key: 'k' }).expect(202);
    expect(headers['idempotency-replayed']).toBeUndefined();
    await service.jobs.cancel(job.id);
    const again = await post({ network: 'resnet' }, { key: 'k', api: 1 }).expect(200);
    expect(again.body).toMatchObject({ id: job.id, status: 'cancelled' });
  });

  test('holds after a restart of Redis and the APIs', async () => {
    const { body: job } = await post({ network: 'resnet' }, { key: 'k' }).expect(202);
    await server.kill();
    await server.start();
    const later = await openService(server);
    const api = await openApi(later);
    try {
      const again = await request(api.server).post('/jobs').set('Idempotency-Key', 'k').send({ network: 'resnet' });
      expect(again).toMatchObject({ status: 200, body: { id: job.id } });
    } finally {
      await api.close();
      await later.close();
    }
  });

  test('treats explicit defaults and another order of fields as the same request', async () => {
    const metadata = { a: '1', b: '2' };
    const { body: job } = await post({ network: 'resnet', metadata }, { key: 'k' }).expect(202);
    const other = { metadata: { b: '2', a: '1' }, priority: 0, epochs: 5, network: 'resnet' };
    expect((await post(other, { key: 'k' }).expect(200)).body.id).toBe(job.id);
  });

  test.each([
    { network: 'resnet', epochs: 6 },
    { network: 'densenet' },
    { network: 'resnet', priority: 1 },
    { network: 'resnet', metadata: { a: '1' } },
    { network: 'resnet', precision: 'float32' },
  ])('is refused with another body: %j', async (other) => {
    const { body: job } = await post({ network: 'resnet' }, { key: 'k' }).expect(202);
    const { body } = await post(other, { key: 'k', api: 1 }).expect(422);
    expect(body).toMatchObject({ code: 'idempotency_conflict', detail: expect.stringContaining(job.id) });
    expect(await submitted()).toBe(1);
  });

  test('is not used up by a refused request', async () => {
    await post({ network: 'resnet', dataset: { trainSamples: 60_001 } }, { key: 'k' }).expect(400);
    await post({ network: 'resnet' }, { key: 'k' }).expect(202);
  });

  test('finds its job even if the queue is full', async () => {
    const { body: job } = await post({ network: 'resnet' }, { key: 'k' }).expect(202);
    for (let queued = 1; queued < QUEUE_DEPTH; queued++) await post({ network: 'resnet' }).expect(202);
    await post({ network: 'resnet' }).expect(429);
    expect((await post({ network: 'resnet' }, { key: 'k' }).expect(200)).body.id).toBe(job.id);
  });

  test.each(['', 'with space', 'x'.repeat(256), 'ümlaut'])('%j is refused', async (key) => {
    const { body } = await post({ network: 'resnet' }, { key }).expect(400);
    expect(body).toMatchObject({ code: 'invalid_request', errors: [{ pointer: 'header idempotency-key' }] });
  });

  test.each(['x', '!~', 'x'.repeat(255)])('accepts %j', async (key) => {
    await post({ network: 'resnet' }, { key }).expect(202);
  });
});

describe('the network of a submission', () => {
  const graphsBuilt = async (): Promise<number> => {
    const { text } = await request(apis[0].server).get('/monitoring/metrics').expect(200);
    return Number(/^trainyard_graphs_built_total (\d+)$/m.exec(text)?.[1]);
  };

  test('is built once for submissions with the same graph', async () => {
    const before = await graphsBuilt();
    const body = { network: 'densenet', dataset: { resize: 40 } };
    await post(body).expect(202);
    expect(await graphsBuilt()).toBe(before + 1);
    await post({ ...body, epochs: 2, seed: 7, optimizer: { learningRate: 0.01 } }).expect(202);
    await request(apis[0].server).post('/jobs/plan').send(body).expect(200);
    expect(await graphsBuilt()).toBe(before + 1);
  });

  test('is built once for a refused request', async () => {
    const before = await graphsBuilt();
    await post({ network: 'densenet', dataset: { resize: 41, trainSamples: 60_001 } }).expect(400);
    expect(await graphsBuilt()).toBe(before + 1);
  });
});

describe('a full queue', () => {
  test('returns 429 with Retry-After', async () => {
    for (let queued = 0; queued < QUEUE_DEPTH; queued++) await post({ network: 'resnet' }).expect(202);
    const { body, headers } = await post({ network: 'resnet' }).expect(429);
    expect(body).toMatchObject({ code: 'queue_full', status: 429 });
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  });
});

describe('a priority', () => {
  test('is accepted, returned with the position, and changed while the job is queued', async () => {
    const low = (await post({ network: 'resnet', priority: -100 }).expect(202)).body as Job;
    expect(low).toMatchObject({ priority: -100, position: 1 });
    const normal = (await post({ network: 'resnet' }).expect(202)).body as Job;
    expect(normal).toMatchObject({ priority: 0, position: 1 });
    const { server: second } = apis[1];
    const { body } = await request(second).patch(`/jobs/${low.id}`).send({ priority: 100 }).expect(200);
    expect(body).toMatchObject({ id: low.id, priority: 100, position: 1 });
    await request(second).get(`/jobs/${low.id}`).expect(200, body);
    await service.jobs.cancel(low.id);
    const refused = await request(second).patch(`/jobs/${low.id}`).send({ priority: 1 }).expect(409);
    expect(refused.body).toMatchObject({ code: 'job_ended', detail: expect.stringMatching(/is cancelled/) });
  });

  test.each([101, -101, 0.5, '1', null])('%j is refused', async (priority) => {
    const { body } = await post({ network: 'resnet', priority }).expect(400);
    expect(body.errors).toMatchObject([{ pointer: '/priority' }]);
    const { id } = await service.submit('succeeds');
    await request(apis[0].server).patch(`/jobs/${id}`).send({ priority }).expect(400);
  });

  test('returns 404 for an unknown job', async () => {
    await request(apis[0].server).patch('/jobs/nobody').send({ priority: 1 }).expect(404);
  });
});

describe('metadata', () => {
  test('is stored with the job, outside its spec', async () => {
    const metadata = { 'team.a_b-c': 'vision: “α”', empty: '' };
    const { body } = await post({ network: 'resnet', metadata }).expect(202);
    expect(body.metadata).toEqual(metadata);
    expect(body.spec).not.toHaveProperty('metadata');
    await request(apis[1].server).get(`/jobs/${body.id}`).expect(200, body);
  });

  test.each([
    [{ 'a b': '1' }, '/metadata/a b', /key has 1 to 64 letters/],
    [{ '': '1' }, '/metadata/', /key/],
    [{ a: 1 }, '/metadata/a', /a string/],
    [{ a: 'x'.repeat(257) }, '/metadata/a', /at most 256 characters, not 257/],
    [Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, ''])), '/metadata', /at most 16 fields, not 17/],
    ['text', '/metadata', /an object/],
  ])('%j is refused', async (metadata, pointer, message) => {
    const { body } = await post({ network: 'resnet', metadata }).expect(400);
    expect(body.errors).toMatchObject([{ pointer, message: expect.stringMatching(message) }]);
  });

  test('filters jobs together with name and status', async () => {
    const made: Record<string, string> = {};
    for (const [label, name, metadata] of [
      ['a', 'one', { team: 'x' }],
      ['b', 'two', { team: 'x', run: '1:2' }],
      ['c', 'one', { team: 'y', run: '1:2' }],
    ] as const)
      made[label] = (await post({ network: 'resnet', name, metadata }).expect(202)).body.id;
    await service.jobs.cancel(made['b'] ?? '');
    const find = async (query: string): Promise<string> => {
      const { body } = await request(apis[1].server).get(`/jobs?${query}`).expect(200);
      return body.jobs.map(({ id }: Job) => Object.keys(made).find((label) => made[label] === id)).join('');
    };
    expect(await find('metadata=team:x')).toBe('ba');
    expect(await find('metadata=run:1:2')).toBe('cb');
    expect(await find('metadata=team:x&metadata=run:1:2')).toBe('b');
    expect(await find('name=one')).toBe('ca');
    expect(await find('name=one&metadata=team:y')).toBe('c');
    expect(await find('status=queued')).toBe('ca');
    expect(await find('status=queued,cancelled')).toBe('cba');
    expect(await find('status=cancelled,running&metadata=team:x')).toBe('b');
    expect(await find('status=queued&metadata=team:x')).toBe('a');
    expect(await find('metadata=team:z')).toBe('');
  });

  test.each([
    ['metadata=team', '?metadata/0'],
    ['metadata=a%20b:1', '?metadata/0'],
    ['name=A', '?name'],
    ['status=queued,', '?status'],
    ['status=queued,done', '?status'],
  ])('refuses the filter %s', async (query, pointer) => {
    const { body } = await request(apis[0].server).get(`/jobs?${query}`).expect(400);
    expect(body.errors).toMatchObject([{ pointer }]);
  });
});

describe('POST /jobs/plan', () => {
  test('returns the spec, its parameters, memory and steps, and queues nothing', async () => {
    const dataset = {
      name: 'synthetic',
      trainSamples: 100,
      validationSamples: 20,
      testSamples: 10,
      resize: 32,
    } as const;
    const body = { network: 'resnet', dataset, batchSize: 25, epochs: 3 } as const;
    const answer = await request(apis[0].server).post('/jobs/plan').send(body).expect(200);
    const spec = resolveJob(body);
    expect(answer.body).toEqual({
      spec,
      // The tutorial's ResNet-18 with biases, for one channel and ten classes.
      parameters: 11_178_378,
      memory: estimateTrainingMemory(spec, datasets.synthetic, 10),
      workers: [],
      // 80 images are 4 batches.
      steps: 12,
      learningRate: Array.from({ length: 12 }, (_, i) => ({ step: i + 1, value: 0.001 })),
    });
    expect(await submitted()).toBe(0);
    const alias = await request(apis[0].server).post('/jobs?validateOnly=true').send(body).expect(200);
    expect(alias.body).toEqual(answer.body);
  });

  test('names all wrong fields at once, of the spec, its webhooks, its changes and its precision', async () => {
    await service.workers.heartbeat(workerOf());
    const body = {
      network: 'resnet',
      dataset: { trainSamples: 60_001 },
      batchSize: 100,
      microBatchSize: 30,
      precision: 'bfloat16',
      changes: [{ step: 1, to: { patience: 3 } }],
      webhooks: [{ url: 'http://127.0.0.1/hook' }],
    };
    const planned = await request(apis[0].server).post('/jobs/plan').send(body).expect(400);
    expect(planned.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
      '/dataset/trainSamples',
      '/microBatchSize',
      '/webhooks/0/secret',
      '/changes/0/to/patience',
      '/precision',
    ]);
  });

  test('shows the learning rate with its schedule and planned changes', async () => {
    const dataset = { name: 'synthetic', resize: 32, trainSamples: 100, testSamples: 10 };
    const body = {
      network: 'resnet',
      dataset,
      batchSize: 25,
      epochs: 2,
      schedule: { name: 'step', every: 1, factor: 0.5 },
    };
    const changes = [{ step: 6, to: { learningRate: 1 } }];
    const { body: plan } = await request(apis[0].server)
      .post('/jobs/plan')
      .send({ ...body, changes })
      .expect(200);
    const values = [0.001, 0.001, 0.001, 0.001, 0.0005, 0.0005, 0.5, 0.5];
    expect(plan.learningRate).toEqual(values.map((value, i) => ({ step: i + 1, value })));
  });

  test('refuses what a submission would refuse', async () => {
    const { server: first } = apis[0];
    const body = { network: 'resnet', dataset: { trainSamples: 60_001 } };
    const planned = await request(first).post('/jobs/plan').send(body).expect(400);
    expect(planned.body).toEqual((await request(first).post('/jobs?validateOnly=true').send(body).expect(400)).body);
    await request(first).post('/jobs?validateOnly=maybe').send({ network: 'resnet' }).expect(400);
  });

  test('leaves an Idempotency-Key unused', async () => {
    await request(apis[0].server)
      .post('/jobs?validateOnly=true')
      .set('Idempotency-Key', 'k')
      .send({ network: 'resnet' })
      .expect(200);
    await post({ network: 'densenet' }, { key: 'k' }).expect(202);
  });
});
