/** What a bench prints: the machine, tables, and whether a target is reached. */
import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';

/** The smallest or the largest value that is good enough. */
export type Target = Readonly<{ atLeast: number } | { atMost: number }>;

export type Machine = Readonly<{
  processor: string;
  cores: number;
  /** Whether the CPU multiplies bfloat16 matrices in tiles of its own. */
  amx: boolean;
  /** Processes that wanted to run in the last minute: what else the machine was doing, if asked before the bench begins. */
  load: number;
}>;

export function describeMachine(): Machine {
  const [first] = cpus();
  return {
    processor: first?.model.trim() ?? 'unknown processor',
    cores: cpus().length,
    amx: hasAmx(),
    load: loadavg()[0] ?? 0,
  };
}

function hasAmx(): boolean {
  try {
    return /^flags\s*:.*\bamx_bf16\b/m.test(readFileSync('/proc/cpuinfo', 'utf8'));
  } catch {
    return false; // there is no such file outside Linux, and no AMX on Apple's processors
  }
}

/** A load above this share of the cores is other work. */
const QUIET = 0.5;

/** The first lines of every comparison. */
export function printMachine({ processor, cores, load }: Machine, versions: string): void {
  console.log(`\n${processor}, ${cores} cores; Node ${process.version}, ${versions}`);
  if (load <= QUIET * cores) return;
  console.log(`The machine was not quiet when this began (load ${load.toFixed(1)}): the figures mean nothing.`);
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
