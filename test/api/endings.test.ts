/** Early stopping, limits, changes and cancels over HTTP: what is taken, and the sentence for what is not. */
import supertest from 'supertest';
import { beforeAll, describe, expect, test } from 'vitest';
import { openRunningApi } from '../support/running-api.js';
import { isStep } from '../support/running-service.js';

const { service, api } = await openRunningApi();

const post = (body: object) => supertest(api.server).post('/jobs').send(body);
const patch = (id: string, body: object) => supertest(api.server).patch(`/jobs/${id}`).send(body);
const watched = { network: 'resnet', dataset: { name: 'synthetic', validationSamples: 100 } };

describe('a job with early stopping', () => {
  test('has its defaults filled in, by the metric', async () => {
    const { body } = await post({ ...watched, earlyStopping: {}, maxSeconds: 60.5 }).expect(202);
    expect(body.spec).toMatchObject({
      earlyStopping: { metric: 'validationLoss', mode: 'min', patience: 5, minDelta: 0 },
      maxSeconds: 60.5,
    });
    const earlyStopping = { metric: 'validationAccuracy', patience: 2, minDelta: 0.01 };
    const other = await post({ ...watched, earlyStopping }).expect(202);
    expect(other.body.spec.earlyStopping).toEqual({ ...earlyStopping, mode: 'max' });
  });

  test.each([
    [
      'without images to watch',
      { network: 'resnet', earlyStopping: {} },
      '/earlyStopping',
      /set dataset\.validationSamples/,
    ],
    [
      'that watches the test set',
      { ...watched, earlyStopping: { metric: 'testLoss' } },
      '/earlyStopping/metric',
      /must be/,
    ],
    [
      'in the wrong mode',
      { ...watched, earlyStopping: { mode: 'max' } },
      '/earlyStopping/mode',
      /must be min for validationLoss/,
    ],
    ['with no patience', { ...watched, earlyStopping: { patience: 0 } }, '/earlyStopping/patience', /at least 1/],
    ['with a delta below 0', { ...watched, earlyStopping: { minDelta: -1 } }, '/earlyStopping/minDelta', /at least 0/],
    ['with something else', { ...watched, earlyStopping: { baseline: 1 } }, '/earlyStopping/baseline', /unknown|not/],
    ['that is a word', { ...watched, earlyStopping: true }, '/earlyStopping', /must be/],
    ['and no time', { ...watched, maxSeconds: 0 }, '/maxSeconds', /must be/],
  ])('%s is refused', async (_, body, pointer, sentence) => {
    const { body: problem } = await post(body).expect(400);
    expect(problem.errors).toMatchObject([{ pointer, message: expect.stringMatching(sentence) }]);
  });
});

describe('PATCH /jobs/{id}', () => {
  // What was submitted before would be trained first.
  beforeAll(() => service.redis.flushall());

  test('returns 202 with the change for a running job, and 200 for a queued one', async () => {
    const consumer = await service.work();
    const { id } = await service.submit('walks', { epochs: 1_000 });
    const { id: waiting } = await service.submit('walks');
    await service.frame(id, isStep);
    const { body } = await patch(id, { learningRate: 0.01 }).expect(202);
    expect(body).toMatchObject({ id, changes: [{ number: 1, to: { learningRate: 0.01 } }] });
    await patch(waiting, { learningRate: 0.01, priority: 3, maxSeconds: 10 }).expect(200);
    const refused = await patch(id, { priority: 3 }).expect(409);
    expect(refused.body).toMatchObject({ code: 'job_not_queued', detail: expect.stringMatching(/is running/) });
    await consumer.close();
  });

  test.each([
    [{ learningRate: 0 }, '/learningRate'],
    [{ learningRate: -1 }, '/learningRate'],
    [{ learningRate: 1e9 }, '/learningRate'],
    [{ learningRate: 'fast' }, '/learningRate'],
    [{ learningRate: null }, '/learningRate'],
    [{ epochs: 0 }, '/epochs'],
    [{ epochs: 1.5 }, '/epochs'],
    [{ patience: 0 }, '/patience'],
    [{ patience: 3 }, '/patience'],
    [{ maxSeconds: 0 }, '/maxSeconds'],
    [{ maxSeconds: '1h' }, '/maxSeconds'],
    [{ batchSize: 8 }, '/batchSize'],
    [{}, ''],
    [{ batchSize: 8, epochs: 3 }, '/batchSize'],
  ])('%j is refused, and changes nothing', async (body, pointer) => {
    const { id } = await service.submit('succeeds');
    const { body: problem } = await patch(id, body).expect(400);
    expect(problem).toMatchObject({ code: 'invalid_request', errors: [{ pointer, message: expect.any(String) }] });
    expect((await service.jobs.get(id)).changes).toEqual([]);
  });

  test('is refused with the state of a job that has ended', async () => {
    const { id } = await service.submit('succeeds');
    await service.jobs.cancel(id);
    const { body } = await patch(id, { epochs: 3 }).expect(409);
    expect(body).toMatchObject({ code: 'job_ended', detail: expect.stringMatching(/is cancelled/) });
  });
});

describe('DELETE /jobs/{id}', () => {
  test('accepts the mode, and refuses an unknown one', async () => {
    const { id } = await service.submit('succeeds');
    const refused = await supertest(api.server).delete(`/jobs/${id}?mode=save`).expect(400);
    expect(refused.body.errors).toMatchObject([{ pointer: '?mode', message: expect.stringMatching(/discard.*keep/) }]);
    const { body } = await supertest(api.server).delete(`/jobs/${id}?mode=keep`).expect(200);
    expect(body).toMatchObject({ status: 'cancelled', cancelMode: 'keep', reason: { code: 'nothing_kept' } });
    await supertest(api.server).delete(`/jobs/${id}`).expect(409);
  });
});
