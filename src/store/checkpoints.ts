/**
 * The checkpoints of one job: checkpoints/<job>/<attempt>/<steps>.safetensors. Each is written beside and renamed. An attempt begins by renaming the folder of the one before to its own number: from
 * that moment every path of the earlier attempt is gone, and a trainer of it that still lives can write nothing, and asks before
 * it stores a model.
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

/** How many of the newest are kept: the one before is used where the last is damaged. */
const NEWEST = 2;

const WRITING = '.writing-';

type Attempt = Readonly<{ checkpointsDir: string; jobId: string; attempt: number }>;

type CheckpointsOptions = Attempt &
  Readonly<{
    /** Epochs whose ends are kept, the latest, besides the best and the newest. Default 1. */
    checkpointsKept?: number;
  }>;

/**
 * Begins an attempt: takes over what the attempts before it have left. Throws `worker_stopped` where a later attempt has
 * begun already.
 */
export async function openCheckpoints(options: CheckpointsOptions) {
  const { jobId, attempt, checkpointsKept = 1 } = options;
  const root = pathIn(options.checkpointsDir, { jobId });
  const folder = pathIn(root, { attempt });
  const overtaken = (cause?: unknown) => overtakenError(options, cause);
  await fenceCheckpoints(options);
  await removeRemains(root, attempt);

  async function removeSuperseded(header: CheckpointHeader): Promise<void> {
    const kept = stepsWorthKeeping(header, checkpointsKept);
    const old = (await numbersIn(folder, CHECKPOINT_FILE)).slice(0, -NEWEST);
    for (const steps of old) if (!kept.has(steps)) await rm(join(folder, fileOf(steps)), { force: true });
  }

  async function write({ header, tensors }: Checkpoint): Promise<void> {
    const writing = join(folder, `${WRITING}${partOf('steps', header.steps)}`);
    try {
      await writeCheckpoint(writing, { header, tensors });
      await rename(writing, join(folder, fileOf(header.steps)));
      await syncFolder(folder);
      await removeSuperseded(header);
    } catch (error) {
      await rm(writing, { force: true }).catch(() => undefined); // the error above says why
      throw error;
    }
  }

  /** Set once the folder was removed by something else than an attempt: nobody can tell any more whether this one is the current one. */
  let removed: TrainyardError | undefined;

  /**
   * Returns what a missing folder means. A later attempt has renamed it; or something has removed it: then the weights are written
   * once more, into a new folder, and the attempt is to end.
   */
  async function explainAbsence(checkpoint: Checkpoint | undefined, cause: unknown): Promise<TrainyardError> {
    const attempts = await numbersIn(root, ATTEMPT);
    if (attempts.some((number) => number > attempt)) return overtaken(cause);
    const sentence = `The folder ${folder} of job ${jobId} was removed while the job trained`;
    removed = new TrainyardError('storage_unavailable', `${sentence}. Resume the job to go on.`, { cause });
    if (checkpoint === undefined) return removed;
    await mkdir(folder, { recursive: true });
    await write(checkpoint);
    for (const path of [root, options.checkpointsDir]) await syncFolder(path);
    return new TrainyardError(
      'storage_unavailable',
      `${sentence}. Its weights after step ${checkpoint.header.steps} were written anew: resume the job to go on from there.`,
      { cause },
    );
  }

  /** The checkpoint after so many steps, or what is wrong with it. */
  const read = (steps: number): Promise<Checkpoint | string> =>
    readCheckpoint(join(folder, fileOf(steps)), jobId).catch((error: unknown) => {
      if (hasCode(error, 'ENOENT')) return 'it is not there';
      throw error;
    });

  return {
    /**
     * Writes a checkpoint and removes what it supersedes. The numbers must not change until this resolves. Throws
     * `insufficient_storage` or `storage_unavailable` if it cannot be written, and `worker_stopped` if a later attempt has begun; the
     * checkpoints written before stay whole.
     */
    async save(checkpoint: Checkpoint): Promise<void> {
      const { steps } = checkpoint.header;
      const failed = (cause: unknown): TrainyardError =>
        asStorageError(cause, `The checkpoint of job ${jobId} after step ${steps} could not be written`, root);
      await write(checkpoint).catch(async (error: unknown) => {
        if (!hasCode(error, 'ENOENT')) throw failed(error);
        throw await explainAbsence(checkpoint, error).catch(failed);
      });
    },

    /** The newest that is whole, and what is wrong with each that is newer, one sentence each; those are removed. */
    async load(): Promise<Readonly<{ checkpoint: Checkpoint | undefined; faults: readonly string[] }>> {
      const faults: string[] = [];
      for (const steps of (await numbersIn(folder, CHECKPOINT_FILE)).reverse()) {
        const result = await read(steps);
        if (typeof result !== 'string') return { checkpoint: result, faults };
        faults.push(`The checkpoint after step ${steps} is left out: ${result}.`);
        await rm(join(folder, fileOf(steps)), { force: true });
      }
      return { checkpoint: undefined, faults };
    },

    /** Throws `worker_stopped` if a later attempt has begun, and `storage_unavailable` if the folder was removed. */
    async requireCurrent(): Promise<void> {
      if (removed !== undefined) throw removed;
      await stat(folder).catch(async (error: unknown) => {
        throw hasCode(error, 'ENOENT') ? await explainAbsence(undefined, error) : error;
      });
    },

    /** The one after so many steps of the run, or what is wrong with it, as the end of a sentence. */
    at: read,
  };
}

