/** The table of docs/reference/guarantees.md: every guarantee names tests, and every test that it names exists. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const page = readFileSync(join(root, 'docs/reference/guarantees.md'), 'utf8');
const rows = [...page.matchAll(/^\| (\d+) \| `(test\/[^`]+\.test\.ts)` \| (.+) \|$/gm)].map(
  ([, number = '', file = '', title = '']) => ({ number, file, title }),
);

test('every guarantee has a test', () => {
  const guarantees = [...page.matchAll(/^(\d+)\. \*\*/gm)].map(([, number]) => number);
  expect(guarantees.length).toBeGreaterThanOrEqual(29);
  expect([...new Set(rows.map(({ number }) => number))]).toEqual(guarantees);
});

test.each(rows)('guarantee $number: $file has the test "$title"', ({ file, title }) => {
  expect(readFileSync(join(root, file), 'utf8')).toContain(`'${title}'`);
});
