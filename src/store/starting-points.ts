/**
 * Starting points of jobs. A job that starts from a checkpoint or from a model's weights keeps its own hard link or copy of that
 * file, checkpoints/<job>/start.safetensors, so no retention can remove it.
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

/** A checkpoint on the disk. */
export type StoredCheckpoint = Readonly<{ path: string; header: CheckpointHeader; sha256: string }>;

export type StartingPoints = ReturnType<typeof createStartingPoints>;

export function createStartingPoints(checkpointsDir: string) {
  const folderOf = (jobId: string) => pathIn(checkpointsDir, { jobId });

  /**
   * Links the file into the job's folder, or copies it if it cannot be linked. Waits until it is on the disk: the job's record, which
   * refers to it, is written next.
   */
  async function linkOrCopy(jobId: string, path: string): Promise<void> {
    await mkdir(await ownPathIn(checkpointsDir, { jobId }), { recursive: true });
    const target = startPath(checkpointsDir, jobId);
    try {
      await link(path, target);
    } catch (error) {
      if (hasCode(error, 'ENOENT', 'EEXIST')) throw error;
      await copyFile(path, target);
      await syncFile(target);
    }
    await syncFolder(folderOf(jobId));
    await syncFolder(checkpointsDir);
  }

  return {
    /** Returns the readable checkpoints of a job, the newest last. */
    async list(jobId: string): Promise<StoredCheckpoint[]> {
      const found: StoredCheckpoint[] = [];
      for (const path of await checkpointPaths(checkpointsDir, jobId)) {
        const described = await describeCheckpoint(path).catch((error: unknown) => {
          if (hasCode(error, 'ENOENT')) return 'it was removed';
          throw error;
        });
        if (typeof described !== 'string') found.push({ path, ...described });
      }
      return found;
    },

    /** Keeps a file as the starting point of a job. Returns false if it was removed, as a checkpoint of a running job may be. */
    async keep(jobId: string, path: string): Promise<boolean> {
      try {
        await linkOrCopy(jobId, path);
        return true;
      } catch (error) {
        await rm(folderOf(jobId), { recursive: true, force: true });
        if (hasCode(error, 'ENOENT')) return false;
        throw error;
      }
    },

    /** Undoes `keep` if the job was not queued after all. */
    drop: (jobId: string): Promise<void> => rm(folderOf(jobId), { recursive: true, force: true }),
  };
}

const startPath = (checkpointsDir: string, jobId: string): string =>
  join(pathIn(checkpointsDir, { jobId }), 'start.safetensors');

/** Returns the best epoch, according to the last checkpoint of the job. */
export const bestOf = (checkpoints: readonly StoredCheckpoint[]): BestEpoch | undefined =>
  checkpoints.at(-1)?.header.best;

/** Reads the starting point of a job; `header` is undefined if it is a model's weights. Throws `start_corrupt`. */
export async function readStartingPoint(
  checkpointsDir: string,
  jobId: string,
  sha256: string,
): Promise<Readonly<{ header: CheckpointHeader | undefined; tensors: CheckpointTensors }>> {
  const path = startPath(checkpointsDir, jobId);
  const corrupt = (fault: string, cause?: unknown) =>
    new TrainyardError(
      'start_corrupt',
      `The starting point of the job cannot be used: ${path}: ${fault}. Submit the job again.`,
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
