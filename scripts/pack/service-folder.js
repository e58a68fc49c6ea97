/** The folder `service` of the package: everything that `trainyard start` copies into the user's home. */
import { cp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFolder } from '../setup/replace-folder.js';
import { CONTENTS } from '../setup/run-steps.js';
import { serviceManifest } from './manifest.js';

/** Files that the service needs to run and to set itself up. */
const FILES = ['package-lock.json', 'LICENSE', 'scripts/start.js', 'scripts/home.js', 'scripts/setup'];

/** Parts of dist/ that are no part of the service. */
const OTHER = /^(cli|client|command)(\/|$)|^\.|\.(map|d\.ts)$/;

/**
 * Returns the files under a folder and their sizes in bytes.
 * @param {string} folder
 */
async function sizesUnder(folder) {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
  const sizes = await Promise.all(paths.map(async (path) => [path, (await stat(join(folder, path))).size]));
  return /** @type {Record<string, number>} */ (Object.fromEntries(sizes));
}

/**
 * Writes `service/` from the compiled clone.
 * @param {string} root
 */
export async function writeServiceFolder(root) {
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const { version } = manifest;
  await replaceFolder(join(root, 'service'), { version }, async (folder) => {
    for (const path of FILES) await cp(join(root, path), join(folder, path), { recursive: true });
    await writeFile(join(folder, 'package.json'), JSON.stringify(serviceManifest(manifest), null, 2));
    const dist = join(root, 'dist');
    await cp(dist, join(folder, 'dist'), {
      recursive: true,
      filter: (path) => !OTHER.test(path.slice(dist.length + 1)),
    });
    const files = await sizesUnder(folder);
    await writeFile(join(folder, CONTENTS), JSON.stringify({ version, files }));
  });
}
