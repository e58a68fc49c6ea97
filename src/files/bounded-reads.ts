/** File reading with bounded concurrency: many clients that list models open few files and leave the event loop responsive. */
import { readFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { createConcurrencyLimit } from '../concurrency/concurrency-limit.js';

/** Limits the files that this process reads at once. */
const READS = createConcurrencyLimit(64);
/** Items per chunk, default 32. Parsing 32 manifests blocks the event loop for a few milliseconds. */
const CHUNK = 32;

/** Reads a UTF-8 file. Waits while this process reads 64 others. */
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