/**
 * Takes the checkpoints of the attempts before over: those can write nothing more. Of several attempts that begin at once, one renames
 * the folder; the others look again, and find it gone or a later one's. Throws `worker_stopped` where a later attempt has begun already.
 */
export async function fenceCheckpoints(options: Attempt): Promise<void> {
  const { checkpointsDir, jobId, attempt } = options;
  const root = await ownPathIn(checkpointsDir, { jobId });
  await mkdir(root, { recursive: true });
  const folder = await ownPathIn(root, { attempt });
  for (;;) {
    const newest = (await numbersIn(root, ATTEMPT)).at(-1) ?? attempt;
    if (newest > attempt) throw overtakenError(options);
    if (newest < attempt && !(await moved(await ownPathIn(root, { attempt: newest }), folder))) continue;
    await mkdir(folder, { recursive: true });
    return syncFolder(root);
  }
}

const overtakenError = ({ attempt, jobId }: Attempt, cause?: unknown): TrainyardError =>
  new TrainyardError('worker_stopped', `Attempt ${attempt} of job ${jobId} is over: a later one has begun.`, { cause });

/** Removes what attempts that were overtaken have left, and a write that did not end. */
async function removeRemains(root: string, attempt: number): Promise<void> {
  for (const old of await numbersIn(root, ATTEMPT)) {
    if (old < attempt) await rm(pathIn(root, { attempt: old }), { recursive: true, force: true });
  }
  const folder = pathIn(root, { attempt });
  for (const name of await namesIn(folder)) {
    if (name.startsWith(WRITING)) await rm(join(folder, name), { force: true });
  }
}

/** The steps of the best epoch, and of the ends of so many epochs before a checkpoint or at it. */
export function stepsWorthKeeping({ steps, position, best }: CheckpointHeader, epochs: number): Set<number> {
  const done = position.epoch - 1;
  const perEpoch = (steps - position.step) / Math.max(1, done);
  const ends = Array.from({ length: Math.min(epochs, done) }, (_, i) => (done - i) * perEpoch);
  return new Set(best === undefined ? ends : [...ends, best.steps]);
}

/** Paths of the checkpoints of a job, the newest last. */
export async function checkpointPaths(checkpointsDir: string, jobId: string): Promise<string[]> {
  const root = await ownPathIn(checkpointsDir, { jobId });
  const attempt = (await numbersIn(root, ATTEMPT)).at(-1);
  if (attempt === undefined) return [];
  const folder = await ownPathIn(root, { attempt });
  return (await numbersIn(folder, CHECKPOINT_FILE)).map((steps) => join(folder, fileOf(steps)));
}

/** Lists the ids of the jobs that have checkpoints. Links, and folders that are not named by an id, are nobody's. */
export async function jobsWithCheckpoints(checkpointsDir: string): Promise<string[]> {
  const entries = await entriesOf(checkpointsDir);
  return entries.filter((entry) => entry.isDirectory() && isPart('jobId', entry.name)).map(({ name }) => name);
}

/** Removes all that a job has left here. */
export const removeCheckpoints = (checkpointsDir: string, jobId: string): Promise<void> =>
  rm(pathIn(checkpointsDir, { jobId }), { recursive: true, force: true });

/** Renames a folder; false where it is not there any more. */
async function moved(from: string, to: string): Promise<boolean> {
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
