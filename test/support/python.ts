/** Python programs that tests run, with the packages of a requirements.txt. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { pythonSettings, pythonWith } from '../../bench/support/python.js';

const run = promisify(execFile);
const TESTS = join(import.meta.dirname, '..');
const REQUIREMENTS = 'requirements.txt';

/** Runs a script and parses the JSON that it prints. */
export async function runPython<Answer>(script: string, args: readonly string[]): Promise<Answer> {
  const python = await pythonOf(dirname(script));
  const { stdout } = await run(python, [script, ...args], { env: pythonSettings(), maxBuffer: 2 ** 26 });
  return JSON.parse(stdout) as Answer;
}

/**
 * Returns the path of a Python with the packages of a folder's requirements.txt; without such a file, with those that the tests of
 * `npm test` share. The first call installs them.
 */
export function pythonOf(folder: string): Promise<string> {
  const own = join(folder, REQUIREMENTS);
  return existsSync(own) ? pythonWith(basename(folder), own) : pythonWith('tests', join(TESTS, REQUIREMENTS));
}
