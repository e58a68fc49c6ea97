/** Process that runs one abuse. The parent sends a row name and receives `begun`, then sends `stop` and receives the abuse's observations. */
import { once, setMaxListeners } from 'node:events';
import type { Abuse } from './row.js';
import { nothing } from './rows/nothing.js';
import { ROWS } from './rows.js';

export type AttackerRequest = Readonly<{ row: string } & Omit<Abuse, 'signal' | 'begun'>>;

const [{ row: name, ...abuse }] = (await once(process, 'message')) as [AttackerRequest];
const row = [nothing, ...ROWS].find((each) => each.name === name);
if (row === undefined) throw new Error(`Unknown row "${name}".`);
const over = new AbortController();
setMaxListeners(0, over.signal); // an abuse sends thousands of requests
process.once('message', () => over.abort());
let hasBegun = false;
const begun = (): void => {
  if (!hasBegun) process.send?.('begun');
  hasBegun = true;
};
process.send?.(await row.run({ ...abuse, begun, signal: over.signal }), () => process.exit(0));
