/** POST /jobs/{id}/move and GET /jobs?sort= over HTTP. */
import supertest from 'supertest';
import { describe, expect, it, test } from 'vitest';
import { openRunningApi } from '../support/running-api.js';

const { service, api } = await openRunningApi();

const move = (id: string, body: object) => supertest(api.server).post(`/jobs/${id}/move`).send(body);
const list = (query: string) => supertest(api.server).get(`/jobs?${query}`);

test('a moved job is returned with its new position, and listed there', async () => {
  const [first, second] = [await service.submit('succeeds'), await service.submit('succeeds')];
  const { status, body } = await move(second.id, { before: first.id });
  expect([status, body.id, body.position]).toEqual([200, second.id, 1]);
  const ids = (await list('sort=position&status=queued')).body.jobs.map(({ id }: { id: string }) => id);
  expect(ids).toEqual([second.id, first.id]);
});

describe('a move is refused', () => {
  it.each([
    ['without a target', {}, ''],
    ['with two targets', { before: 'a', to: 'top' }, ''],
    ['to another end', { to: 'bottom' }, '/to'],
    ['with a misspelled field', { befor: 'a' }, '/befor'],
    ['with an id of another type', { before: 7 }, '/before'],
    ['beside an unknown job', { after: '00000000-0000-4000-8000-000000000000' }, '/after'],
  ])('%s', async (_, target, pointer) => {
    const { id } = await service.submit('succeeds');
    const { status, body } = await move(id, target);
    expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'invalid_request', pointer]);
    expect(body.errors[0].message).not.toMatch(/properties|schema/);
  });

  it('for an unknown job', async () => {
    expect((await move('nobody', { to: 'top' })).body).toMatchObject({ status: 404, code: 'job_not_found' });
  });
});

describe('a list is refused', () => {
  it.each([
    ['sort=bestAcuracy', '?sort', /bestAccuracy/],
    ['sort=name&cursor=soon', '?cursor', /nextCursor|pattern|must/],
    ['sort=created&cursor=0~run-1!id', '?cursor', /belongs to another order/],
  ])('for %s', async (query, pointer, message) => {
    const { status, body } = await list(query);
    expect([status, body.errors[0].pointer]).toEqual([400, pointer]);
    expect(JSON.stringify(body)).toMatch(message);
  });
});
