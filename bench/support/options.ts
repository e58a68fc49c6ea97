/** Command line options of the benches, and functions that parse their values. */
import type { Precision } from './workloads.js';

/**
 * Options of every comparison, for `parseArgs`. `--rounds N` (default 5): interleaved rounds. `--only NAME`: workloads whose name
 * contains NAME. `--steps N`: timed steps per measurement, for a quick try. `--json`: prints one line of JSON at the end.
 */
export const comparisonOptions = {
  rounds: { type: 'string', default: '5' },
  only: { type: 'string', default: '' },
  steps: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

export type Device = 'cpu' | 'cuda';

export function chooseDevice(text: string): Device {
  if (text === 'cpu' || text === 'cuda') return text;
  return refuse(`--device takes cpu or cuda, not "${text}".`);
}

export function choosePrecision(text: string): Precision {
  if (text === 'float32' || text === 'bfloat16') return text;
  return refuse(`--precision takes float32 or bfloat16, not "${text}".`);
}

/** Parses a whole number from 1. `name` is the name of the option. Exits with code 2 on anything else. */
export function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  return refuse(`--${name} takes a whole number from 1, not "${text}".`);
}

/** Returns the workloads whose name contains `only`, ignoring case. Exits with code 2 if there is none. */
export function choose<Workload extends Readonly<{ name: string }>>(
  workloads: readonly Workload[],
  only: string,
): readonly Workload[] {
  const chosen = workloads.filter(({ name }) => name.toLowerCase().includes(only.toLowerCase()));
  if (chosen.length > 0) return chosen;
  return refuse(
    `--only "${only}" matches no workload. The workloads are: ${workloads.map(({ name }) => name).join('; ')}.`,
  );
}

/** Parses a comma-separated list of `names`. Returns them in the order of `names`. Exits with code 2 on an unknown name. */
export function chooseNames<Name extends string>(option: string, text: string, names: readonly Name[]): Name[] {
  const given = text.split(',').map((name) => name.trim());
  const chosen = names.filter((name) => given.includes(name));
  if (chosen.length > 0 && chosen.length === new Set(given).size) return chosen;
  return refuse(`--${option} takes one or more of ${names.join(',')}, not "${text}".`);
}

/** Returns how often a measurement repeats its step: as the workload says, or as `--steps` says, with at most as many warm-up steps. */
export function repetitions(
  { warmUp, steps }: Readonly<{ warmUp: number; steps: number }>,
  option: string | undefined,
): { warmUp: number; steps: number } {
  if (option === undefined) return { warmUp, steps };
  const given = wholeNumber('steps', option);
  return { warmUp: Math.min(warmUp, given), steps: given };
}

/** Prints the sentence and exits with code 2. */
function refuse(sentence: string): never {
  console.error(sentence);
  process.exit(2);
}
