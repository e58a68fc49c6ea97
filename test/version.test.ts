/** Checks that every place with a version of trainyard or of Node.js agrees with package.json. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { API_VERSION } from '../src/api/version.js';

const read = (file: string): string => readFileSync(join(import.meta.dirname, '..', file), 'utf8');
const { version, engines } = JSON.parse(read('package.json')) as { version: string; engines: { node: string } };

test('the API, the lock file, openapi.yaml and the changelog have the version of package.json', () => {
  const lock = JSON.parse(read('package-lock.json')) as { version: string; packages: { '': { version: string } } };
  const [, released] = /^## (\d+\.\d+\.\d+) /m.exec(read('CHANGELOG.md')) ?? [];
  const described = (parse(read('openapi.yaml')) as { info: { version: string } }).info.version;
  expect([API_VERSION, lock.version, lock.packages[''].version, described, released]).toEqual(Array(5).fill(version));
});

test('CI and .nvmrc use the oldest and the newest Node.js that package.json allows', () => {
  const [, oldest = '', above = ''] = /^>=(\d+\.\d+) <(\d+)$/.exec(engines.node) ?? [];
  const workflow = parse(read('.github/workflows/check.yml')) as {
    jobs: { check: { strategy: { matrix: { node: string[] } } } };
  };
  const { node } = workflow.jobs.check.strategy.matrix;
  expect([node.at(0), node.at(-1)]).toEqual([oldest, String(Number(above) - 1)]);
  expect(read('.nvmrc').trim()).toBe(oldest);
});
