/** Files of Node.js, Deno and Bun. Browsers have none: there a path is refused, and a bundle contains no import of `node:fs`. */
import type * as Streams from 'node:fs';
import type * as Fs from 'node:fs/promises';
import type * as Url from 'node:url';

type Builtins = { process?: { getBuiltinModule?: (name: string) => unknown } };

/** Bytes read from a file at once. */
const CHUNK_BYTES = 256 * 1024;

const builtin = (name: string): unknown => (globalThis as Builtins).process?.getBuiltinModule?.(name);

/** Returns whether the runtime has files. Such runtimes can also send a request body while they make it. */
export const hasFiles = (): boolean => builtin('node:fs/promises') !== undefined;

/** Returns the module for files. Throws a TypeError in a browser. */
export function requireFiles(): typeof Fs {
  const files = builtin('node:fs/promises') as typeof Fs | undefined;
  if (files === undefined) throw new TypeError('There are no paths in a browser. Pass a Blob or a File instead.');
  return files;
}

/** Returns the path of a file URL, and a path as it is. */
export const pathOfFile = (path: string | URL): string =>
  typeof path === 'string' ? path : (builtin('node:url') as typeof Url).fileURLToPath(path);

/** Returns the bytes of a file. Ending the iteration early closes the file. */
export const readChunks = (path: string): AsyncIterable<Uint8Array> =>
  (builtin('node:fs') as typeof Streams).createReadStream(path, { highWaterMark: CHUNK_BYTES });
