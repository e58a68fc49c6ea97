/** Scopes of routes: every operation of openapi.yaml, tried over HTTP by every role and by nobody. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fastify } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type Identify, requireScopes } from '../../../src/api/access/route-scopes.js';
import { ANYONE } from '../../../src/contracts/access/identity.js';
import { ROLES, type Role, SCOPES_OF_ROLE } from '../../../src/contracts/access/roles.js';
import { TrainyardError } from '../../../src/errors/errors.js';
import { type Api, openApi, refusedUpgrade } from '../../support/api.js';
import { openServiceForFile } from '../../support/service-for-file.js';

/** Operations that need no identity. */
const PUBLIC = [
  'getLiveness',
  'getReadiness',
  'getIndex',
  'getV2Live',
  'getV2Ready',
  'getSession',
  'signIn',
  'signOut',
];
/** Operations that a viewer may not call, by the first role that may. A viewer may call all others. */
const FIRST_ROLE: Partial<Record<Role, readonly string[]>> = {
  trainer: [
    ...['submitJob', 'planJob', 'changeJob', 'cancelJob', 'pauseJob', 'resumeJob', 'moveJob'],
    ...['importModel', 'evaluateModel', 'deleteDatasetEvaluation', 'importDataset', 'cancelImport'],
  ],
  admin: ['createProject', 'createKey', 'listKeys', 'revokeKey', 'listAudit'],
  deployer: [
    ...['deleteModel', 'deleteModelVersion', 'moveLabel', 'removeLabel', 'rollbackLabel', 'removeDataset'],
    ...['removeCheckpoints', 'removeEventFiles', 'loadV2Model', 'unloadV2Model'],
  ],
};
const JOB = '00000000-0000-4000-8000-000000000000';

const { paths } = parse(readFileSync(join(import.meta.dirname, '../../../openapi.yaml'), 'utf8')) as {
  paths: Record<string, Record<string, { operationId: string }>>;
};
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, { operationId }]) => ({
    operationId,
    method: method.toUpperCase(),
    url: path.replaceAll('{id}', JOB).replaceAll(/\{\w+\}/g, '1'),
  })),
);

/** Takes the role from the bearer token: these tests are about scopes, not about keys. */
const identify: Identify = ({ headers }) => {
  const role = ROLES.find((name) => headers.authorization === `Bearer ${name}`);
  if (role === undefined) throw new TrainyardError('unauthorized', 'Send the header Authorization.');
  return { ...ANYONE, kind: 'key', id: role, name: role, role, scopes: SCOPES_OF_ROLE[role] };
};

const { service } = await openServiceForFile();
let api: Api;
beforeAll(async () => {
  api = await openApi(service, { identify });
});
afterAll(() => api.close());

async function send(method: string, url: string, role?: Role): Promise<{ status: number; text: string }> {
  const json = ['GET', 'HEAD', 'DELETE'].includes(method) ? {} : { 'content-type': 'application/json' };
  const response = await fetch(`${api.address}${url}`, {
    method,
    headers: { ...json, ...(role && { authorization: `Bearer ${role}` }) },
    ...('content-type' in json && { body: '{}' }),
  });
  return { status: response.status, text: await response.text() };
}

const firstRole = (operationId: string): Role =>
  ROLES.find((role) => FIRST_ROLE[role]?.includes(operationId)) ?? 'viewer';

test.each(operations)('lets exactly the right roles call $operationId', async ({ operationId, method, url }) => {
  const least = ROLES.indexOf(firstRole(operationId));
  for (const [index, role] of ROLES.entries()) {
    const { status, text } = await send(method, url, role);
    if (PUBLIC.includes(operationId) || index >= least) expect([401, 403], `${role}: ${text}`).not.toContain(status);
    else expect({ role, status }).toEqual({ role, status: 403 });
  }
  const { status } = await send(method, url);
  if (PUBLIC.includes(operationId)) expect(status).not.toBe(401);
  else expect(status).toBe(401);
});

test('the table names operations that exist', () => {
  const known = operations.map(({ operationId }) => operationId);
  const named = [...PUBLIC, ...Object.values(FIRST_ROLE).flat()];
  expect(named.filter((name) => !known.includes(name))).toEqual([]);
});

test('names the missing scope and a role that has it', async () => {
  const { status, text } = await send('POST', '/jobs', 'viewer');
  expect({ status, problem: JSON.parse(text) }).toMatchObject({
    status: 403,
    problem: {
      code: 'forbidden',
      detail: 'This request needs the scope jobs:write, which "viewer" does not have. The role trainer has it.',
    },
  });
});

test('lets a deployer, but no trainer, delete an ended job', async () => {
  const url = `/jobs/${JOB}?purge=true`;
  expect((await send('DELETE', url, 'trainer')).text).toContain('jobs:delete');
  expect((await send('DELETE', url, 'deployer')).status).toBe(404);
});

test.each(['/metrics', `/jobs/${JOB}/metrics`])('refuses a WebSocket of nobody at %s', async (url) => {
  expect(await refusedUpgrade(`${api.socketAddress}${url}`)).toMatchObject({ status: 401 });
});

test('refuses HEAD like GET', async () => {
  expect((await send('HEAD', '/jobs')).status).toBe(401);
});

test.each(['/ui/', '/docs/', '/openapi.yaml', '/nothing/here'])('asks nobody at %s for an identity', async (url) => {
  expect([401, 403]).not.toContain((await send('GET', url)).status);
});

test('gives everybody all scopes without authentication', async () => {
  const open = await openApi(service);
  try {
    for (const { method, url } of operations) {
      const { status } = await fetch(`${open.address}${url}`, { method });
      expect([401, 403], url).not.toContain(status);
    }
  } finally {
    await open.close();
  }
});

test('does not start with a route that states no scope', () => {
  const app = fastify();
  const scopes = requireScopes(app);
  app.get('/stated', { config: { scope: 'predict' } }, async () => 'stated');
  app.get('/forgotten', async () => 'forgotten');
  expect(() => scopes.check()).toThrow('Missing: GET /forgotten, HEAD /forgotten.');
});
