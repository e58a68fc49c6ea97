/** Runs the main flow in Node.js, Deno or Bun, and prints what it saw: `program.js ADDRESS NAME FOLDER IMAGE`. */
import { readFile } from 'node:fs/promises';
import { argv } from 'node:process';
import { runMainFlow } from './main-flow.js';

const [url = '', name = '', images = '', image = ''] = argv.slice(2);
/** @type {typeof import('../../../src/client/index.js')} */
const { Trainyard } = await import(new URL('../../../dist/client/index.js', import.meta.url).href);
const blob = new Blob([new Uint8Array(await readFile(image))]);
console.log(JSON.stringify(await runMainFlow(new Trainyard({ url }), { name, images, image: blob })));
