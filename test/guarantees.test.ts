/** Checks docs/reference/guarantees.md: every guarantee names its tests, and every test that it names exists. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const page = readFileSync(join(root, 'docs/reference/guarantees.md'), 'utf8');

/** The sections of the page: each begins with a numbered heading, as in `## 1. An accepted job is not lost`. */
const guarantees = page
  .split(/^(?=## )/m)
  .slice(1)
  .map((section) => ({ heading: section.split('\n', 1)[0] ?? '', section }));

/** A line such as "- `test/store/labels.test.ts`: is deleted or labelled". */
const rows = guarantees.flatMap(({ heading, section }) =>
  [...section.matchAll(/^- `(test\/[^`]+\.test\.ts)`: (.+)$/gm)].map(([, file = '', title = '']) => ({
    heading,
    file,
    title,
  })),
);

test('numbers at least 32 guarantees from 1, without a gap', () => {
  expect(guarantees.length).toBeGreaterThanOrEqual(32);
  const numbers = guarantees.map(({ heading }) => Number(/^## (\d+)\. \S/.exec(heading)?.[1]));
  expect(numbers).toEqual(guarantees.map((_, index) => index + 1));
});

test.each(guarantees)('$heading: states its limits and names a test', ({ heading, section }) => {
  expect(section).toContain('\n**Limits.**');
  expect(section).toContain('\n**Proven by**\n');
  expect(rows.map((row) => row.heading)).toContain(heading);
});

test.each(rows)('$heading: $file has the test "$title"', ({ file, title }) => {
  expect(readFileSync(join(root, file), 'utf8')).toContain(`'${title}'`);
});
