/** Load on the service from a process of its own, so that the clients' work is not the service's. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { LoadRequest, LoadResult } from './client.js';

/** Runs one load to its end. */
export async function load(request: LoadRequest): Promise<LoadResult> {
  const child = fork(new URL('./client.ts', import.meta.url), { serialization: 'advanced' });
  child.send(request);
  const [result] = (await once(child, 'message')) as [LoadResult];
  await once(child, 'exit');
  if (result.failed > 0)
    throw new Error(`${result.failed} requests were not answered with 200: ${result.firstFailure}`);
  return result;
}

/** The value below which this share of the numbers lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Rows as a table, the first column to the left and numbers to the right. */
export function printTable(header: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ');
  console.log([line(header), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n'));
}
