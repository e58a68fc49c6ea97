/** Python environments of the reference scripts, and functions that run the scripts. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { pythonSettings, pythonWith, runProgram } from '../support/python.js';

const scriptPath = (script: string): string => fileURLToPath(new URL(script, import.meta.url));

/**
 * Returns the path of a Python with the packages of requirements.txt. The first call installs them, which takes minutes.
 * If REFERENCE_PYTHON names a Python that has PyTorch, that one is used and nothing is installed.
 */
export const referencePython = async (): Promise<string> =>
  process.env['REFERENCE_PYTHON'] || pythonWith('reference', scriptPath('requirements.txt'));

/** Runs a script in the environment with PyTorch and shows its output. */
export async function runReference(script: string, args: readonly string[]): Promise<void> {
  const python = await referencePython();
  await runProgram(python, [scriptPath(script), ...args], `bench/reference/${script} failed.`);
}

/** Runs a script in an environment with TensorFlow's CUDA build. */
export const runWithCuda = (script: string, args: readonly string[]): Promise<void> =>
  runIn('cuda', 'gpu-requirements.txt', script, args);

/** Runs a script in an environment with torchvision. */
export const runWithTorchvision = (script: string, args: readonly string[]): Promise<void> =>
  runIn('names', 'names-requirements.txt', script, args);

/** Returns the path of a Python with torchvision. The first call installs it, which takes minutes. */
export const torchvisionPython = (): Promise<string> => pythonWith('names', scriptPath('names-requirements.txt'));

/** Runs a script in an environment with timm and transformers. */
export const runWithLibraries = (script: string, args: readonly string[]): Promise<void> =>
  runIn('library-names', 'library-requirements.txt', script, args);

async function runIn(name: string, requirements: string, script: string, args: readonly string[]): Promise<void> {
  const python = await pythonWith(name, scriptPath(requirements));
  await runProgram(python, [scriptPath(script), ...args], `bench/reference/${script} failed.`);
}

/** Starts a script and pipes its standard output. */
export function startReference(python: string, script: string, args: readonly string[]): ChildProcess {
  return spawn(python, [scriptPath(script), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: pythonSettings(),
  });
}
