/** Output of the benches: the machine, tables, and verdicts on targets. */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';

/** Smallest or largest value that reaches the target. */
export type Target = Readonly<{ atLeast: number } | { atMost: number }>;

export type Machine = Readonly<{
  processor: string;
  cores: number;
  /** Whether the CPU has AMX instructions for bfloat16 matrices. */
  amx: boolean;
  /** Share of the CPU time that other programs used before the bench began, 0–1. */
  busy: number;
}>;

/** Observes the machine for two seconds. Call this before anything is measured. */
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

/** Returns milliseconds of all cores together since the machine started. */
function cpuTimes(): { idle: number; all: number } {
  const times = cpus().map((cpu) => cpu.times);
  const sum = (numbers: readonly number[]) => numbers.reduce((total, value) => total + value, 0);
  return { idle: sum(times.map(({ idle }) => idle)), all: sum(times.flatMap((each) => Object.values(each))) };
}

function hasAmx(): boolean {
  try {
    return /^flags\s*:.*\bamx_bf16\b/m.test(readFileSync('/proc/cpuinfo', 'utf8'));
  } catch {
    return false; // macOS has no such file, and Apple's processors have no AMX
  }
}

/** An idle machine may be this busy, as a share of its CPU time. */
const QUIET = 0.1;

/** Prints the first lines of every comparison, with a warning if the machine was busy. */
export function printMachine({ processor, cores, busy }: Machine, versions: string): void {
  console.log(`\n${processor}, ${cores} cores; Node ${process.version}, ${versions}`);
  if (busy <= QUIET) return;
  console.log(
    `Other programs used ${(busy * 100).toFixed(0)} % of the CPU when the bench began: the figures are not reliable.`,
  );
}

/** Returns a figure with its target, for the JSON output. */
export function judge(value: number, target: Target): Readonly<{ value: number; target: Target; reached: boolean }> {
  return { value, target, reached: 'atLeast' in target ? value >= target.atLeast : value <= target.atMost };
}

/** Returns two table cells: the target, and `reached` or `missed`, or `for information` if the target does not count here. */
export function verdict(value: number, target: Target, counts = true): [target: string, verdict: string] {
  const shown = 'atLeast' in target ? `≥ ${target.atLeast.toFixed(2)}` : `≤ ${target.atMost.toFixed(2)}`;
  if (!counts) return [shown, 'for information'];
  return [shown, judge(value, target).reached ? 'reached' : 'missed'];
}

/** Prints a table: the first column aligned left, the others right. */
export function printTable(header: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ');
  console.log([line(header), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n'));
}
