/** After `npm pack` and `npm publish`: puts the repository's package.json back and removes `service/`. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { restoreManifest } from './manifest.js';
import { runPackStep } from './run-pack-step.js';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
await runPackStep(async () => {
  restoreManifest(root);
  await rm(join(root, 'service'), { recursive: true, force: true });
});
