/** Checks docs/reference/settings.md against src/config.ts: names, defaults and ranges. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig, variables } from '../src/config.js';

const page = readFileSync(join(import.meta.dirname, '../docs/reference/settings.md'), 'utf8');
const [settings = '', others = ''] = page.split('## Variables of other programs');
const rows = [...settings.matchAll(/^\| `([A-Z_]+)` \| (?:`(.*?)`|–) \| .+? \| (.+?) \|/gm)].map(
  ([, name = '', value = '', range = '']) => ({ name, value, range }),
);
const ranges = rows.flatMap(({ name, range }) => {
  const [, low, high] = /^(\d+)–(\d+)$/.exec(range) ?? [];
  return low === undefined ? [] : [{ name, low: Number(low), high: Number(high) }];
});

test('lists every setting once, with its default', () => {
  const listed = rows.map(({ name, value }) => [name, value] as const);
  expect(new Map(listed)).toEqual(
    new Map(Object.entries(variables).map(([name, { default: value }]) => [name, value])),
  );
  expect(listed).toHaveLength(Object.keys(variables).length);
});

test('lists no setting as a variable of another program', () => {
  expect(Object.keys(variables).filter((name) => others.includes(`\`${name}\``))).toEqual([]);
});

test.each(ranges)('$name accepts $low to $high and nothing beyond', ({ name, low, high }) => {
  const load = (value: number) => () => loadConfig({ [name]: String(value) });
  for (const value of [low, high]) expect(load(value)).not.toThrow();
  for (const value of [low - 1, high + 1]) expect(load(value)).toThrow(name);
});

test('gives a range for every setting that is a number', () => {
  const numbers = Object.entries(variables).filter(([, { default: value }]) => /^\d+$/.test(value));
  expect(numbers.map(([name]) => name).filter((name) => !ranges.some((range) => range.name === name))).toEqual([]);
});
