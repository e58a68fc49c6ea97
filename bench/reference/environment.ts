/** The Python environment with PyTorch that comparisons run in: made once, in the clone's .cache, by the machine's own pip. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', import.meta.url));
const FOLDER = fileURLToPath(new URL('../../.cache/reference', import.meta.url));

/** The requirements that are installed, written last: an environment without it was interrupted. */
const STAMP = join(FOLDER, 'requirements.txt');

/**
 * Path of a Python that has what requirements.txt asks for; the first call installs it, which takes minutes.
 * REFERENCE_PYTHON names one that has PyTorch already: nothing is installed then.
 */
export async function referencePython(): Promise<string> {
  const given = process.env['REFERENCE_PYTHON'];
  if (given) return given;
  const python = join(FOLDER, 'bin', 'python');
  const wanted = readFileSync(REQUIREMENTS, 'utf8');
  const installed = existsSync(STAMP) ? readFileSync(STAMP, 'utf8') : undefined;
  if (installed === wanted) return python;
  console.error(`Installing ${wanted.trim().split('\n').join(', ')} into .cache/reference …`);
  if (installed === undefined) await createEnvironment();
  await rm(STAMP, { force: true });
  await run(
    python,
    ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', REQUIREMENTS],
    'pip could not install PyTorch: see its message above, and the index and proxy that it is configured with.',
  );
  await writeFile(STAMP, wanted);
  return python;
}

/** An empty environment, in place of one whose making was interrupted. */
async function createEnvironment(): Promise<void> {
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER, { recursive: true });
  await run(
    'python3',
    ['-m', 'venv', FOLDER],
    'Python 3 with venv is missing: install it with `sudo apt-get install python3-venv`.',
  );
}

/** Runs one of the scripts beside this file with output to ours. */
export async function runReference(script: string, args: readonly string[]): Promise<void> {
  const python = await referencePython();
  await run(python, [scriptPath(script), ...args], `bench/reference/${script} failed.`);
}

/** Starts one of the scripts with its standard output piped. */
export function startReference(python: string, script: string, args: readonly string[]): ChildProcess {
  return spawn(python, [scriptPath(script), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: pythonEnvironment(),
  });
}

const scriptPath = (script: string): string => fileURLToPath(new URL(script, import.meta.url));

/** Settings of numpy's linear algebra are not for PyTorch, and no byte code is left in the clone. */
function pythonEnvironment(): NodeJS.ProcessEnv {
  const { OPENBLAS_CORETYPE: _, OPENBLAS_L2_SIZE: __, ...env } = process.env;
  return { ...env, PYTHONDONTWRITEBYTECODE: '1' };
}

async function run(file: string, args: readonly string[], failure: string): Promise<void> {
  const child = spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit'], env: pythonEnvironment() });
  const ended = once(child, 'close').catch((cause: unknown) => Promise.reject(new Error(failure, { cause })));
  const [code] = await ended;
  if (code !== 0) throw new Error(failure);
}
