/** `npm start`: sets up what is missing, then runs dist/main.js in this same process, so that signals reach it. */
import { requireNode } from './setup/node-version.js';

requireNode();
const { environment, runSetUp } = await import('./setup/entry.js');
await runSetUp(process.argv.slice(2));
Object.assign(process.env, environment());
await import(new URL('../dist/main.js', import.meta.url).href);
