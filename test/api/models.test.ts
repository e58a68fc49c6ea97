/** The models over HTTP: versions and labels are read, moved and deleted, and what may not be is refused with a sentence. */
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabelPlan } from '../../src/contracts/models/label.js';
import { type Api, openApi } from '../support/api.js';
import { saveTinyModel } from '../support/models.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { openService, type Service } from '../support/running-service.js';

let redis: TestRedis;
let service: Service;
let api: Api;
beforeAll(async () => {
  redis = await startRedis();
  service = await openService(redis);
  api = await openApi(service);
  for (const seed of [1, 2, 3]) await saveTinyModel(api.store, { name: 'boots', seed });
});
afterAll(async () => {
  await api.close();
  await service.close();
  await redis.close();
});

const get = (path: string) => request(api.server).get(path);
const put = (path: string, body: object) => request(api.server).put(path).send(body);

describe('a model', () => {
  it('is listed with its versions and labels, and a version with its files', async () => {
    await put('/models/boots/labels/stable', { version: 2 }).expect(200);
    expect((await get('/models/boots').expect(200)).body).toMatchObject({
      name: 'boots',
      versions: [1, 2, 3],
      labels: { stable: 2 },
      latest: { version: 3 },
    });
    const { body } = await get('/models/boots/versions/2').expect(200);
    expect(body).toMatchObject({ manifest: { name: 'boots', version: 2, jobId: 'boots-2' }, labels: ['stable'] });
    expect(body.files.map(({ path }: { path: string }) => path)).toEqual([
      'weights.safetensors',
      'saved_model/saved_model.pb',
    ]);
  });

  it('is kept while it has a label, and can be deleted without one', async () => {
    const held = await request(api.server).delete('/models/boots/versions/2').expect(409);
    expect(held.body).toMatchObject({ code: 'label_held', detail: expect.stringContaining('has the label "stable"') });
    await request(api.server).delete('/models/boots').expect(409);
    await request(api.server).delete('/models/boots/versions/3').expect(204);
    expect((await get('/models/boots').expect(200)).body.versions).toEqual([1, 2]);
    await get('/models/boots/versions/3').expect(404);
  });
});

describe('a label', () => {
  it('moves, reports where it was, moves back, and is removed', async () => {
    const path = '/models/boots/labels/canary';
    await put(path, { version: 1 }).expect(200);
    const moved = await put(path, { version: 2, expected: 1 }).expect(200);
    expect(moved.body).toMatchObject({ version: 2, history: [{ number: 2 }, { number: 1 }] });
    expect((await request(api.server).post(`${path}/rollback`).expect(200)).body.version).toBe(1);
    expect((await request(api.server).delete(path).expect(200)).body.version).toBeNull();
    expect((await get(path).expect(200)).body.history).toHaveLength(4);
  });

  it('stays behind its gate', async () => {
    const gate = { metric: 'testAccuracy' };
    const { body } = await put('/models/boots/labels/stable', { version: 1, gate }).expect(409);
    expect(body).toMatchObject({ code: 'label_gate', detail: expect.stringContaining('does not beat') });
    await put('/models/boots/labels/stable', { version: 1, expected: 1 }).expect(409);
  });

  it('says before a move what its gate and its expectation would answer, and moves nothing', async () => {
    const plan = async (body: object) =>
      (await request(api.server).post('/models/boots/labels/stable/plan').send(body).expect(200)).body as LabelPlan;
    const gate = { metric: 'testAccuracy' };
    const refused = await plan({ version: 1, gate });
    const { body } = await put('/models/boots/labels/stable', { version: 1, gate }).expect(409);
    expect(refused).toEqual({
      from: 2,
      to: 1,
      moves: false,
      code: 'label_gate',
      reason: body.detail,
      scores: { metric: 'testAccuracy', from: 0.5, to: 0.5 },
    });
    expect(await plan({ version: 1 })).toEqual({ from: 2, to: 1, moves: true });
    expect(await plan({ version: 2 })).toMatchObject({ moves: false, reason: '"stable" is at boots@2 already.' });
    expect(await plan({ version: 1, expected: 1 })).toMatchObject({ moves: false, code: 'label_moved' });
    expect((await get('/models/boots/labels/stable').expect(200)).body.version).toBe(2);
    const fresh = await request(api.server)
      .post('/models/boots/labels/fresh/plan')
      .send({ version: 1, gate })
      .expect(200);
    expect(fresh.body).toMatchObject({ from: null, to: 1, moves: true, scores: { from: null, to: 0.5 } });
    await request(api.server).post('/models/boots/labels/stable/plan').send({ version: 9 }).expect(404);
    await request(api.server).post('/models/boots/labels/latest/plan').send({ version: 1 }).expect(400);
  });

  it.each([
    [{}, '/version'],
    [{ version: 0 }, '/version'],
    [{ version: '1' }, '/version'],
    [{ version: 1, gate: { metric: 'trainLoss' } }, '/gate/metric'],
    [{ version: 1, gate: { metric: 'testLoss', minDelta: -1 } }, '/gate/minDelta'],
    [{ version: 1, gate: { metric: 'macroF1' } }, '/gate/dataset'],
    [{ version: 1, gate: { metric: 'testLoss', split: 'train' } }, '/gate/split'],
    [{ version: 1, gate: { metric: 'testLoss', dataset: 'shoes' } }, '/gate/metric'],
    [{ version: 1, gate: { metric: 'loss', dataset: '../shoes' } }, '/gate/dataset'],
    [{ version: 1, gate: { metric: 'loss', dataset: 'shoes', split: 'all' } }, '/gate/split'],
    [{ version: 1, label: 'x' }, '/label'],
  ])('is not moved by %j', async (body, pointer) => {
    const response = await put('/models/boots/labels/stable', body).expect(400);
    expect(response.body).toMatchObject({ code: 'invalid_request', errors: [{ pointer }] });
  });

  it.each(['latest', '3', '..%2f..', 'a%00b', 'Stable', '%2e%2e%2fx'])('cannot have the name %s', async (label) => {
    const response = await put(`/models/boots/labels/${label}`, { version: 1 }).expect(400);
    expect(response.body).toMatchObject({ code: 'invalid_request' });
  });
});
