/** Python programs that tests run beside us: their packages are installed once, into the clone's .cache, by the machine's own pip. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const cache = join(import.meta.dirname, '../../.cache');

/** Runs a script with the packages of the requirements.txt beside it, and parses the JSON that it prints. */
export async function runPython<Answer>(script: string, args: readonly string[]): Promise<Answer> {
  const packages = await installPackages(join(dirname(script), 'requirements.txt'));
  const env = { ...process.env, PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: '1' };
  const { stdout } = await run('python3', [script, ...args], { env, maxBuffer: 2 ** 26 });
  return JSON.parse(stdout) as Answer;
}

/** The folder of the packages. What is installed is written last: a folder without it was interrupted. */
export async function installPackages(requirements: string): Promise<string> {
  const folder = join(cache, basename(dirname(requirements)));
  const stamp = join(folder, 'installed.txt');
  const wanted = readFileSync(requirements, 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return folder;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const options = ['--quiet', '--disable-pip-version-check', '--only-binary=:all:', '--target', folder];
  await run('python3', ['-m', 'pip', 'install', ...options, '--requirement', requirements]);
  await writeFile(stamp, wanted);
  return folder;
}
