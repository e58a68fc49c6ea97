/** The options that every comparison takes, for `parseArgs`, and how their texts are read. */
import type { Precision } from './workloads.js';

/**
 * --rounds N (5): interleaved rounds. --only NAME: workloads whose name contains it. --steps N: timed steps of a measurement,
 * for trying a bench out. --json: one line of JSON at the end.
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

/** A whole number from 1; `name` is the option it was given by. */
export function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  return refuse(`--${name} takes a whole number from 1, not "${text}".`);
}

/** The workloads whose name contains `only`, in any case. */
export function choose<Workload extends Readonly<{ name: string }>>(
  workloads: readonly Workload[],
  only: string,
): readonly Workload[] {
  const chosen = workloads.filter(({ name }) => name.toLowerCase().includes(only.toLowerCase()));
  if (chosen.length > 0) return chosen;
  return refuse(`--only "${only}" is part of none of: ${workloads.map(({ name }) => name).join('; ')}.`);
}

/** Those of `names` that a list with commas has, in their own order. */
export function chooseNames<Name extends string>(option: string, text: string, names: readonly Name[]): Name[] {
  const asked = text.split(',').map((name) => name.trim());
  const chosen = names.filter((name) => asked.includes(name));
  if (chosen.length > 0 && chosen.length === new Set(asked).size) return chosen;
  return refuse(`--${option} takes some of ${names.join(',')}, not "${text}".`);
}

/** How often a measurement repeats its step: as the workload says, or by --steps, then with no more to warm up. */
export function repetitions(
  { warmUp, steps }: Readonly<{ warmUp: number; steps: number }>,
  option: string | undefined,
): { warmUp: number; steps: number } {
  if (option === undefined) return { warmUp, steps };
  const given = wholeNumber('steps', option);
  return { warmUp: Math.min(warmUp, given), steps: given };
}

/** Ends the process with a sentence about what was asked for. */
function refuse(sentence: string): never {
  console.error(sentence);
  process.exit(2);
}
