/**
 * What jobs start from: the checkpoints that other jobs have, and a copy of one, or of a model's weights, that the job which
 * starts from it keeps as its own: checkpoints/<job>/start.safetensors, a second name for the same file where the file system
 * has that. So neither the end of the other job nor any retention can take it away.
 */
import { copyFile, link, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BestEpoch, CheckpointHeader } from '../contracts/processes/checkpoint-header.js';
import { TrainyardError } from '../errors/errors.js';
import { ownPathIn, pathIn } from '../files/checked-paths.js';
import { syncFile, syncFolder } from '../files/durable.js';
import { hasCode } from '../files/error-codes.js';
import {
  type CheckpointTensors,
  describeCheckpoint,
  digestFault,
  fileFault,
  readHead,
  readTensors,
} from './checkpoint-file.js';
import { checkpointPaths } from './checkpoints.js';

/** A checkpoint of some job as it lies on the disk. */
export type StoredCheckpoint = Readonly<{ path: string; header: CheckpointHeader; sha256: string }>;

export type Starts = ReturnType<typeof createStarts>;

export function createStarts(checkpointsDir: string) {
  const folderOf = (jobId: string) => pathIn(checkpointsDir, { jobId });

  /**
   * The file's second name; a copy where the file system has none, or has the two on different disks. It is on the disk when this
   * resolves: the job's record, which names it, is written next.
   */
  async function keep(jobId: string, path: string): Promise<void> {
    await mkdir(await ownPathIn(checkpointsDir, { jobId }), { recursive: true });
    const target = startPath(checkpointsDir, jobId);
    try {
      await link(path, target);
    } catch (error) {
      if (hasCode(error, 'ENOENT') || hasCode(error, 'EEXIST')) throw error;
      await copyFile(path, target);
      await syncFile(target);
    }
    await syncFolder(folderOf(jobId));
    await syncFolder(checkpointsDir);
  }

  return {
    /** The checkpoints of a job, the newest last. One that cannot be read is left out. */
    async list(jobId: string): Promise<StoredCheckpoint[]> {
      const found: StoredCheckpoint[] = [];
      for (const path of await checkpointPaths(checkpointsDir, jobId)) {
        const described = await describeCheckpoint(path).catch((error: unknown) => {
          if (hasCode(error, 'ENOENT')) return 'it is gone';
          throw error;
        });
        if (typeof described !== 'string') found.push({ path, ...described });
      }
      return found;
    },

    /** Keeps a file as the start of a job; false where it is no longer there, as the checkpoint of a job that went on. */
    async keep(jobId: string, path: string): Promise<boolean> {
      try {
        await keep(jobId, path);
        return true;
      } catch (error) {
        await rm(folderOf(jobId), { recursive: true, force: true });
        if (hasCode(error, 'ENOENT')) return false;
        throw error;
      }
    },

    /** Takes back `keep`, where the job was not queued. */
    drop: (jobId: string): Promise<void> => rm(folderOf(jobId), { recursive: true, force: true }),
  };
}

const startPath = (checkpointsDir: string, jobId: string): string =>
  join(pathIn(checkpointsDir, { jobId }), 'start.safetensors');

/** The newest that did best, as the last checkpoint of its job says. */
export const bestOf = (checkpoints: readonly StoredCheckpoint[]): BestEpoch | undefined =>
  checkpoints.at(-1)?.header.best;

/** What a job starts from; `header` where it is a checkpoint. Throws `start_corrupt` where it is not there or not whole. */
export async function readStart(
  checkpointsDir: string,
  jobId: string,
  sha256: string,
): Promise<Readonly<{ header: CheckpointHeader | undefined; tensors: CheckpointTensors }>> {
  const path = startPath(checkpointsDir, jobId);
  const corrupt = (fault: string, cause?: unknown) =>
    new TrainyardError(
      'start_corrupt',
      `What the job starts from cannot be used: of ${path}, ${fault}. Submit it again.`,
      {
        cause,
      },
    );
  const file = await open(path).catch((cause: unknown) => {
    throw corrupt('the file cannot be opened', cause);
  });
  try {
    const described = await describeCheckpoint(path);
    const fault = typeof described === 'string' ? await fileFault(file, sha256) : await digestFault(file);
    if (fault !== undefined) throw corrupt(fault);
    const header = typeof described === 'string' ? undefined : described.header;
    return { header, tensors: await readTensors(file, await readHead(file)) };
  } finally {
    await file.close();
  }
}
