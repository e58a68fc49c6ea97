/** Files of Node.js, Deno and Bun. Browsers have none: there a path is refused, and a bundle contains no import of `node:fs`. */
import type * as Fs from 'node:fs/promises';
import type * as Path from 'node:path';
import type * as Url from 'node:url';

type Builtins = { process?: { getBuiltinModule?: (name: string) => unknown } };

/** Bytes read from a file at once. */
const CHUNK_BYTES = 256 * 1024;

/** Returns the modules for files, or undefined in a browser. */
export function platformFiles() {
  const builtin = (name: string): unknown => (globalThis as Builtins).process?.getBuiltinModule?.(name);
  const fs = builtin('node:fs/promises') as typeof Fs | undefined;
  const path = builtin('node:path') as typeof Path | undefined;
  const url = builtin('node:url') as typeof Url | undefined;
  return fs && path && url && { fs, path, url };
}

/** Returns the modules for files. Throws a TypeError in a browser. */
export function requireFiles() {
  const files = platformFiles();
  if (files === undefined) throw new TypeError('There are no paths in a browser. Pass a Blob or a File instead.');
  return files;
}

/** Yields the bytes of a file. */
export async function* readChunks(path: string | URL): AsyncGenerator<Uint8Array> {
  const file = await requireFiles().fs.open(path);
  try {
    for (;;) {
      const { bytesRead, buffer } = await file.read(new Uint8Array(CHUNK_BYTES));
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
