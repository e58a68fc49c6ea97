/** API keys over HTTP: who gets in, for how long, and what ends with a key. */
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { openTestAccess } from '../../support/access.js';
import { type Api, openApi, refusedUpgrade } from '../../support/api.js';
import { captureLog } from '../../support/capture-log.js';
import { openServiceForFile } from '../../support/service-for-file.js';
import { openEvents } from '../../support/sse.js';

const { server, service } = await openServiceForFile();
const own = await openTestAccess(service.redis);
const log = captureLog();
let api: Api;
/** A second API process with the same folder and Redis. */
let other: Api;
beforeAll(async () => {
  api = await openApi({ ...service, logger: log.logger }, { access: own.access });
  other = await openApi(service, { access: await own.open() });
});
afterAll(async () => {
  await api.close();
  await other.close();
  await own.close();
});

type Call = Readonly<{ method?: string; key?: string; body?: unknown; headers?: Record<string, string>; at?: Api }>;

async function call(path: string, { method = 'GET', key, body, headers, at = api }: Call = {}) {
  const response = await fetch(`${at.address}${path}`, {
    method,
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const answer = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {};
  return { status: response.status, headers: response.headers, text, answer };
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const submitJob = async (): Promise<string> => (await service.submit('waits')).id;

describe('a key', () => {
  test('is created by an admin, works at once in every process, and is listed without its secret', async () => {
    const request = { name: 'ci', role: 'trainer' };
    const created = await call('/keys', { method: 'POST', key: own.adminKey, body: request });
    expect(created).toMatchObject({
      status: 201,
      answer: { name: 'ci', role: 'trainer', project: 'default', createdBy: 'first admin' },
    });
    const { id, key } = created.answer as { id: string; key: string };
    expect(created.headers.get('location')).toBe(`/keys/${id}`);
    for (const at of [api, other]) expect((await call('/jobs', { key, at })).status).toBe(200);
    const { text } = await call('/keys', { key: own.adminKey });
    expect(text).toContain(id);
    expect(text).not.toContain(key.slice(15));
  });

  test('shows when it was used', async () => {
    const { id, key } = await own.createKey({ role: 'viewer' });
    await call('/jobs', { key });
    await vi.waitFor(async () => {
      const { answer } = await call('/keys', { key: own.adminKey });
      const listed = (answer['keys'] as { id: string; lastUsedAt?: string }[]).find((each) => each.id === id);
      expect(Date.now() - Date.parse(listed?.lastUsedAt ?? '')).toBeLessThan(60_000);
    });
  });

  test.each([
    ['no role and no scopes', { name: 'a' }, '/role'],
    ['a role and scopes', { name: 'a', role: 'viewer', scopes: ['predict'] }, '/role'],
    ['an unknown scope', { name: 'a', scopes: ['everything'] }, '/scopes/0'],
    ['a project that leads out of its folder', { name: 'a', role: 'viewer', project: '../b' }, '/project'],
    ['an expiry in the past', { name: 'a', role: 'viewer', expiresAt: '2020-01-01T00:00:00Z' }, '/expiresAt'],
    ['a control character in its name', { name: 'a\u0007', role: 'viewer' }, '/name'],
  ])('is refused with %s', async (_, body, pointer) => {
    const { status, answer } = await call('/keys', { method: 'POST', key: own.adminKey, body });
    expect({ status, answer }).toMatchObject({ status: 400, answer: { errors: [{ pointer }] } });
  });

  test('has only its scopes', async () => {
    const { key } = await own.createKey({ scopes: ['models:read'] });
    expect((await call('/models', { key })).status).toBe(200);
    expect(await call('/jobs', { key })).toMatchObject({ status: 403, answer: { code: 'forbidden' } });
    expect((await call('/keys', { key })).status).toBe(403);
  });
});

describe('a request', () => {
  const wrong = async (): Promise<[string, string | undefined, RegExp][]> => {
    const { key } = await own.createKey({ role: 'viewer' });
    const { key: foreign } = await own.createKey({ role: 'viewer' });
    const { createKeyText } = await import('../../../src/access/key-text.js');
    const expired = await own.createKey({ role: 'viewer', expiresAt: new Date(Date.now() + 200).toISOString() });
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(Date.parse(expired.expiresAt ?? '')));
    const { id, key: revoked } = await own.createKey({ role: 'viewer' });
    await call(`/keys/${id}`, { method: 'DELETE', key: own.adminKey });
    return [
      ['no header', undefined, /Send the header/],
      ['another scheme', 'Basic dXNlcjpwYXNz', /must be "Bearer"/],
      ['an empty bearer', 'Bearer ', /must be "Bearer"/],
      ['a cut key', bearer(key.slice(0, -1)).authorization, /Copy the whole key/],
      [
        'a misspelled key',
        bearer(key.replace(/.$/, (end) => (end === 'a' ? 'b' : 'a'))).authorization,
        /Copy the whole/,
      ],
      ['an unknown key', bearer(createKeyText().text).authorization, /is unknown/],
      ['an expired key', bearer(expired.key).authorization, /expired at/],
      ['a revoked key', bearer(revoked).authorization, /was revoked at/],
      ['two keys', `Bearer ${key} ${foreign}`, /must be "Bearer"/],
      ['a JWT without a provider', 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.', /no API key/],
    ];
  };

  test('is refused with the reason if it has no valid key', async () => {
    for (const [what, authorization, reason] of await wrong()) {
      const { status, headers, answer } = await call('/jobs', { headers: { ...(authorization && { authorization }) } });
      expect({ what, status, code: answer['code'] }).toEqual({ what, status: 401, code: 'unauthorized' });
      expect(answer['detail'], what).toMatch(reason);
      expect(headers.get('www-authenticate')).toContain('Bearer');
    }
  });

  test('with the id of a key but another secret gets the answer for an unknown key', async () => {
    const { key } = await own.createKey({ role: 'viewer' });
    const { createKeyText } = await import('../../../src/access/key-text.js');
    const { crc32 } = await import('node:zlib');
    const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
    const body = key.slice(3, 15) + createKeyText().secret;
    const checksum = Array.from({ length: 6 }, (_, i) => digits[Math.floor(crc32(body) / 62 ** (5 - i)) % 62]).join('');
    const forged = await call('/jobs', { key: `ty_${body}${checksum}` });
    const unknown = await call('/jobs', { key: createKeyText().text });
    expect({ status: forged.status, text: forged.text }).toEqual({ status: 401, text: unknown.text });
  });
});

describe('a revoked key', () => {
  test('is dead within 2 seconds in another process that has just used it', async () => {
    const { id, key } = await own.createKey({ role: 'viewer' });
    expect((await call('/jobs', { key, at: other })).status).toBe(200);
    expect((await call(`/keys/${id}`, { method: 'DELETE', key: own.adminKey })).status).toBe(204);
    const revokedAt = performance.now();
    expect((await call('/jobs', { key })).status).toBe(401);
    await vi.waitFor(async () => expect((await call('/jobs', { key, at: other })).status).toBe(401), {
      timeout: 2_500,
      interval: 50,
    });
    expect(performance.now() - revokedAt).toBeLessThan(2_500);
    expect(await call(`/keys/${id}`, { method: 'DELETE', key: own.adminKey })).toMatchObject({ status: 404 });
  });

  test('ends its WebSockets with 4401 and its event streams with a problem', async () => {
    const { id, key } = await own.createKey({ role: 'viewer' });
    const job = await submitJob();
    const socket = new WebSocket(`${other.socketAddress}/jobs/${job}/metrics`, { headers: bearer(key) });
    await once(socket, 'message');
    const all = new WebSocket(`${api.socketAddress}/metrics?since=now`, { headers: bearer(key) });
    await once(all, 'message');
    const stream = await openEvents(`${other.address}/jobs/${job}/events`, bearer(key));
    expect(stream.status).toBe(200);
    const closed = Promise.all([once(socket, 'close'), once(all, 'close')]);
    await call(`/keys/${id}`, { method: 'DELETE', key: own.adminKey });
    for (const [code, reason] of await closed) {
      expect(code).toBe(4401);
      expect(String(reason)).toContain('was revoked at');
    }
    const events = [];
    for await (const event of stream.events) events.push(event);
    expect(events.at(-1)).toMatchObject({ event: 'problem', data: expect.stringContaining('"unauthorized"') });
  });

  test('that expires ends its streams too', async () => {
    const { key } = await own.createKey({ role: 'viewer', expiresAt: new Date(Date.now() + 1_500).toISOString() });
    const socket = new WebSocket(`${api.socketAddress}/metrics?since=now`, { headers: bearer(key) });
    const [code, reason] = await once(socket, 'close');
    expect({ code, reason: String(reason) }).toMatchObject({
      code: 4401,
      reason: expect.stringContaining('expired at'),
    });
  });

  test('leaves the streams of other keys open', async () => {
    const [first, second] = [await own.createKey({ role: 'viewer' }), await own.createKey({ role: 'viewer' })];
    const open = async (key: string): Promise<WebSocket> => {
      const socket = new WebSocket(`${api.socketAddress}/metrics?since=now`, { headers: bearer(key) });
      await once(socket, 'message');
      return socket;
    };
    const [ending, staying] = [await open(first.key), await open(second.key)];
    await call(`/keys/${first.id}`, { method: 'DELETE', key: own.adminKey });
    await once(ending, 'close');
    const next = once(staying, 'message');
    await submitJob();
    await next;
    staying.close();
    await once(staying, 'close');
  });
});

describe('the last admin key', () => {
  test('cannot be revoked, and two admins cannot revoke each other', async () => {
    const admins = [await own.createKey({ role: 'admin' }), await own.createKey({ scopes: ['admin'] })] as const;
    // The only other admin key is that of the first start.
    const { answer } = await call('/keys', { key: own.adminKey });
    const first = (answer['keys'] as { id: string; name: string }[]).find(({ name }) => name === 'first admin');
    expect((await call(`/keys/${first?.id}`, { method: 'DELETE', key: admins[0].key })).status).toBe(204);
    const both = await Promise.all([
      call(`/keys/${admins[1].id}`, { method: 'DELETE', key: admins[0].key, at: api }),
      call(`/keys/${admins[0].id}`, { method: 'DELETE', key: admins[1].key, at: other }),
    ]);
    expect(both.map(({ status }) => status).toSorted()).toEqual([204, 401]);
    const left = both[0].status === 204 ? admins[0] : admins[1];
    const refused = await call(`/keys/${left.id}`, { method: 'DELETE', key: left.key });
    expect(refused).toMatchObject({ status: 409, answer: { code: 'last_admin_key' } });
    own.adminKey = left.key;
  });

  test('is still the last one beside an expired admin key', async () => {
    const expiring = await own.createKey({ role: 'admin', expiresAt: new Date(Date.now() + 100).toISOString() });
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(Date.parse(expiring.expiresAt ?? '')));
    const id = own.adminKey.slice(3, 15);
    const refused = await call(`/keys/${id}`, { method: 'DELETE', key: own.adminKey });
    expect(refused).toMatchObject({ status: 409, answer: { code: 'last_admin_key' } });
  });
});

describe('a session', () => {
  const signIn = async (key: string, headers = {}) => {
    const { headers: answer, status } = await call('/session', { method: 'POST', key, headers });
    const [cookie = ''] = answer.getSetCookie();
    return { status, cookie, sent: { cookie: cookie.split(';', 1)[0] ?? '' } };
  };

  test('is a cookie that scripts and other sites cannot use', async () => {
    const { cookie } = await signIn(own.adminKey);
    expect(cookie).toMatch(/^trainyard_session=.+; Path=\/; Expires=.+; HttpOnly; SameSite=Strict$/);
    const { cookie: secure } = await signIn(own.adminKey, { origin: api.address.replace('http:', 'https:') });
    expect(secure).toContain('Secure');
  });

  test('stands for its key, over HTTP and WebSocket', async () => {
    const { key, id } = await own.createKey({ role: 'trainer', name: 'browser' });
    const { sent } = await signIn(key);
    expect((await call('/session', { headers: sent })).answer).toMatchObject({
      authentication: 'keys',
      caller: { kind: 'key', id, name: 'browser', role: 'trainer' },
    });
    expect((await call('/jobs', { headers: sent })).status).toBe(200);
    expect((await call('/keys', { headers: sent })).status).toBe(403);
    const socket = new WebSocket(`${api.socketAddress}/metrics?since=now`, { headers: sent });
    await once(socket, 'message');
    await call(`/keys/${id}`, { method: 'DELETE', key: own.adminKey });
    expect((await once(socket, 'close'))[0]).toBe(4401);
    expect((await call('/jobs', { headers: sent })).status).toBe(401);
    expect((await call('/session', { headers: sent })).answer).toEqual({ authentication: 'keys', caller: null });
  });

  test('is not accepted from a page of another site', async () => {
    const { sent } = await signIn(own.adminKey);
    const headers = { ...sent, origin: 'https://evil.example' };
    expect(await call('/keys', { method: 'POST', headers, body: { name: 'a', role: 'admin' } })).toMatchObject({
      status: 403,
      answer: { code: 'forbidden_origin' },
    });
    expect((await refusedUpgrade(`${api.socketAddress}/metrics`, headers)).status).toBe(403);
  });

  test('is refused with a changed signature, and no ticket is one', async () => {
    const { sent } = await signIn(own.adminKey);
    const changed = { cookie: `${sent.cookie.slice(0, -3)}AAA` };
    expect((await call('/jobs', { headers: changed })).status).toBe(401);
    const { answer } = await call('/tickets', { method: 'POST', key: own.adminKey });
    expect((await call('/jobs', { headers: { cookie: `trainyard_session=${answer['ticket']}` } })).status).toBe(401);
  });

  test('ends when the user signs out', async () => {
    const { headers, status } = await call('/session', { method: 'DELETE' });
    expect(status).toBe(204);
    expect(headers.getSetCookie()[0]).toMatch(/^trainyard_session=;.*Expires=Thu, 01 Jan 1970/);
  });

  test('tells a client without a key that it needs one, and refuses a wrong key', async () => {
    expect((await call('/session')).answer).toEqual({ authentication: 'keys', caller: null });
    expect((await call('/session', { key: 'ty_wrong' })).status).toBe(401);
  });
});

describe('a ticket', () => {
  test('opens streams and nothing else', async () => {
    const { key } = await own.createKey({ role: 'viewer' });
    const { answer } = await call('/tickets', { method: 'POST', key });
    const ticket = String(answer['ticket']);
    expect(Date.parse(String(answer['expiresAt'])) - Date.now()).toBeLessThanOrEqual(60_000);
    const socket = new WebSocket(`${other.socketAddress}/metrics?since=now&ticket=${ticket}`);
    await once(socket, 'message');
    socket.close();
    const job = await submitJob();
    const stream = await openEvents(`${api.address}/jobs/${job}/events?ticket=${ticket}`);
    expect(stream.status).toBe(200);
    stream.response.destroy();
    expect((await call(`/jobs?ticket=${ticket}`)).status).toBe(401);
    expect((await call('/jobs', { key: ticket })).status).toBe(401);
  });
});

test('a service without access tells that keys have no effect', async () => {
  const open = await openApi(service);
  try {
    expect((await call('/session', { at: open })).answer).toMatchObject({
      authentication: 'none',
      caller: { kind: 'anyone' },
    });
    for (const [path, method, body] of [
      ['/keys', 'POST', { name: 'a', role: 'admin' }],
      ['/keys', 'GET', undefined],
      ['/audit', 'GET', undefined],
      ['/session', 'POST', undefined],
      ['/tickets', 'POST', undefined],
    ] as const)
      expect(await call(path, { method, body, at: open })).toMatchObject({
        status: 409,
        answer: { code: 'authentication_off' },
      });
  } finally {
    await open.close();
  }
});

test('no key, session or ticket is in the log or in Redis', async () => {
  const { key } = await own.createKey({ role: 'admin' });
  const { headers } = await call('/session', { method: 'POST', key });
  const [cookie = ''] = headers.getSetCookie();
  const session = cookie.split(/[=;]/)[1] ?? '';
  const ticket = String((await call('/tickets', { method: 'POST', key })).answer['ticket']);
  await call(`/jobs?ticket=${ticket}`, { headers: { cookie: `trainyard_session=${session}` } });
  const socket = new WebSocket(`${api.socketAddress}/metrics?since=now&ticket=${ticket}`);
  await once(socket, 'message');
  socket.close();
  await call('/jobs', { key: `${key}x` });
  const stored = JSON.stringify(await dump());
  expect(stored).toContain(key.slice(3, 15));
  for (const secret of [key.slice(15), session.split('.')[2] ?? '-', ticket.split('.')[2] ?? '-']) {
    expect(JSON.stringify(log.lines)).not.toContain(secret);
    expect(stored).not.toContain(secret);
  }
});

/** Returns everything that Redis stores, as text. */
async function dump(): Promise<unknown[]> {
  const names = await service.redis.keys('*');
  return Promise.all(
    names.map(async (name) => {
      const type = await service.redis.type(name);
      if (type === 'hash') return [name, await service.redis.hgetall(name)];
      if (type === 'stream') return [name, await service.redis.xrange(name, '-', '+')];
      return type === 'string' ? [name, await service.redis.get(name)] : [name];
    }),
  );
}

describe('while Redis is away', () => {
  test('a key that was seen works, and another gets 503', async () => {
    const { key } = await own.createKey({ role: 'viewer' });
    const { key: unseen } = await own.createKey({ role: 'viewer' });
    expect((await call('/models', { key })).status).toBe(200);
    await server.kill();
    try {
      await vi.waitFor(async () => expect((await call('/models', { key: unseen })).status).toBe(503));
      const aged = performance.now() + 2_000;
      await vi.waitFor(() => expect(performance.now()).toBeGreaterThan(aged), { timeout: 5_000 });
      expect((await call('/models', { key })).status).toBe(200);
    } finally {
      await server.start();
    }
    await vi.waitFor(async () => expect((await call('/models', { key: unseen })).status).toBe(200), {
      timeout: 10_000,
    });
  });
});
