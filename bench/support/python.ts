/** Python environments with what a requirements file asks for: each made once, in the clone's .cache, by the machine's own pip. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CACHE = fileURLToPath(new URL('../../.cache', import.meta.url));

/**
 * Path of a Python that has what the file `requirements` asks for, in .cache/<name>; the first call installs it, which takes
 * minutes. The requirements that are installed are written last: an environment without them was interrupted.
 */
export async function pythonWith(name: string, requirements: string): Promise<string> {
  const folder = join(CACHE, name);
  const stamp = join(folder, basename(requirements));
  const python = join(folder, 'bin', 'python');
  const wanted = readFileSync(requirements, 'utf8');
  const installed = existsSync(stamp) ? readFileSync(stamp, 'utf8') : undefined;
  if (installed === wanted) return python;
  console.error(`Installing ${wanted.trim().split('\n').join(', ')} into .cache/${name} …`);
  if (installed === undefined) await createEnvironment(folder);
  await rm(stamp, { force: true });
  await runProgram(
    python,
    ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements],
    `pip could not install ${requirements}: see its message above, and the index and proxy that it is configured with.`,
  );
  await writeFile(stamp, wanted);
  return python;
}

/** An empty environment, in place of one whose making was interrupted. */
async function createEnvironment(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await runProgram(
    'python3',
    ['-m', 'venv', folder],
    'Python 3 with venv is missing: install it with `sudo apt-get install python3-venv`.',
  );
}

/** Settings of numpy's linear algebra are not for what is measured here, and no byte code is left in the clone. */
export function pythonSettings(): NodeJS.ProcessEnv {
  const { OPENBLAS_CORETYPE: _, OPENBLAS_L2_SIZE: __, ...env } = process.env;
  return { ...env, PYTHONDONTWRITEBYTECODE: '1' };
}

/** Runs a program with output to ours; throws the sentence `failure` where it does not end with 0. */
export async function runProgram(
  file: string,
  args: readonly string[],
  failure: string,
  env: NodeJS.ProcessEnv = pythonSettings(),
): Promise<void> {
  const child = spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit'], env });
  const ended = once(child, 'close').catch((cause: unknown) => Promise.reject(new Error(failure, { cause })));
  const [code] = await ended;
  if (code !== 0) throw new Error(failure);
}
