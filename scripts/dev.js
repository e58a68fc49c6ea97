/** `npm run dev`: runs the service and restarts it after each change in `src/`. TypeScript and Vite (the console) build in watch mode. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { rm } from 'node:fs/promises';
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
// The folder no longer corresponds to the sources of its last set-up.
await rm(join(root, 'dist/console/stamp.json'), { force: true });
/** Rebuilds the console after each change, without a restart of the service: reload the page to see it. */
const consoleBuilder = spawn(
  process.execPath,
  [
    join(root, 'node_modules/vite/bin/vite.js'),
    ...['build', '--watch', '--config', 'src/console/vite.config.ts', '--logLevel', 'warn', '--emptyOutDir', 'false'],
  ],
  { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
);
/**
 * Starts the service in a process group of its own: Ctrl-C in a terminal reaches only this process, which stops the service once.
 * The service stops by itself if the IPC channel closes because this process was killed.
 */
const startService = () =>
  spawn(process.execPath, [join(root, 'dist/main.js')], {
    cwd: root,
    env,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    detached: true,
  });
let service = startService();
let restart = Promise.resolve();

/**
 * Stops a child process and resolves once it has ended.
 * @param {import('node:child_process').ChildProcess} child
 */
async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

/** Stops the service and starts it again. */
async function restartService() {
  await end(service);
  service = startService();
}

/** @type {NodeJS.Timeout | undefined} */
let timer;
const watcher = watch(join(root, 'dist'), { recursive: true }, (_, file) => {
  if (file === null || !file.endsWith('.js') || /^\.?console\b/.test(file)) return;
  clearTimeout(timer);
  timer = setTimeout(() => {
    restart = restart.then(restartService);
  }, QUIET_MS);
});

/** Stops the compilers and the service, and exits once both have ended. */
async function stop() {
  watcher.close();
  clearTimeout(timer);
  await restart;
  await Promise.all([end(compiler), end(consoleBuilder), end(service)]);
  process.exit();
}
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop);
