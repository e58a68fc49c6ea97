/** Uploaded files: written to the disk as they arrive, and removed when their work is done. */
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { toTrainyardError } from '../errors/errors.js';
import { temporaryPath } from './leftovers.js';

export type Uploads = ReturnType<typeof createUploads>;

/** Writes uploads into temporary folders of `root`. If the process dies, the sweep of leftovers removes them. */
export function createUploads(root: string) {
  async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
    const folder = temporaryPath(root);
    try {
      await asTrainyardError(mkdir(folder, { recursive: true }));
      return await work(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  return {
    /** Calls `work` with a temporary folder, and removes the folder. Throws `TrainyardError`. */
    useFolder: <Result>(work: (folder: string) => Promise<Result>): Promise<Result> =>
      inFolder((folder) => asTrainyardError(work(folder))),

    /**
     * Writes a stream to a file, calls `work` with its path, and removes the file. Keeps only one chunk in memory. Throws the
     * stream's own errors unchanged, and all others as `TrainyardError`. Calls `onBytes` with the number of bytes of each chunk.
     */
    use<Result>(
      stream: Readable,
      work: (path: string) => Promise<Result>,
      onBytes?: (bytes: number) => void,
    ): Promise<Result> {
      stream.once('error', () => undefined); // an error before the first read is thrown by that read
      return inFolder(async (folder) => {
        const path = join(folder, 'upload');
        await write(stream, path, onBytes);
        return asTrainyardError(work(path));
      });
    },
  };
}

async function write(stream: Readable, path: string, onBytes?: (bytes: number) => void): Promise<void> {
  const file = await asTrainyardError(open(path, 'wx'));
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      await asTrainyardError(file.writeFile(chunk));
      onBytes?.(chunk.length);
    }
  } finally {
    await asTrainyardError(file.close());
  }
}

const asTrainyardError = <Result>(step: Promise<Result>): Promise<Result> =>
  step.catch((error: unknown) => {
    throw toTrainyardError(error);
  });
