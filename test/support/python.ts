/** Python programs that tests run, with the packages of the requirements.txt in the same folder. */
import { execFile } from 'node:child_process';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { pythonSettings, pythonWith } from '../../bench/support/python.js';

const run = promisify(execFile);

/** Runs a script and parses the JSON that it prints. */
export async function runPython<Answer>(script: string, args: readonly string[]): Promise<Answer> {
  const python = await pythonOf(dirname(script));
  const { stdout } = await run(python, [script, ...args], { env: pythonSettings(), maxBuffer: 2 ** 26 });
  return JSON.parse(stdout) as Answer;
}

/** Returns the path of a Python with the packages of a folder's requirements.txt. The first call installs them. */
export const pythonOf = (folder: string): Promise<string> =>
  pythonWith(basename(folder), join(folder, 'requirements.txt'));
