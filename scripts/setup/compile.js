/** Step that compiles src/ into dist/ with tsc, and bundles the command into dist/command. It is done if the sources have not changed. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './command.js';
import { digestOf, filesUnder } from './source-digest.js';

/** @typedef {import('./run-steps.js').Context} Context */

/** File with the digest of the sources of dist/. */
const STAMP = 'dist/.stamp';

/**
 * Whether tsc compiles the file at a path below src/, or made the file at a path below dist/. Vite builds the console and the command.
 * @param {string} path
 */
const isCompiled = (path) => !/^\/(console|command)\//.test(path);

/** @param {Context} context */
async function digest({ root }) {
  const src = join(root, 'src');
  const sources = (await filesUnder(src)).filter((path) => isCompiled(path.slice(src.length)));
  return digestOf(root, [...sources, join(root, 'tsconfig.json'), join(root, 'package-lock.json')]);
}

/** @type {import('./run-steps.js').Step} */
export const compile = {
  title: 'TypeScript',
  needs: async () => [],

  async isDone(context) {
    const stamp = await readFile(join(context.root, STAMP), 'utf8').catch(() => undefined);
    return stamp === (await digest(context));
  },

  async run(context) {
    const { root } = context;
    const before = await digest(context);
    await rm(join(root, STAMP), { force: true });
    await runCommand(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '--pretty', 'false'], {
      cwd: root,
    });
    await removeOrphans(root);
    await bundleCommand(root);
    await writeFile(join(root, STAMP), before);
  },
};

/**
 * Bundles the command, by default into dist/command.
 * @param {string} root
 * @param {readonly string[]} options of `vite build`
 */
export async function bundleCommand(root, options = []) {
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  const config = ['--config', join(root, 'scripts/setup/command.vite.js'), '--configLoader', 'native'];
  await runCommand(process.execPath, [vite, 'build', ...config, ...options], { cwd: root });
}

/**
 * Removes the output of deleted sources.
 * @param {string} root
 */
async function removeOrphans(root) {
  const dist = join(root, 'dist');
  const src = join(root, 'src');
  const sources = new Set((await filesUnder(src)).map((path) => path.slice(src.length).replace(/\.ts$/, '')));
  for (const path of (await filesUnder(dist)).filter((each) => isCompiled(each.slice(dist.length)))) {
    if (!sources.has(path.slice(dist.length).replace(/(\.d\.ts|\.js|\.js\.map)$/, ''))) await rm(path);
  }
}
