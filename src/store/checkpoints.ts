/**
 * Checkpoints of one job: checkpoints/<job>/<attempt>/<steps>.safetensors. Each is written under a temporary name, then renamed. An
 * attempt begins by renaming the folder of the attempt before to its own number. From then on a surviving trainer of the earlier
 * attempt finds no folder to write to, and `requireCurrent` stops it before it saves a model.
 */
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckpointHeader } from '../contracts/processes/checkpoint-header.js';
import { isPart } from '../contracts/references/path-part.js';
import { TrainyardError } from '../errors/errors.js';
import { ownPathIn, partOf, pathIn } from '../files/checked-paths.js';
import { syncFolder } from '../files/durable.js';
import { entriesOf, namesIn, numbersIn } from '../files/entries.js';
import { hasCode } from '../files/error-codes.js';
import { asStorageError } from '../files/storage.js';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from './checkpoint-file.js';

export type { Checkpoint, CheckpointTensors } from './checkpoint-file.js';

export type Checkpoints = Awaited<ReturnType<typeof openCheckpoints>>;

/** Newest checkpoints to keep: if the last is damaged, the one before is used. */
const NEWEST_KEPT = 2;

/** Begins the names of checkpoints that are being written. */
const TEMPORARY = '.writing-';

type Attempt = Readonly<{ checkpointsDir: string; jobId: string; attempt: number }>;

type CheckpointsOptions = Attempt &
  Readonly<{
    /** Last epochs whose end checkpoints are kept, besides the best and the newest ones. Default 1. */
    checkpointsKept?: number;
  }>;

/** Begins an attempt: takes over the checkpoints of the attempts before. Throws `worker_stopped` if a later attempt has begun. */
export async function openCheckpoints(options: CheckpointsOptions) {
  const { jobId, attempt, checkpointsKept = 1 } = options;
  const root = pathIn(options.checkpointsDir, { jobId });
  const folder = pathIn(root, { attempt });
  const overtaken = (cause?: unknown) => overtakenError(options, cause);
  await fenceCheckpoints(options);
  await removeLeftBehind(root, attempt);

  /** Set once something other than an attempt has removed the folder: this attempt can no longer prove that it is the current one. */
  let removed: TrainyardError | undefined;

  /**
   * Returns the error for a missing folder: either a later attempt has renamed it, or something has removed it. In the second case
   * this function first creates the folder again and writes the checkpoint there; the attempt must end.
   */
  async function explainAbsence(checkpoint: Checkpoint | undefined, cause: unknown): Promise<TrainyardError> {
    const attempts = await numbersIn(root, ATTEMPT);
    if (attempts.some((number) => number > attempt)) return overtaken(cause);
    const sentence = `The folder ${folder} of job ${jobId} was removed while the job trained`;
    removed = new TrainyardError('storage_unavailable', `${sentence}. Resume the job to continue.`, { cause });
    if (checkpoint === undefined) return removed;
    await mkdir(folder, { recursive: true });
    await writeAndPrune(folder, checkpoint, checkpointsKept);
    for (const path of [root, options.checkpointsDir]) await syncFolder(path);
    return new TrainyardError(
      'storage_unavailable',
      `${sentence}. The trainer created the folder again and saved the job's weights after step ${checkpoint.header.steps} there. Resume the job to continue from that step.`,
      { cause },
    );
  }

  return {
    /**
     * Writes a checkpoint and removes those that it supersedes. The tensors must not change until this resolves. Throws
     * `insufficient_storage` or `storage_unavailable` if it cannot be written, and `worker_stopped` if a later attempt has begun. Earlier
     * checkpoints stay intact.
     */
    async save(checkpoint: Checkpoint): Promise<void> {
      const { steps } = checkpoint.header;
      const failed = (cause: unknown): TrainyardError =>
        asStorageError(cause, `The checkpoint of job ${jobId} after step ${steps} could not be written`, root);
      await writeAndPrune(folder, checkpoint, checkpointsKept).catch(async (error: unknown) => {
        if (!hasCode(error, 'ENOENT')) throw failed(error);
        throw await explainAbsence(checkpoint, error).catch(failed);
      });
    },

    /** Returns the newest intact checkpoint. Removes newer, damaged ones and returns one sentence about each in `faults`. */
    load: () => loadNewest(folder, jobId),

    /** Throws `worker_stopped` if a later attempt has begun, and `storage_unavailable` if the folder was removed. */
    async requireCurrent(): Promise<void> {
      if (removed !== undefined) throw removed;
      await stat(folder).catch(async (error: unknown) => {
        throw hasCode(error, 'ENOENT') ? await explainAbsence(undefined, error) : error;
      });
    },

    /** Returns the checkpoint after a number of steps, or what is wrong with it, as a clause. */
    at: (steps: number) => readStep(folder, jobId, steps),
  };
}

/** Writes a checkpoint under a temporary name, renames it, and removes those that it supersedes. */
async function writeAndPrune(folder: string, { header, tensors }: Checkpoint, epochs: number): Promise<void> {
  const temporary = join(folder, `${TEMPORARY}${partOf('steps', header.steps)}`);
  try {
    await writeCheckpoint(temporary, { header, tensors });
    await rename(temporary, join(folder, fileOf(header.steps)));
    await syncFolder(folder);
    await removeSuperseded(folder, header, epochs);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined); // the error above says why
    throw error;
  }
}

