/**
 * Before `npm pack` and `npm publish`: compiles, writes `service/`, and puts the published manifest in place. postpack.js undoes both.
 * After an interruption, the next run of either file repairs package.json.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { requireNode } from '../setup/node-version.js';
import { publishedManifest, replaceManifest, restoreManifest } from './manifest.js';
import { runPackStep } from './run-pack-step.js';

requireNode();
const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** Returns the names of the platform packages. */
async function addonNames() {
  const folders = await readdir(join(root, 'packages'));
  const texts = await Promise.all(
    folders.map((name) => readFile(join(root, 'packages', name, 'package.json'), 'utf8')),
  );
  return texts.map((text) => JSON.parse(text).name);
}

await runPackStep(async () => {
  restoreManifest(root);
  const { runSetUp } = await import('../setup/entry.js');
  await runSetUp(['npm', 'compile', 'console']);
  const { writeServiceFolder } = await import('./service-folder.js');
  await writeServiceFolder(root);
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  replaceManifest(root, publishedManifest(manifest, await addonNames()));
});
