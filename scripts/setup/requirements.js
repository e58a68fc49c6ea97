/** Programs that set-up needs. The error names each missing one in one sentence, with the command that installs it. */
import { runCommand } from './command.js';
import { setupError } from './setup-error.js';

/** @typedef {'python' | 'compiler' | 'make'} Requirement */

/** @type {Readonly<Record<Requirement, { command: readonly [string, ...string[]]; missing: string }[]>>} */
const checks = {
  python: [
    {
      command: ['python3', '-c', 'import sys; sys.exit(sys.version_info < (3, 8))'],
      missing: 'Python 3.8 or newer is missing: install it with `sudo apt-get install python3`.',
    },
    {
      command: ['python3', '-m', 'pip', '--version'],
      missing: 'pip for Python 3 is missing: install it with `sudo apt-get install python3-pip`.',
    },
  ],
  compiler: [
    {
      command: [process.env['CXX'] ?? 'c++', '--version'],
      missing: 'A C++ compiler is missing: install one with `sudo apt-get install g++`.',
    },
  ],
  make: [{ command: ['make', '--version'], missing: 'make is missing: install it with `sudo apt-get install make`.' }],
};

/**
 * Throws one error that names all missing programs.
 * @param {ReadonlySet<Requirement>} needed
 * @param {NodeJS.ProcessEnv} env
 */
export async function requireFromSystem(needed, env) {
  const results = await Promise.all(
    [...needed]
      .flatMap((name) => checks[name])
      .map(async ({ command: [file, ...args], missing }) => {
        try {
          await runCommand(file, args, { env: { ...env, PYTHONDONTWRITEBYTECODE: '1' } });
          return [];
        } catch {
          return [missing];
        }
      }),
  );
  const missing = results.flat();
  if (missing.length > 0) throw setupError(missing.join('\n'));
}