/** Removes the checkpoints that this one supersedes. */
async function removeSuperseded(folder: string, header: CheckpointHeader, epochs: number): Promise<void> {
  const kept = stepsWorthKeeping(header, epochs);
  const old = (await numbersIn(folder, CHECKPOINT_FILE)).slice(0, -NEWEST_KEPT);
  for (const steps of old) if (!kept.has(steps)) await rm(join(folder, fileOf(steps)), { force: true });
}

/** Returns the checkpoint after `steps` steps, or what is wrong with it, as a clause. */
const readStep = (folder: string, jobId: string, steps: number): Promise<Checkpoint | string> =>
  readCheckpoint(join(folder, fileOf(steps)), jobId).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return 'it does not exist';
    throw error;
  });

/** Returns the newest intact checkpoint and removes newer, damaged ones. */
async function loadNewest(
  folder: string,
  jobId: string,
): Promise<Readonly<{ checkpoint: Checkpoint | undefined; faults: readonly string[] }>> {
  const faults: string[] = [];
  for (const steps of (await numbersIn(folder, CHECKPOINT_FILE)).reverse()) {
    const result = await readStep(folder, jobId, steps);
    if (typeof result !== 'string') return { checkpoint: result, faults };
    faults.push(`The checkpoint after step ${steps} is skipped: ${result}.`);
    await rm(join(folder, fileOf(steps)), { force: true });
  }
  return { checkpoint: undefined, faults };
}

/**
 * Takes over the checkpoints of the attempts before, which can write nothing more. Of several attempts that begin at once, one renames
 * the folder and the others list the folders again. Throws `worker_stopped` if a later attempt has begun.
 */
export async function fenceCheckpoints(options: Attempt): Promise<void> {
  const { checkpointsDir, jobId, attempt } = options;
  const root = await ownPathIn(checkpointsDir, { jobId });
  await mkdir(root, { recursive: true });
  const folder = await ownPathIn(root, { attempt });
  for (;;) {
    const newest = (await numbersIn(root, ATTEMPT)).at(-1) ?? attempt;
    if (newest > attempt) throw overtakenError(options);
    if (newest < attempt && !(await tryRename(await ownPathIn(root, { attempt: newest }), folder))) continue;
    await mkdir(folder, { recursive: true });
    return syncFolder(root);
  }
}

const overtakenError = ({ attempt, jobId }: Attempt, cause?: unknown): TrainyardError =>
  new TrainyardError('worker_stopped', `Attempt ${attempt} of job ${jobId} is over: a later attempt has begun.`, {
    cause,
  });

/** Removes the folders of earlier attempts, and checkpoints whose write was cut off. */
async function removeLeftBehind(root: string, attempt: number): Promise<void> {
  for (const old of await numbersIn(root, ATTEMPT)) {
    if (old < attempt) await rm(pathIn(root, { attempt: old }), { recursive: true, force: true });
  }
  const folder = pathIn(root, { attempt });
  for (const name of await namesIn(folder)) {
    if (name.startsWith(TEMPORARY)) await rm(join(folder, name), { force: true });
  }
}

/**
 * Returns the step counts of the checkpoints to keep: the best epoch's, and those at the end of the last `epochs` epochs that were
 * complete when this checkpoint was written.
 */
export function stepsWorthKeeping({ steps, position, best }: CheckpointHeader, epochs: number): Set<number> {
  const done = position.epoch - 1;
  const perEpoch = (steps - position.step) / Math.max(1, done);
  const ends = Array.from({ length: Math.min(epochs, done) }, (_, i) => (done - i) * perEpoch);
  return new Set(best === undefined ? ends : [...ends, best.steps]);
}

/** Returns the paths of a job's checkpoints, the newest last. */
export async function checkpointPaths(checkpointsDir: string, jobId: string): Promise<string[]> {
  const root = await ownPathIn(checkpointsDir, { jobId });
  const attempt = (await numbersIn(root, ATTEMPT)).at(-1);
  if (attempt === undefined) return [];
  const folder = await ownPathIn(root, { attempt });
  return (await numbersIn(folder, CHECKPOINT_FILE)).map((steps) => join(folder, fileOf(steps)));
}

/** Returns the ids of the jobs that have checkpoints. Ignores links, and folders whose name is not a job id. */
export async function jobsWithCheckpoints(checkpointsDir: string): Promise<string[]> {
  const entries = await entriesOf(checkpointsDir);
  return entries.filter((entry) => entry.isDirectory() && isPart('jobId', entry.name)).map(({ name }) => name);
}

/** Removes all checkpoints of a job, with its starting point. */
export const removeCheckpoints = (checkpointsDir: string, jobId: string): Promise<void> =>
  rm(pathIn(checkpointsDir, { jobId }), { recursive: true, force: true });

/** Renames a folder. Returns false if it does not exist. */
async function tryRename(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

const ATTEMPT = /^([0-9]+)$/;
const CHECKPOINT_FILE = /^([0-9]+)\.safetensors$/;
const fileOf = (steps: number): string => `${partOf('steps', steps)}.safetensors`;
