/** Checks that openapi.yaml matches the contracts, and that the answers of the service match openapi.yaml. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { describeApi } from '../src/api/describe.js';
import { type Api, openApi } from './support/api.js';
import { startRedis, type TestRedis } from './support/redis.js';
import { openService, type Service } from './support/running-service.js';

const root = join(import.meta.dirname, '..');
const text = await readFile(join(root, 'openapi.yaml'), 'utf8');
const document = parse(text);

test('openapi.yaml matches the contracts (if not: npm run openapi)', async () => {
  expect(text === (await describeApi())).toBe(true);
});

test('redocly finds no error and no warning', async () => {
  const redocly = join(root, 'node_modules/.bin/redocly');
  const { stdout, stderr } = await promisify(execFile)(redocly, ['lint', 'openapi.yaml'], {
    cwd: root,
    env: { ...process.env, REDOCLY_TELEMETRY: 'off', NO_COLOR: '1' },
  });
  expect(stdout + stderr).toMatch(/Your API description is valid/);
  expect(stdout + stderr).not.toMatch(/You have \d+ warning/);
});

test('distinguishes frames by their type', () => {
  expect(document.components.schemas.Frame.discriminator.mapping).toEqual({
    status: '#/components/schemas/StatusFrame',
    change: '#/components/schemas/ChangeFrame',
    resume: '#/components/schemas/ResumeFrame',
    start: '#/components/schemas/StartFrame',
    step: '#/components/schemas/StepFrame',
    epoch: '#/components/schemas/EpochFrame',
    end: '#/components/schemas/EndFrame',
    gap: '#/components/schemas/GapFrame',
  });
});

type Operation = Readonly<{ responses: Readonly<Record<string, { content?: object }>> }>;

test('describes every error as a problem document, except in the inference protocols', () => {
  const others = Object.entries<Record<string, Operation>>(document.paths)
    .filter(([path]) => !/^\/v[12](\/|$)/.test(path))
    .flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, { responses }]) => ({ path, method, responses })),
    )
    .flatMap(({ path, method, responses }) =>
      Object.entries(responses)
        .filter(([status, { content = {} }]) => Number(status) >= 400 && !('application/problem+json' in content))
        .map(([status]) => `${status} of ${method} ${path}`),
    );
  expect(others).toEqual(['503 of get /readyz']);
});

describe('an answer matches openapi.yaml:', () => {
  let server: TestRedis;
  let service: Service;
  let api: Api;
  let id: string;
  const ajv = new Ajv2020({ strict: false, discriminator: false });
  addFormats.default(ajv);
  ajv.addSchema(document, 'openapi.yaml');

  beforeAll(async () => {
    server = await startRedis();
    service = await openService(server);
    api = await openApi(service);
    await service.work();
    ({ id } = await service.submit('succeeds'));
    await service.history(id);
  });
  afterAll(async () => {
    await api.close();
    await service.close();
    await server.close();
  });

  const pointerTo = (path: string, status: number, type: string): string =>
    ['paths', path, 'get', 'responses', String(status), 'content', type, 'schema']
      .map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1'))
      .map(encodeURIComponent)
      .join('/');

  test.each([
    ['/jobs', '/jobs', 200],
    ['/jobs/{id}', '/jobs/:id', 200],
    ['/jobs/{id}', '/jobs/nobody', 404],
    ['/jobs/{id}/metrics', '/jobs/:id/metrics', 200],
    ['/jobs/{id}/metrics', '/jobs/:id/metrics?after=x', 400],
    ['/networks', '/networks', 200],
    ['/networks/{name}/summary', '/networks/densenet/summary', 200],
    ['/datasets', '/datasets', 200],
    ['/models', '/models', 200],
    ['/models/{name}', '/models/nobody', 404],
    ['/livez', '/livez', 200],
    ['/readyz', '/readyz', 200],
  ])('%s for GET %s, %i', async (path, url, status) => {
    const response = await fetch(api.address + url.replace(':id', id));
    expect(response.status).toBe(status);
    const type = response.headers.get('content-type')?.split(';')[0] ?? '';
    const validate = ajv.getSchema(`openapi.yaml#/${pointerTo(path, status, type)}`);
    expect(validate).toBeDefined();
    validate?.(await response.json());
    expect(validate?.errors ?? null).toBeNull();
  });
});
