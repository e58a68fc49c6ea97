/** The Python environment with PyTorch that comparisons run in, and the scripts beside this file. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { pythonSettings, pythonWith, runProgram } from '../support/python.js';

const scriptPath = (script: string): string => fileURLToPath(new URL(script, import.meta.url));

/**
 * Path of a Python that has what requirements.txt asks for; the first call installs it, which takes minutes.
 * REFERENCE_PYTHON names one that has PyTorch already: nothing is installed then.
 */
export const referencePython = async (): Promise<string> =>
  process.env['REFERENCE_PYTHON'] || pythonWith('reference', scriptPath('requirements.txt'));

/** Runs one of the scripts with output to ours. */
export async function runReference(script: string, args: readonly string[]): Promise<void> {
  const python = await referencePython();
  await runProgram(python, [scriptPath(script), ...args], `bench/reference/${script} failed.`);
}

/** The same in an environment with TensorFlow's CUDA build. */
export const runWithCuda = (script: string, args: readonly string[]): Promise<void> =>
  runIn('cuda', 'gpu-requirements.txt', script, args);

/** The same in an environment with torchvision. */
export const runWithTorchvision = (script: string, args: readonly string[]): Promise<void> =>
  runIn('names', 'names-requirements.txt', script, args);

async function runIn(name: string, requirements: string, script: string, args: readonly string[]): Promise<void> {
  const python = await pythonWith(name, scriptPath(requirements));
  await runProgram(python, [scriptPath(script), ...args], `bench/reference/${script} failed.`);
}

/** Starts one of the scripts with its standard output piped. */
export function startReference(python: string, script: string, args: readonly string[]): ChildProcess {
  return spawn(python, [scriptPath(script), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: pythonSettings(),
  });
}
