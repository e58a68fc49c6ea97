/** The npm packages of the lockfile. A clone also gets the development tools: its compiler is one of them. */
import { existsSync } from 'node:fs';
import { copyFile, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './command.js';
import { freshFolder, swap } from './replace-folder.js';

/**
 * @typedef {import('./run-steps.js').Context} Context
 * @typedef {{ version?: string; optional?: boolean; dev?: boolean; link?: boolean }} Locked
 */

const WATCH_MS = 500;

/**
 * Returns the packages of a lockfile by folder. Leaves out packages that npm installs on some platforms only.
 * @param {string} path
 * @param {boolean} withDev whether the development tools count
 * @returns {Promise<Map<string, string>>}
 */
async function lockedPackages(path, withDev) {
  /** @type {{ packages: Record<string, Locked> }} */
  const { packages } = JSON.parse(await readFile(path, 'utf8'));
  const entries = Object.entries(packages).filter(
    ([folder, { optional, dev, link }]) => folder !== '' && !optional && !link && (withDev || !dev),
  );
  return new Map(entries.map(([folder, { version = '' }]) => [folder, version]));
}

/** @type {import('./run-steps.js').Step} */
export const npmPackages = {
  title: 'npm packages',
  needs: async () => [],

  async isDone({ root, isClone }) {
    const wanted = await lockedPackages(join(root, 'package-lock.json'), isClone);
    const installed = await lockedPackages(join(root, 'node_modules/.package-lock.json'), true).catch(() => new Map());
    for (const [folder, version] of wanted) {
      if (installed.get(folder) !== version || !existsSync(join(root, folder, 'package.json'))) return false;
    }
    return true;
  },

  /** Installs into a folder beside: node_modules is there whole, or not at all. */
  async run({ root, isClone, cacheDir, env, report }) {
    const folders = [...(await lockedPackages(join(root, 'package-lock.json'), isClone)).keys()];
    const fresh = await freshFolder(cacheDir, 'packages-');
    // The published package has no .npmrc: npm leaves it out.
    for (const name of ['package.json', 'package-lock.json', '.npmrc'])
      if (existsSync(join(root, name))) await copyFile(join(root, name), join(fresh, name));
    const progress = report.progress(folders.length, 'packages');
    const count = () => folders.filter((folder) => existsSync(join(fresh, folder, 'package.json'))).length;
    const timer = setInterval(() => progress.update(count()), WATCH_MS);
    const [file = 'npm', ...first] = env['npm_execpath'] === undefined ? [] : [process.execPath, env['npm_execpath']];
    try {
      const development = isClone ? '--include=dev' : '--omit=dev';
      const args = ['ci', '--ignore-scripts', development, '--no-audit', '--no-fund', '--loglevel=error'];
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
