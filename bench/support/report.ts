/** What a bench prints: the machine, tables, and whether a target is reached. */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';

/** The smallest or the largest value that is good enough. */
export type Target = Readonly<{ atLeast: number } | { atMost: number }>;

export type Machine = Readonly<{
  processor: string;
  cores: number;
  /** Whether the CPU multiplies bfloat16 matrices in tiles of its own. */
  amx: boolean;
  /** Share of the cores that other work took, 0 to 1, before the bench began. */
  busy: number;
}>;

/** Watches the machine for two seconds: to be called before anything is measured. */
export async function describeMachine(): Promise<Machine> {
  const before = cpuTimes();
  await wait(2000);
  const after = cpuTimes();
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown processor',
    cores: cpus().length,
    amx: hasAmx(),
    busy: 1 - (after.idle - before.idle) / (after.all - before.all),
  };
}

/** Milliseconds of all cores together since the machine started. */
function cpuTimes(): { idle: number; all: number } {
  const times = cpus().map((cpu) => cpu.times);
  const sum = (numbers: readonly number[]) => numbers.reduce((total, value) => total + value, 0);
  return { idle: sum(times.map(({ idle }) => idle)), all: sum(times.flatMap((each) => Object.values(each))) };
}

function hasAmx(): boolean {
  try {
    return /^flags\s*:.*\bamx_bf16\b/m.test(readFileSync('/proc/cpuinfo', 'utf8'));
  } catch {
    return false; // there is no such file outside Linux, and no AMX on Apple's processors
  }
}

/** Other work that takes less of the cores is what an idle machine does anyway. */
const QUIET = 0.1;

/** The first lines of every comparison. */
export function printMachine({ processor, cores, busy }: Machine, versions: string): void {
  console.log(`\n${processor}, ${cores} cores; Node ${process.version}, ${versions}`);
  if (busy <= QUIET) return;
  console.log(`Other work took ${(busy * 100).toFixed(0)} % of the cores when this began: the figures mean nothing.`);
}

/** The figure's share of a JSON result. */
export function judge(value: number, target: Target): Readonly<{ value: number; target: Target; reached: boolean }> {
  return { value, target, reached: 'atLeast' in target ? value >= target.atLeast : value <= target.atMost };
}

/** Two cells of a table: the target, and `reached` or `missed`; a target that does not count here is only shown. */
export function verdict(value: number, target: Target, counts = true): [target: string, verdict: string] {
  const shown = 'atLeast' in target ? `≥ ${target.atLeast.toFixed(2)}` : `≤ ${target.atMost.toFixed(2)}`;
  if (!counts) return [shown, 'for information'];
  return [shown, judge(value, target).reached ? 'reached' : 'missed'];
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
