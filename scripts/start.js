/**
 * `npm start`: sets up what is missing, then runs dist/main.js in this same process, so that signals reach it.
 * package.json calls this file with `exec`: otherwise a SIGTERM would end npm's shell and leave this process running. Windows has
 * no `exec`; there the second half of the command runs.
 */
import { requireNode } from './setup/node-version.js';

requireNode();
const { environment, runSetUp } = await import('./setup/entry.js');
const { installedRuntime } = await import('./setup/tensorflow.js');
const context = await runSetUp();
Object.assign(process.env, environment());
// If it is `cuda`, the worker looks for GPUs.
process.env['RUNTIME'] ||= (await installedRuntime(context)) ?? '';
await import(new URL('../dist/main.js', import.meta.url).href);
