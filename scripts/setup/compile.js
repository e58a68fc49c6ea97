/** Step that compiles src/ into dist/ with tsc. It is done if the sources have not changed. */
import { createHash } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './command.js';

/** @typedef {import('./run-steps.js').Context} Context */

/** File with the digest of the sources of dist/. */
const STAMP = 'dist/.stamp';

/**
 * Returns the paths of the files under a folder, in a fixed order.
 * @param {string} folder
 */
async function filesUnder(folder) {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** @param {Context} context */
async function digest({ root }) {
  const hash = createHash('sha256');
  for (const path of [
    ...(await filesUnder(join(root, 'src'))),
    join(root, 'tsconfig.json'),
    join(root, 'package-lock.json'),
  ]) {
    hash
      .update(path.slice(root.length))
      .update('\0')
      .update(await readFile(path));
  }
  return hash.digest('hex');
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
    await writeFile(join(root, STAMP), before);
  },
};

/**
 * Removes the output of deleted sources.
 * @param {string} root
 */
async function removeOrphans(root) {
  const dist = join(root, 'dist');
  const src = join(root, 'src');
  const sources = new Set((await filesUnder(src)).map((path) => path.slice(src.length).replace(/\.ts$/, '')));
  for (const path of await filesUnder(dist)) {
    if (!sources.has(path.slice(dist.length).replace(/(\.d\.ts|\.js|\.js\.map)$/, ''))) await rm(path);
  }
}
