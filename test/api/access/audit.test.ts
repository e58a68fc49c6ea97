/** Audit log over HTTP: which requests it has, in which order, and its export. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { AuditEntry } from '../../../src/contracts/access/audit-entry.js';
import { keys } from '../../../src/events/index.js';
import { openTestAccess } from '../../support/access.js';
import { type Api, openApi } from '../../support/api.js';
import { openServiceForFile } from '../../support/service-for-file.js';

const { service } = await openServiceForFile();
const own = await openTestAccess(service.redis);
let api: Api;
beforeAll(async () => {
  api = await openApi(service, { access: own.access });
});
beforeEach(() => service.redis.del(keys.audit));
afterAll(async () => {
  await api.close();
  await own.close();
});

const send = (
  path: string,
  key: string,
  { method = 'GET', body, accept }: { method?: string; body?: unknown; accept?: string } = {},
) =>
  fetch(`${api.address}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(accept && { accept }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
const audit = async (query = ''): Promise<{ entries: AuditEntry[]; nextCursor?: string }> =>
  (await send(`/audit${query}`, own.adminKey)).json() as never;

test('has changes, refused ones included, and no reading', async () => {
  const { key, id } = await own.createKey({ role: 'trainer', name: 'ci' });
  const created = await send('/jobs', key, {
    method: 'POST',
    body: { network: 'resnet', dataset: { name: 'synthetic' } },
  });
  const { id: job } = (await created.json()) as { id: string };
  await send(`/jobs/${job}`, key);
  await send('/jobs/plan', key, { method: 'POST', body: { network: 'resnet', dataset: { name: 'synthetic' } } });
  await send('/models/boots/labels/stable', key, { method: 'PUT', body: { version: 1 } });
  await send('/jobs', key, { method: 'POST', body: { network: 'resnet', epochs: -1 } });
  const { entries } = await audit();
  const by = { kind: 'key', id, name: 'ci' };
  expect(entries.toReversed()).toMatchObject([
    {
      by,
      project: 'default',
      address: '127.0.0.1',
      operation: 'submitJob',
      method: 'POST',
      path: `/jobs/${job}`,
      status: 202,
    },
    { by, operation: 'moveLabel', method: 'PUT', path: '/models/boots/labels/stable', status: 403 },
    { by, operation: 'submitJob', path: '/jobs', status: 400 },
  ]);
  expect(entries.at(-1)?.requestId).toBe(created.headers.get('x-request-id'));
});

test('has sign-ins, and the creation and revocation of keys', async () => {
  await send('/session', own.adminKey, { method: 'POST' });
  const { id } = (await (
    await send('/keys', own.adminKey, { method: 'POST', body: { name: 'a', role: 'viewer' } })
  ).json()) as {
    id: string;
  };
  await send(`/keys/${id}`, own.adminKey, { method: 'DELETE' });
  const { entries } = await audit();
  expect(entries.map(({ operation, path, status }) => [operation, path, status])).toEqual([
    ['revokeKey', `/keys/${id}`, 204],
    ['createKey', `/keys/${id}`, 201],
    ['signIn', '/session', 200],
  ]);
});

test('has an entry before its request is answered', async () => {
  for (let i = 0; i < 20; i++) {
    const answer = await send('/session', own.adminKey, { method: 'POST' });
    expect((await audit('?limit=1')).entries[0]?.requestId).toBe(answer.headers.get('x-request-id'));
  }
});

test('is read in pages or as NDJSON, each entry once, newest first', async () => {
  const requestIds: (string | null)[] = [];
  for (let i = 0; i < 25; i++)
    requestIds.unshift((await send('/session', own.adminKey, { method: 'POST' })).headers.get('x-request-id'));
  const paged: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await audit(`?limit=10${cursor === undefined ? '' : `&cursor=${cursor}`}`);
    paged.push(...page.entries.map(({ requestId }) => requestId));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  expect(paged).toEqual(requestIds);
  const exported = await send('/audit', own.adminKey, { accept: 'application/x-ndjson' });
  expect(exported.headers.get('content-type')).toContain('application/x-ndjson');
  const lines = (await exported.text()).trimEnd().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as AuditEntry).requestId)).toEqual(requestIds);
});

test('leaves out an entry that it cannot have written', async () => {
  await service.redis.xadd(keys.audit, '*', 'entry', '{"at":"now"}');
  await service.redis.xadd(keys.audit, '*', 'other', 'x');
  await send('/session', own.adminKey, { method: 'POST' });
  expect((await audit()).entries.map(({ operation }) => operation)).toEqual(['signIn']);
});
