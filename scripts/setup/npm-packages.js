/** The npm packages of the lockfile, development tools included: the compiler is one of them. */
import { existsSync } from 'node:fs';
import { copyFile, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './command.js';
import { freshFolder, swap } from './replace-folder.js';

/**
 * @typedef {import('./run-steps.js').Context} Context
 * @typedef {{ version?: string; optional?: boolean; link?: boolean }} Locked
 */

const WATCH_MS = 500;

/**
 * Packages of a lockfile by folder, without those that only some platforms have.
 * @param {string} path
 * @returns {Promise<Map<string, string>>}
 */
async function lockedPackages(path) {
  /** @type {{ packages: Record<string, Locked> }} */
  const { packages } = JSON.parse(await readFile(path, 'utf8'));
  const entries = Object.entries(packages).filter(
    ([folder, { optional, link }]) => folder !== '' && !optional && !link,
  );
  return new Map(entries.map(([folder, { version = '' }]) => [folder, version]));
}

/** @type {import('./run-steps.js').Step} */
export const npmPackages = {
  title: 'npm packages',
  needs: [],

  async isDone({ root }) {
    const wanted = await lockedPackages(join(root, 'package-lock.json'));
    const installed = await lockedPackages(join(root, 'node_modules/.package-lock.json')).catch(() => new Map());
    for (const [folder, version] of wanted) {
      if (installed.get(folder) !== version || !existsSync(join(root, folder, 'package.json'))) return false;
    }
    return true;
  },

  /** Installs into a folder beside: node_modules is there whole, or not at all. */
  async run({ root, cacheDir, env, report }) {
    const folders = [...(await lockedPackages(join(root, 'package-lock.json'))).keys()];
    const fresh = await freshFolder(cacheDir, 'packages-');
    for (const name of ['package.json', 'package-lock.json', '.npmrc'])
      await copyFile(join(root, name), join(fresh, name));
    const progress = report.progress(folders.length, 'packages');
    const count = () => folders.filter((folder) => existsSync(join(fresh, folder, 'package.json'))).length;
    const timer = setInterval(() => progress.update(count()), WATCH_MS);
    const [file = 'npm', ...first] = env['npm_execpath'] === undefined ? [] : [process.execPath, env['npm_execpath']];
    try {
      const args = ['ci', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
      // Started by npm, this process has npm's idea of the current package in its environment.
      const { npm_config_local_prefix: _, ...clean } = env;
      await runCommand(file, [...first, ...args, '--cache', join(cacheDir, 'npm')], { cwd: fresh, env: clean });
    } finally {
      clearInterval(timer);
      progress.end();
    }
    await swap(join(fresh, 'node_modules'), join(root, 'node_modules'));
    await rm(fresh, { recursive: true, force: true });
  },
};
