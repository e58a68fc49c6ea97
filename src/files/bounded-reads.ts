/** Bounded reading: however many clients list models, few files are open at once and the event loop serves others. */
import { readFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { createConcurrencyLimit } from '../concurrency/concurrency-limit.js';

/** Files that the process reads at once, for all clients. */
const READS = createConcurrencyLimit(64);
/** Items of a chunk: some ms of the event loop if each is a manifest to parse. */
const CHUNK = 32;

/** Reads a text file as soon as fewer than 64 others are being read. */
export const readText = (path: string): Promise<string> => READS.run(() => readFile(path, 'utf8'));

/** Maps the items in order, `chunk` of them at once, and yields to the event loop between chunks. */
export async function mapInChunks<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
  chunk = CHUNK,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += chunk) {
    if (start > 0) await setImmediate();
    results.push(...(await Promise.all(items.slice(start, start + chunk).map((item) => work(item)))));
  }
  return results;
}
