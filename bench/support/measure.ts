/** Measurements in child processes. The last line of a process's output is its result in JSON. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '../../src/config.js';
import { TRAINER_FLAGS } from '../../src/processes/trainer-process.js';
import { startReference } from '../reference/environment.js';

/** Result of a measurement of repeated steps. */
export type Timed = Readonly<{ stepSeconds: readonly number[]; peakBytes: number; version: string }>;

/** Runs a script of this folder with `argument` as JSON. The trainer gets the Node.js flags that the service gives it. */
export function measureInNode<Result>(
  script: string,
  argument: object,
  environment: NodeJS.ProcessEnv = {},
): Promise<Result> {
  const flags = script === 'trainer.js' ? TRAINER_FLAGS : [];
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, [...flags, path, JSON.stringify(argument)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: childEnvironment(environment),
  });
  return resultOf(script, child);
}

/** Runs a script of bench/reference/ with these command line options. */
export function measureInPython<Result>(
  python: string,
  script: string,
  options: Readonly<Record<string, string | number>>,
): Promise<Result> {
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  return resultOf(script, startReference(python, script, args));
}

async function resultOf<Result>(script: string, child: ChildProcess): Promise<Result> {
  const [output, [code]] = await Promise.all([child.stdout ? text(child.stdout) : '', once(child, 'close')]);
  if (code !== 0) throw new Error(`${script} ended with code ${code}: see its message above.`);
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as Result;
}
