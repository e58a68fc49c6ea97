/** Python environments for requirements files: made once by the machine's pip, in the `.cache` folder of the clone. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from '../../scripts/setup/lock.js';

const CACHE = fileURLToPath(new URL('../../.cache', import.meta.url));

/**
 * Returns the path of a Python with the packages of the file `requirements`, in `.cache/<name>`. The first call installs them,
 * which takes minutes, and other processes wait for it.
 */
export async function pythonWith(name: string, requirements: string): Promise<string> {
  const folder = join(CACHE, name);
  await withLock(`${folder}.lock`, console.error, () => install(folder, requirements));
  return join(folder, 'bin', 'python');
}

/** Installs packages. The stamp file is written last: an environment without it is incomplete and is made again. */
async function install(folder: string, requirements: string): Promise<void> {
  const stamp = join(folder, basename(requirements));
  const wanted = readFileSync(requirements, 'utf8');
  const installed = existsSync(stamp) ? readFileSync(stamp, 'utf8') : undefined;
  if (installed === wanted) return;
  console.error(`Installing ${wanted.trim().split('\n').join(', ')} into ${folder} …`);
  if (installed === undefined) await createEnvironment(folder);
  await rm(stamp, { force: true });
  // Byte code of all files would cost more than the installation: few of them are ever imported.
  await runProgram(
    join(folder, 'bin', 'python'),
    ['-m', 'pip', 'install', '--quiet', '--no-compile', '--disable-pip-version-check', '--requirement', requirements],
    `pip could not install ${requirements}: see its message above, and check its configured index and proxy.`,
  );
  await writeFile(stamp, wanted);
}

/** Creates an empty environment, in place of an incomplete one. */
async function createEnvironment(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await runProgram(
    'python3',
    ['-m', 'venv', folder],
    'Python 3 with venv is missing: install it with `sudo apt-get install python3-venv`.',
  );
}

/** Environment variables for Python: without OpenBLAS settings, which would change the figures, and without byte code files. */
export function pythonSettings(): NodeJS.ProcessEnv {
  const { OPENBLAS_CORETYPE: _, OPENBLAS_L2_SIZE: __, ...env } = process.env;
  return { ...env, PYTHONDONTWRITEBYTECODE: '1' };
}

/** Runs a program and shows its output. Throws an error with the message `failure` if its exit code is not 0. */
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
