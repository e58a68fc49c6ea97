/**
 * `npm start`: sets up what is missing, then runs dist/main.js in this same process, so that signals reach it.
 * package.json calls it with `exec`, or a SIGTERM would end npm's shell and leave this running; where there is no `exec`
 * (Windows), the second half says what to do instead.
 */
import { requireNode } from './setup/node-version.js';

requireNode();
const { environment, runSetUp } = await import('./setup/entry.js');
const { installedRuntime } = await import('./setup/tensorflow.js');
const context = await runSetUp();
Object.assign(process.env, environment());
// The worker looks for GPUs where it is `cuda`.
process.env['RUNTIME'] ||= (await installedRuntime(context)) ?? '';
await import(new URL('../dist/main.js', import.meta.url).href);
