/**
 * `npm run build:addon [-- FOLDER]`: makes the platform package of the installed addon, ready for `npm publish FOLDER`.
 * The default folder is .cache/addon-package.
 */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { requireNode } from './setup/node-version.js';

requireNode();
const { runSetUp } = await import('./setup/entry.js');
const { addonPath, NODE_API, tensorflowVersion } = await import('./setup/tensorflow.js');
const { ADDON_FILE, addonPackageName } = await import('./setup/prebuilt-addon.js');
const { sha256 } = await import('./setup/checksum.js');
const [argument] = process.argv.slice(2);
const caller = process.cwd();
const context = await runSetUp(['npm', 'tensorflow', 'addon']);
const folder = argument === undefined ? join(context.cacheDir, 'addon-package') : resolve(caller, argument);

/**
 * Returns the oldest glibc that has every symbol the addon uses, as `2.34`.
 * @param {string} path
 */
async function leastGlibc(path) {
  const text = await readFile(path, 'latin1');
  const minors = [...text.matchAll(/GLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor));
  return `2.${Math.max(...minors)}`;
}

/** @param {string} path */
const readJson = async (path) => JSON.parse(await readFile(join(context.root, path), 'utf8'));

const built = addonPath(context);
const template = await readJson(join('packages', addonPackageName().replace('trainyard-', ''), 'package.json'));
const { version } = await readJson('package.json');
const manifest = {
  ...template,
  version,
  addon: {
    sha256: await sha256(built),
    tensorflow: await tensorflowVersion(context),
    nodeApi: NODE_API,
    glibc: await leastGlibc(built),
  },
};
await mkdir(folder, { recursive: true });
await copyFile(built, join(folder, ADDON_FILE));
await copyFile(join(context.root, 'LICENSE'), join(folder, 'LICENSE'));
await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
console.log(folder);
