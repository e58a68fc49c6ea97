/** Checks docs/reference/api.md against openapi.yaml: the page names every operation but those of the inference protocols. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const read = (file: string): string => readFileSync(join(import.meta.dirname, '..', file), 'utf8');
const METHODS = ['get', 'put', 'post', 'patch', 'delete'];
const contract = parse(read('openapi.yaml')) as { paths: Record<string, Record<string, unknown>> };
const operations = Object.entries(contract.paths)
  .filter(([path]) => !/^\/v[12](\/|$)/.test(path))
  .flatMap(([path, methods]) => METHODS.filter((method) => method in methods).map((method) => [method, path] as const));
/** Calls on the page, such as `GET /jobs`. `WS` is a GET that upgrades to a WebSocket. */
const calls = [...read('docs/reference/api.md').matchAll(/`(GET|PUT|POST|PATCH|DELETE|WS) (\/[^`?]*)[^`]*`/g)].map(
  ([, method = '', path = '']) => `${method === 'WS' ? 'get' : method.toLowerCase()} ${path}`,
);

test.each(operations)('lists %s %s', (method, path) => {
  expect(calls).toContain(`${method} ${path}`);
});

test('lists no call that openapi.yaml lacks', () => {
  const known = Object.entries(contract.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  const pages = ['get /docs', 'get /openapi.yaml'];
  expect(calls.filter((call) => ![...known, ...pages].includes(call))).toEqual([]);
});
