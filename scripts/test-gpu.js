/** `npm run test:gpu [-- arguments of vitest]`: tests the CUDA path on a machine with an NVIDIA GPU. Elsewhere it prints why it skips the tests. */
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { requireNode } from './setup/node-version.js';

requireNode();

const { status, stdout } = spawnSync('nvidia-smi', ['-L'], { encoding: 'utf8' });
if (status !== 0 || stdout.trim() === '') {
  console.log('skipped: nvidia-smi shows no NVIDIA GPU here.');
  process.exit(0);
}

const { runSetUp } = await import('./setup/entry.js');
const { installedRuntime } = await import('./setup/tensorflow.js');
const context = await runSetUp();
const runtime = await installedRuntime(context);
if (runtime !== 'cuda') {
  console.error(
    `There is a GPU, but TensorFlow's ${runtime} runtime is installed: RUNTIME=cuda npm run test:gpu installs the other one.`,
  );
  process.exit(1);
}

const vitest = spawn(
  process.execPath,
  [join(context.root, 'node_modules/vitest/vitest.mjs'), 'run', '--mode', 'gpu', ...process.argv.slice(2)],
  { stdio: 'inherit', env: { ...process.env, RUNTIME: 'cuda' } },
);
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => vitest.kill(signal));
process.exitCode = await new Promise((resolve) => vitest.once('close', (code) => resolve(code ?? 1)));
