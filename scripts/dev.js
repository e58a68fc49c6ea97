/** `npm run dev`: runs the service and restarts it after each change in `src/`. TypeScript compiles in watch mode. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { join } from 'node:path';
import { requireNode } from './setup/node-version.js';

/** A compilation writes many files: the restart waits until none was written for this long. */
const QUIET_MS = 500;

requireNode();
const { environment, runSetUp } = await import('./setup/entry.js');
const { root } = await runSetUp();
const env = { ...process.env, ...environment() };

const compiler = spawn(
  process.execPath,
  [join(root, 'node_modules/typescript/bin/tsc'), '--watch', '--preserveWatchOutput'],
  { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
);
const startService = () => spawn(process.execPath, [join(root, 'dist/main.js')], { cwd: root, env, stdio: 'inherit' });
let service = startService();
let restart = Promise.resolve();

/** Stops the service, waits until it has ended, and starts it again. */
async function restartService() {
  if (service.exitCode === null && service.signalCode === null) {
    service.kill('SIGTERM');
    await once(service, 'exit');
  }
  service = startService();
}

/** @type {NodeJS.Timeout | undefined} */
let timer;
const watcher = watch(join(root, 'dist'), { recursive: true }, (_, file) => {
  if (file === null || !file.endsWith('.js')) return;
  clearTimeout(timer);
  timer = setTimeout(() => {
    restart = restart.then(restartService);
  }, QUIET_MS);
});

/** Stops the compiler and the service, and exits once both have ended. */
async function stop() {
  watcher.close();
  clearTimeout(timer);
  await restart;
  for (const child of [compiler, service]) child.kill('SIGTERM');
  await Promise.all([compiler, service].map((child) => child.exitCode === null && once(child, 'exit')));
  process.exit();
}
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop);
