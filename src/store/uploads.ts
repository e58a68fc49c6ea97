/** Files that arrive over the network: written as they come, into a folder that goes when its work is done or its process has died. */
import { randomUUID } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { toTrainyardError } from '../errors/errors.js';
import { SAVING } from './folders.js';

export type Uploads = ReturnType<typeof createUploads>;

export function createUploads(modelsDir: string) {
  return {
    /**
     * Writes a stream to a file and uses it; afterwards, and where anything fails, it is removed. Memory stays small. What the stream
     * itself fails with is thrown as it is; what fails here is a `TrainyardError`.
     */
    async use<Result>(stream: Readable, work: (path: string) => Promise<Result>): Promise<Result> {
      const folder = join(modelsDir, SAVING + randomUUID());
      const path = join(folder, 'upload');
      stream.once('error', () => undefined); // it may fail before it is read, which throws it then
      try {
        await ours(mkdir(folder, { recursive: true }));
        await write(stream, path);
        return await ours(work(path));
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

async function write(stream: Readable, path: string): Promise<void> {
  const file = await ours(open(path, 'wx'));
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) await ours(file.writeFile(chunk));
  } finally {
    await ours(file.close());
  }
}

const ours = <Result>(step: Promise<Result>): Promise<Result> =>
  step.catch((error: unknown) => {
    throw toTrainyardError(error);
  });
