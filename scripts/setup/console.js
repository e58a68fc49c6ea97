/** Step that builds the console, src/console with the recipes of examples, into dist/console with Vite. It is done if the sources have not changed. */
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './command.js';
import { isMadeFrom, replaceFolder } from './replace-folder.js';
import { digestOf, filesUnder } from './source-digest.js';

/** @param {import('./run-steps.js').Context} context */
async function sourceOf({ root }) {
  const folders = await Promise.all(
    ['src/console', 'src/client', 'examples/recipes'].map((path) => filesUnder(join(root, path))),
  );
  return { sources: await digestOf(root, [...folders.flat(), join(root, 'package-lock.json')]) };
}

/** @param {import('./run-steps.js').Context} context */
const target = ({ root }) => join(root, 'dist/console');

/** @type {import('./run-steps.js').Step} */
export const consolePages = {
  title: 'console',
  needs: async () => [],

  isDone: async (context) => isMadeFrom(target(context), await sourceOf(context)),

  async run(context) {
    const { root } = context;
    await replaceFolder(target(context), await sourceOf(context), async (folder) => {
      const vite = join(root, 'node_modules/vite/bin/vite.js');
      const args = ['build', '--config', 'src/console/vite.config.ts', '--outDir', folder, '--logLevel', 'warn'];
      await runCommand(process.execPath, [vite, ...args], { cwd: root });
      // A container runs as another user than the one that built its image.
      await chmod(folder, 0o755);
    });
  },
};
