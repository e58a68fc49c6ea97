/** Packs a copy of this repository, so that no other test sees the manifest that packing puts in place. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const repository = join(import.meta.dirname, '../..');

/** Folders that set-up and tests put next to the sources. The copy shares the packages, and packs the compiled `dist`. */
const LEFT_OUT = new Set(['.git', '.cache', '.runtime', '.venv', 'data', 'node_modules', 'service']);

/** Runs a program and resolves with its standard output. Rejects with its output if it fails. */
export async function runIn(cwd: string, [file, ...args]: [string, ...string[]], env = process.env): Promise<string> {
  const { stdout } = await promisify(execFile)(file, args, { cwd, env, maxBuffer: 1 << 26 });
  return stdout.trim();
}

/** Makes a clone in a temporary folder; its packages are the ones of this repository. */
export async function copyRepository(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'trainyard-pack-'));
  const clone = join(folder, 'clone');
  await mkdir(clone);
  const paths = (await readdir(repository)).filter((path) => !LEFT_OUT.has(path) && !path.endsWith('.tgz'));
  for (const path of paths) await cp(join(repository, path), join(clone, path), { recursive: true });
  await symlink(join(repository, 'node_modules'), join(clone, 'node_modules'));
  return clone;
}

/** Runs `npm pack` in a clone. Returns the path of the tarball. */
export async function pack(clone: string): Promise<string> {
  await runIn(clone, ['npm', 'pack', '--silent']);
  const name = (await readdir(clone)).find((each) => each.endsWith('.tgz'));
  if (name === undefined) throw new Error('npm pack left no tarball');
  return join(clone, name);
}

/** Makes the platform package of this machine's addon. Returns its folder. */
export async function buildAddonPackage(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'trainyard-addon-'));
  await runIn(repository, [process.execPath, 'scripts/build-addon.js', folder]);
  return folder;
}
