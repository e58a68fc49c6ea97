/** Beginning of start, test and setup: reads .env and the arguments of set-up, and prints its errors as sentences. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs, parseEnv } from 'node:util';
import { createContext, root, setUp, steps } from './run-steps.js';
import { isSetupError, setupError } from './setup-error.js';

/** @typedef {keyof typeof steps} StepName */

/** Returns the environment variables, completed by the variables in `.env`. */
export function environment() {
  const path = join(root, '.env');
  return existsSync(path) ? { ...parseEnv(readFileSync(path, 'utf8')), ...process.env } : { ...process.env };
}

/**
 * Runs set-up. If set-up can explain a failure, the process prints the sentence and ends.
 * @param {readonly string[]} args names of steps, and `--runtime cpu|cuda`
 */
export async function runSetUp(args = []) {
  process.chdir(root);
  // npm and tsc cache compiled JavaScript for their next start. Without this they use the system's temporary folder.
  process.env['NODE_COMPILE_CACHE'] ??= join(root, '.cache/node');
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { runtime: { type: 'string' } },
      allowPositionals: true,
    });
    const unknown = positionals.find((name) => !Object.hasOwn(steps, name));
    if (unknown !== undefined) throw setupError(`There is no step "${unknown}": ${Object.keys(steps).join(', ')}.`);
    const env = environment();
    const context = createContext(values.runtime === undefined ? env : { ...env, RUNTIME: values.runtime });
    await setUp(context, positionals.length > 0 ? /** @type {StepName[]} */ (positionals) : undefined);
    return context;
  } catch (error) {
    if (!isSetupError(error)) throw error;
    console.error(/** @type {Error} */ (error).message);
    process.exit(1);
  }
}
