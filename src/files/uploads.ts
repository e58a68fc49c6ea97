/** Uploaded files: written to the disk as they arrive, and removed when their work is done. */
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { toTrainyardError } from '../errors/errors.js';
import { temporaryPath } from './leftovers.js';

export type Uploads = ReturnType<typeof createUploads>;

/** Writes uploads into temporary folders of `root`. If the process dies, the sweep of leftovers removes them. */
export function createUploads(root: string) {
  return {
    /**
     * Writes a stream to a file, calls `work` with its path, and removes the file. Keeps only one chunk in memory. Throws the
     * stream's own errors unchanged, and all others as `TrainyardError`.
     */
    async use<Result>(stream: Readable, work: (path: string) => Promise<Result>): Promise<Result> {
      const folder = temporaryPath(root);
      const path = join(folder, 'upload');
      stream.once('error', () => undefined); // an error before the first read is thrown by that read
      try {
        await asTrainyardError(mkdir(folder, { recursive: true }));
        await write(stream, path);
        return await asTrainyardError(work(path));
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

async function write(stream: Readable, path: string): Promise<void> {
  const file = await asTrainyardError(open(path, 'wx'));
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) await asTrainyardError(file.writeFile(chunk));
  } finally {
    await asTrainyardError(file.close());
  }
}

const asTrainyardError = <Result>(step: Promise<Result>): Promise<Result> =>
  step.catch((error: unknown) => {
    throw toTrainyardError(error);
  });
