/** What pages of other sites may not do: a browser sends their simple requests, and only the service can refuse them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, openApi } from '../support/api.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { openService, type Service } from '../support/running-service.js';

let redis: TestRedis;
let service: Service;
let api: Api;
beforeAll(async () => {
  redis = await startRedis();
  service = await openService(redis);
  api = await openApi(service, { allowedOrigins: ['https://train.example'] });
});
afterAll(async () => {
  await api.close();
  await service.close();
  await redis.close();
});

/** An empty request of a page, which no browser asks about beforehand. */
async function send(method: string, path: string, headers: Record<string, string>): Promise<[number, string]> {
  const response = await fetch(api.address + path, { method, headers });
  const { code = '' } = (await response.json()) as { code?: string };
  return [response.status, code];
}

describe('a page of another site', () => {
  it.each([
    ['POST', '/models/boots/labels/stable/rollback'],
    ['POST', '/models'],
    ['POST', '/jobs'],
    ['POST', '/pause'],
    ['DELETE', '/models/boots'],
  ])('is refused %s %s', async (method, path) => {
    for (const origin of ['http://evil.example', 'null', 'https://train.example:444'])
      expect(await send(method, path, { origin })).toEqual([403, 'forbidden_origin']);
  });

  it('is refused in the form of the protocol that it asks', async () => {
    const response = await fetch(`${api.address}/v2/models/boots/infer`, {
      method: 'POST',
      headers: { origin: 'http://evil.example' },
    });
    expect([response.status, await response.json()]).toEqual([403, { error: expect.stringMatching(/evil\.example/) }]);
  });

  it('may read, which its browser shows it only if it is told so', async () => {
    expect(await send('GET', '/models', { origin: 'http://evil.example' })).toEqual([200, '']);
  });
});

it('pages of this service, of an allowed origin, and programs may change things', async () => {
  const missing = [404, 'model_not_found'];
  const path = '/models/boots';
  expect(await send('DELETE', path, {})).toEqual(missing);
  expect(await send('DELETE', path, { origin: api.address })).toEqual(missing);
  expect(await send('DELETE', path, { origin: 'https://train.example' })).toEqual(missing);
  // Behind a proxy that rewrites Host.
  const proxied = { origin: 'https://other.example', 'sec-fetch-site': 'same-origin' };
  expect(await send('DELETE', path, proxied)).toEqual(missing);
});
