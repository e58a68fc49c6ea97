/** Tables of aligned columns for the terminal. */
import { pad, printable, truncate, widthOf } from './text-width.js';

export type Column = Readonly<{
  title: string;
  align?: 'left' | 'right';
  /** The column that is shortened if the table is wider than the terminal. */
  shrinks?: boolean;
}>;

const GAP = '  ';
/** Minimum width of a column that is shortened. */
const MIN_WIDTH = 8;

/** Returns the lines of a table; the first is the header. `width` undefined: as wide as the content. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number | undefined,
): string[] {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => row.map(printableCell))];
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => widthOf(row[i] ?? ''))));
  if (width !== undefined) shrink(columns, widths, width);
  return cells.map((row) => rowLine(columns, widths, row));
}

// A cell may be styled: only its escape sequences for colours are kept.
const printableCell = (cell: string): string =>
  cell
    .split('\u001b[')
    .map((part) => printable(part).replaceAll('\n', ' ').replaceAll('\t', ' '))
    .join('\u001b[');

function shrink(columns: readonly Column[], widths: number[], width: number): void {
  const excess = widths.reduce((sum, each) => sum + each, GAP.length * (widths.length - 1)) - width;
  const index = columns.findIndex(({ shrinks }) => shrinks === true);
  const found = widths[index];
  if (excess > 0 && found !== undefined) widths[index] = Math.max(Math.min(MIN_WIDTH, found), found - excess);
}

function rowLine(columns: readonly Column[], widths: readonly number[], row: readonly string[]): string {
  const cells = columns.map(({ align }, i) => pad(truncate(row[i] ?? '', widths[i] ?? 0), widths[i] ?? 0, align));
  return cells.join(GAP).trimEnd();
}

/** Returns lines of `name   value`, the names aligned. Skips undefined values. */
export function factLines(
  facts: readonly (readonly [name: string, value: string | undefined])[],
  indent = '',
): string[] {
  const known = facts.filter((fact): fact is [string, string] => fact[1] !== undefined);
  const width = Math.max(0, ...known.map(([name]) => widthOf(name)));
  return known.map(([name, value]) => `${indent}${pad(name, width)}   ${printableCell(value)}`);
}
