/** Tables, bars, curves and numbers of the command's output. */
import { describe, expect, it } from 'vitest';
import { differences } from '../../src/cli/flatten.js';
import { curveLines } from '../../src/cli/output/curve.js';
import { bytesText, lossText } from '../../src/cli/output/numbers-text.js';
import { bar } from '../../src/cli/output/progress.js';
import { sparkline } from '../../src/cli/output/sparkline.js';
import { factLines, tableLines } from '../../src/cli/output/table.js';
import { pad, printable, truncate, widthOf, wrapText } from '../../src/cli/output/text-width.js';

describe('text', () => {
  it('is measured in columns of the terminal', () => {
    expect(widthOf('\u001b[31mrot\u001b[39m')).toBe(3);
    expect(widthOf('靴子')).toBe(4);
    expect(widthOf('e\u0301')).toBe(1);
    expect(pad('靴', 4)).toBe('靴  ');
  });

  it('is shortened to a width', () => {
    expect(truncate('ankle boot', 6)).toBe('ankle…');
    expect(truncate('boot', 4)).toBe('boot');
    expect(widthOf(truncate('靴子靴子', 5))).toBeLessThanOrEqual(5);
    expect(truncate('boot', 0)).toBe('');
  });

  it('is wrapped between words, below its value or its first word', () => {
    expect(wrapText('one two three four', 9)).toBe('one two\nthree\nfour');
    expect(wrapText('  one two three', 9)).toBe('  one two\n  three');
    expect(wrapText('name   one two three four', 16)).toBe('name   one two\n       three\n       four');
    expect(wrapText('first line\nsecond line is long', 12)).toBe('first line\nsecond line\nis long');
    expect(wrapText('\u001b[2mone two three\u001b[22m', 9)).toBe('\u001b[2mone two\nthree\u001b[22m');
  });

  it('is not broken within words, commands, and rows of tables', () => {
    expect(wrapText('see /a/very/long/path.png here', 10)).toBe('see\n/a/very/long/path.png\nhere');
    expect(wrapText('Run `trainyard jobs ls` now.', 20)).toBe('Run\n`trainyard jobs ls`\nnow.');
    for (const line of ['1a2b  boots  10.0 %  now', 'predict   trainyard predict <image> --model boots@1'])
      expect(wrapText(line, 20)).toBe(line);
  });

  it('loses the control characters that would steer a terminal', () => {
    expect(printable('a\u001b]0;title\u0007b\u009bc')).toBe('a]0;titlebc');
  });
});

describe('a table', () => {
  const columns = [{ title: 'id' }, { title: 'model', shrinks: true }, { title: 'n', align: 'right' }] as const;

  it('aligns its columns', () => {
    expect(
      tableLines(
        columns,
        [
          ['1', 'boots', '10'],
          ['22', 'a', '9'],
        ],
        undefined,
      ),
    ).toEqual(['id  model   n', '1   boots  10', '22  a       9']);
  });

  it('shortens one column to fit the terminal', () => {
    const lines = tableLines(columns, [['1', 'a'.repeat(60), '10']], 40);
    expect(Math.max(...lines.map(widthOf))).toBe(40);
    expect(lines[1]).toContain('…');
  });

  it('skips facts that are unknown', () => {
    expect(
      factLines([
        ['a', '1'],
        ['bcd', undefined],
        ['ef', '2'],
      ]),
    ).toEqual(['a    1', 'ef   2']);
  });
});

describe('a bar', () => {
  it.each([
    [0, '░░░░'],
    [0.5, '██░░'],
    [0.5625, '██▎░'],
    [1, '████'],
    [2, '████'],
  ])('of %f has its width', (share, expected) => {
    expect(bar(share, 4)).toBe(expected);
  });
});

describe('a sparkline', () => {
  it('scales from the minimum to the maximum', () => {
    expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8)).toBe('▁▂▃▄▅▆▇█');
    expect(sparkline([2, 2], 8)).toBe('▁▁');
    expect(sparkline([], 8)).toBe('');
  });

  it('merges neighbours to fit, and skips what is not finite', () => {
    expect(
      widthOf(
        sparkline(
          Array.from({ length: 1000 }, (_, i) => i),
          20,
        ),
      ),
    ).toBe(20);
    expect(sparkline([1, Number.NaN, 2], 8)).toBe('▁█');
  });
});

describe('a curve', () => {
  it('fills its box and names maximum and minimum', () => {
    const lines = curveLines([3, 2, 1], 30, 5);
    expect(lines).toHaveLength(5);
    expect(lines.map(widthOf)).toEqual([30, 30, 30, 30, 30]);
    expect(lines[0]).toMatch(/^ +3\.00 │/);
    expect(lines[4]).toMatch(/^ +1\.00 │/);
  });

  it('says that there are no values yet', () => {
    expect(curveLines([], 30, 2)).toEqual(['no values yet', '']);
  });
});

describe('a number', () => {
  it('has a unit', () => {
    expect([0, 999, 6_300, 312_000_000, 1.2e9].map(bytesText)).toEqual(['0 B', '999 B', '6.3 kB', '312 MB', '1.2 GB']);
    expect([0.5, null, undefined, 12_345].map(lossText)).toEqual(['0.500', 'NaN', '', '1.2e+4']);
  });
});

it('compares two objects field by field', () => {
  expect(differences({ a: 1, b: { c: 'x', d: [1] } }, { a: 1, b: { c: 'y' }, e: null })).toEqual([
    { field: 'b.c', values: ['x', 'y'] },
    { field: 'b.d', values: ['[1]', null] },
    { field: 'e', values: [null, 'null'] },
  ]);
});
