/** CSRF and CORS checks: browsers send simple requests of other sites at once, and others after a preflight. */
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, openApi, refusedUpgrade } from '../../support/api.js';
import { startRedis, type TestRedis } from '../../support/redis.js';
import { openService, type Service } from '../../support/running-service.js';
import { openEvents } from '../../support/sse.js';

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

/** Sends an empty request of a page, for which browsers send no preflight. */
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

  it('is refused in the error form of the protocol it uses', async () => {
    const response = await fetch(`${api.address}/v2/models/boots/infer`, {
      method: 'POST',
      headers: { origin: 'http://evil.example' },
    });
    expect([response.status, await response.json()]).toEqual([403, { error: expect.stringMatching(/evil\.example/) }]);
  });

  it('may read, but gets no CORS headers', async () => {
    expect(await send('GET', '/models', { origin: 'http://evil.example' })).toEqual([200, '']);
  });
});

it('accepts changes from pages of this service, pages of an allowed origin, and programs', async () => {
  const missing = [404, 'model_not_found'];
  const path = '/models/boots';
  expect(await send('DELETE', path, {})).toEqual(missing);
  expect(await send('DELETE', path, { origin: api.address })).toEqual(missing);
  expect(await send('DELETE', path, { origin: 'https://train.example' })).toEqual(missing);
});

/** What a page may do by its address and what its browser says of it, where the browser was led to this service. */
const PAGES = [
  // Pages of this service, under an address or a name that no other site can resolve to this machine.
  { page: 'http://127.0.0.1:3000', taken: true },
  { page: 'http://[::1]:3000', taken: true },
  { page: 'http://localhost:3000', taken: true },
  { page: 'http://train.localhost:3000', taken: true },
  { page: 'http://train.local:3000', taken: true },
  { page: 'http://train.office.internal:3000', taken: true },
  { page: 'http://train.home.arpa:3000', taken: true },
  { page: 'http://train.local.evil.example:3000', taken: false },
  { page: 'http://trainlocal.example:3000', taken: false },
  { page: 'http://api:3000', taken: true },
  { page: 'http://gpu-host', taken: true },
  // Pages of this service behind a proxy that rewrites Host: browsers send Sec-Fetch-Site for HTTPS and local pages.
  { page: 'https://other.example', host: 'api:3000', site: 'same-origin', taken: true },
  { page: 'http://localhost:5173', host: 'api:3000', site: 'same-origin', taken: true },
  // Pages of this service behind a proxy that keeps Host.
  { page: 'https://train.example.com', taken: true },
  // DNS rebinding: a page of another site under a name that resolves to this machine.
  { page: 'http://evil.example:3000', taken: false },
  { page: 'http://evil.example:3000', site: 'same-origin', taken: false },
  { page: 'http://127.0.0.1.evil.example:3000', taken: false },
  { page: 'http://localhost.evil.example:3000', taken: false },
  { page: 'http://evil.:3000', taken: false },
  { page: 'https://evil.example', host: 'train.example.com', taken: false },
  { page: 'https://evil.example', host: 'api:3000', site: 'cross-site', taken: false },
  // A page of another program on this machine.
  { page: 'http://localhost:8080', host: 'localhost:3000', site: 'same-site', taken: false },
  // Named in ALLOWED_ORIGINS.
  { page: 'https://train.example', taken: true },
];

describe.each(PAGES)('%o: such a page', ({ page, host = new URL(page).host, site, taken }) => {
  const headers = { origin: page, host, ...(site !== undefined && { 'sec-fetch-site': site }) };

  it(`${taken ? 'may' : 'may not'} change things`, async () => {
    const request = get(`${api.address}/models/boots`, { method: 'DELETE', headers });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const { code } = (await json(response)) as { code: string };
    expect(code).toBe(taken ? 'model_not_found' : 'forbidden_origin');
  });

  it(`${taken ? 'may' : 'may not'} open a stream`, async () => {
    const refusal = await refusedUpgrade(`${api.socketAddress}/jobs/nobody/metrics`, headers);
    expect(refusal.body).toMatchObject({ code: taken ? 'job_not_found' : 'forbidden_origin' });
  });
});

describe('a page of an allowed origin', () => {
  const origin = 'https://train.example';
  const shared = {
    'access-control-allow-origin': origin,
    'access-control-expose-headers': 'location, x-request-id, retry-after, link, etag, content-disposition',
    vary: 'origin',
  };
  const headersOf = (response: Response): Record<string, string> => Object.fromEntries(response.headers);

  /** Sends the preflight of a page's request. */
  const preflight = (path: string, headers: Record<string, string>): Promise<Response> =>
    fetch(api.address + path, { method: 'OPTIONS', headers });

  it.each([
    ['/jobs', 'POST'],
    ['/datasets/shoes', 'PUT'],
    ['/models/boots/labels/stable', 'DELETE'],
    ['/v2/models/boots/infer', 'POST'],
    ['/nowhere', 'PATCH'],
  ])('is told that it may send %s a %s', async (path, method) => {
    const response = await preflight(path, {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': 'content-type,idempotency-key',
    });
    expect([response.status, await response.text()]).toEqual([204, '']);
    expect(headersOf(response)).toMatchObject({
      ...shared,
      'access-control-allow-methods': expect.stringContaining(method),
      'access-control-allow-headers': 'content-type,idempotency-key',
      'access-control-max-age': '7200',
    });
  });

  it('can read answers and problems, including those of changes', async () => {
    const ask = (path: string, init?: RequestInit) => fetch(api.address + path, { ...init, headers: { origin } });
    for (const [response, status] of [
      [await ask('/jobs'), 200],
      [await ask('/jobs/nobody'), 404],
      [await ask('/nowhere'), 404],
      [await ask('/jobs', { method: 'PATCH' }), 405],
      [await ask('/models/boots', { method: 'DELETE' }), 404],
      [await ask('/jobs', { method: 'OPTIONS' }), 405],
    ] as const) {
      await response.arrayBuffer();
      expect(response.status).toBe(status);
      expect(headersOf(response)).toMatchObject(shared);
    }
  });

  it('follows a job by server-sent events', async () => {
    const { id } = await service.submit('succeeds');
    const { status, headers, response } = await openEvents(`${api.address}/jobs/${id}/events`, { origin });
    response.destroy();
    expect({ status, headers }).toMatchObject({
      status: 200,
      headers: { ...shared, 'content-type': 'text/event-stream' },
    });
  });

  it('gets CORS headers that no other page gets', async () => {
    const asked = { 'access-control-request-method': 'DELETE' };
    const answers = [
      await preflight('/models/boots', { origin: 'http://evil.example', ...asked }),
      await preflight('/models/boots', asked),
      await fetch(`${api.address}/jobs`, { headers: { origin: 'http://evil.example' } }),
      await fetch(`${api.address}/jobs`),
    ];
    await Promise.all(answers.map((answer) => answer.arrayBuffer()));
    expect(answers.map(({ status }) => status)).toEqual([405, 405, 200, 200]);
    for (const answer of answers) {
      expect(answer.headers.get('vary')).toBe('origin');
      expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
    }
  });

  it('gets no CORS headers if no origin is allowed', async () => {
    const closed = await openApi(service);
    const headers = { origin, 'access-control-request-method': 'POST' };
    const answer = await fetch(`${closed.address}/jobs`, { method: 'OPTIONS', headers });
    await answer.arrayBuffer();
    expect([answer.status, answer.headers.get('vary')]).toEqual([405, null]);
    await closed.close();
  });
});
