/** Files that arrive over the network: written as they come, into a folder that goes when its work is done or its process has died. */
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { toTrainyardError } from '../errors.js';
import { SAVING } from './folders.js';

export type Uploads = ReturnType<typeof createUploads>;

export function createUploads(modelsDir: string) {
  return {
    /** Writes a stream to a file and uses it; afterwards, and where anything fails, it is removed. Memory stays small. */
    async use<Result>(stream: Readable, work: (path: string) => Promise<Result>): Promise<Result> {
      const folder = join(modelsDir, SAVING + randomUUID());
      const path = join(folder, 'upload');
      try {
        await mkdir(folder, { recursive: true });
        await pipeline(stream, createWriteStream(path, { flags: 'wx' }));
        return await work(path);
      } catch (error) {
        throw toTrainyardError(error);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}
