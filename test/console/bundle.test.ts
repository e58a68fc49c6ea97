/** Size of the built console, and what it contains. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';

const built = join(import.meta.dirname, '../../dist/console');
const assets = join(built, 'assets');
const sizeOf = (name: string): number => gzipSync(readFileSync(join(assets, name))).length;
const textOf = (name: string): string => readFileSync(join(assets, name), 'utf8');

/** Budget of all JavaScript of the first page, in bytes after gzip. */
const BUDGET = 120_000;

/** Returns a script and all scripts that it imports statically. */
function withImports(name: string, found = new Set<string>()): Set<string> {
  if (found.has(name)) return found;
  found.add(name);
  for (const [, imported = ''] of textOf(name).matchAll(/(?:from|import)"\.\/([^"]+\.js)"/g))
    withImports(imported, found);
  return found;
}

/** The scripts that the first page needs. */
function firstPage(): string[] {
  const [, entry = ''] = /src="\.\/assets\/([^"]+)"/.exec(readFileSync(join(built, 'index.html'), 'utf8')) ?? [];
  const home = readdirSync(assets).find((name) => /^home-page-.*\.js$/.test(name)) ?? '';
  return [...withImports(home, withImports(entry))];
}

it('sends at most 120 kB of JavaScript for the first page', () => {
  const scripts = firstPage();
  const bytes = scripts.reduce((sum, name) => sum + sizeOf(name), 0);
  expect(bytes).toBeGreaterThan(10_000);
  expect(bytes, scripts.join(' ')).toBeLessThan(BUDGET);
});

it('has a compressed copy of every larger text file', () => {
  const names = readdirSync(assets);
  const large = names.filter((name) => /\.(js|css|svg)$/.test(name) && textOf(name).length >= 1_000);
  expect(large.length).toBeGreaterThan(2);
  expect(large.filter((name) => !names.includes(`${name}.br`) || !names.includes(`${name}.gz`))).toEqual([]);
});

it('names no other host on its first page', () => {
  const hosts = firstPage().flatMap((name) =>
    [...textOf(name).matchAll(/https?:\/\/([\w.-]+\.\w+)/g)].map(([, host]) => host),
  );
  // Names of XML, the default address of the client, and examples. The policy of the page forbids all other requests anyway.
  expect(hosts.filter((host) => !/^(www\.w3\.org|127\.0\.0\.1|.*example\.com)$/.test(host ?? ''))).toEqual([]);
});
