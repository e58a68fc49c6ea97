/** The service of an installed package: copied into a folder of the user, set up there once a version, and started. */
import { cpSync, existsSync, readFileSync, statSync } from 'node:fs';
import { lstat, mkdir, rm, symlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { withLock } from './setup/lock.js';
import { requireNode } from './setup/node-version.js';
import { platformOf } from './setup/platforms.js';
import { isMadeFrom, replaceFolder } from './setup/replace-folder.js';
import { CONTENTS } from './setup/run-steps.js';
import { isSetupError, setupError } from './setup/setup-error.js';

/**
 * @typedef {{ version: string; files: Readonly<Record<string, number>> }} Contents `files`: sizes in bytes by path
 * @typedef {{ dataDir: string; host?: string; port?: string; addon?: string }} StartOptions
 *   `addon`: folder of the platform package with the prebuilt addon
 */

/** The folder that the package calls `service`. */
const service = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

/** Settings that are paths. The service runs in its own folder, so a relative path is resolved in the caller's. */
const PATHS = ['DATASETS_DIR', 'TENSORBOARD_DIR', 'REDIS_PASSWORD_FILE'];

/**
 * Returns the folder that all versions share: TRAINYARD_HOME, or `trainyard` in the user's cache folder.
 * @param {NodeJS.ProcessEnv} env
 */
export function homeFolder(env) {
  if (env['TRAINYARD_HOME']?.trim()) return resolve(env['TRAINYARD_HOME'].trim());
  // The XDG specification ignores a relative path.
  const cache = env['XDG_CACHE_HOME']?.startsWith('/')
    ? env['XDG_CACHE_HOME']
    : join(env['HOME'] || homedir(), '.cache');
  return join(cache, 'trainyard');
}

/**
 * Whether `folder` was finished from these contents and still has every file in its size.
 * @param {string} folder
 * @param {Contents} contents
 */
async function isWhole(folder, contents) {
  if (!(await isMadeFrom(folder, contents))) return false;
  return Object.entries(contents.files).every(
    ([path, bytes]) => statSync(join(folder, path), { throwIfNoEntry: false })?.size === bytes,
  );
}

/**
 * Links a folder that versions share into the folder of one version.
 * @param {string} shared
 * @param {string} link
 */
async function linkShared(shared, link) {
  await mkdir(shared, { recursive: true });
  if (await lstat(link).catch(() => undefined)) await rm(link, { recursive: true });
  await symlink(shared, link);
}

/**
 * Copies the service into `<home>/<version>/`, unless it is there whole. Returns that folder.
 * @param {string} home
 * @param {string} [from]
 */
export async function prepareVersion(home, from = service) {
  /** @type {Contents} */
  const contents = JSON.parse(readFileSync(join(from, CONTENTS), 'utf8'));
  const folder = join(home, contents.version);
  if (await isWhole(folder, contents)) return folder;
  await withLock(join(home, 'copy.lock'), console.error, async () => {
    if (await isWhole(folder, contents)) return;
    await replaceFolder(folder, contents, async (beside) => {
      for (const path of [CONTENTS, ...Object.keys(contents.files)]) cpSync(join(from, path), join(beside, path));
      await linkShared(join(home, 'cache'), join(beside, '.cache'));
      await linkShared(join(home, 'runtime', runtimeName()), join(beside, '.runtime'));
    });
  });
  return folder;
}

/** Versions with the same TensorFlow and Valkey share one runtime. */
export function runtimeName() {
  const { tensorflow, valkey } = platformOf(process.platform, process.arch);
  return [tensorflow.cpu?.[0], valkey].map((wheel) => wheel?.requirement.replace('==', '-')).join('_');
}

/** Errors of a folder that cannot be written. */
const UNWRITABLE = ['EACCES', 'EDQUOT', 'ENOSPC', 'ENOTDIR', 'EPERM', 'EROFS'];

/**
 * Returns a sentence for a home that cannot be written.
 * @param {unknown} error
 * @param {string} home
 */
function asSetupError(error, home) {
  const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
  if (code === undefined || !UNWRITABLE.includes(code)) return error;
  return setupError(
    `trainyard cannot set itself up in ${home}: ${message}. Set TRAINYARD_HOME to a folder you can write, with 3 GB free.`,
    error,
  );
}

/**
 * Sets the service up for this user and runs it in this process, so that signals reach it.
 * @param {StartOptions} options
 */
export async function startFromHome({ dataDir, host, port, addon }) {
  requireNode();
  const { env } = process;
  const home = homeFolder(env);
  try {
    const folder = await prepareVersion(home);
    for (const name of PATHS) if (env[name]?.trim()) env[name] = resolve(env[name].trim());
    env['DATASETS_DIR'] ||= join(home, 'datasets');
    env['DATA_DIR'] = dataDir;
    if (host !== undefined) env['HOST'] = host;
    if (port !== undefined) env['PORT'] = port;
    if (addon !== undefined && existsSync(addon)) env['TRAINYARD_ADDON'] ||= addon;
    await import(pathToFileURL(join(folder, 'scripts/start.js')).href);
  } catch (error) {
    const shown = asSetupError(error, home);
    if (!isSetupError(shown)) throw shown;
    console.error(/** @type {Error} */ (shown).message);
    process.exit(1);
  }
}
