/**
 * Retention of the checkpoints of ended jobs. Keeps the last, the best and the ends of the last epochs, so that other jobs can start
 * from them, up to an age and a number of jobs. It lists the folders on the disk, so it also removes those of forgotten jobs.
 */
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pathIn } from '../files/checked-paths.js';
import { hasCode } from '../files/error-codes.js';
import { describeCheckpoint } from './checkpoint-file.js';
import { checkpointPaths, jobsWithCheckpoints, removeCheckpoints, stepsWorthKeeping } from './checkpoints.js';

const MS_PER_DAY = 86_400_000;
/** A job that the queue does not know may be about to be queued, or belong to another queue: a younger folder is kept. */
const MIN_UNKNOWN_AGE_MS = MS_PER_DAY;

export type CheckpointRetention = Readonly<{
  /** Removes the checkpoints of jobs that ended more than this many days ago. 0: no limit. */
  days: number;
  /** Keeps the checkpoints of this many jobs, those that ended last. 0: no limit. */
  count: number;
  /** Last epochs of each job whose end checkpoints are kept. Default 1. */
  checkpointsKept?: number;
}>;

/** Looks a job up. Undefined: unknown job. `endedAt` is set if the job has ended. */
type FindJob = (jobId: string) => Promise<Readonly<{ endedAt?: string }> | undefined>;

export function createCheckpointRetention(
  deps: Readonly<{ checkpointsDir: string; find: FindJob }> & CheckpointRetention,
) {
  const { checkpointsDir, find, days, count, checkpointsKept = 1 } = deps;
  const keepEnds = (jobId: string) => keepEndsOf(checkpointsDir, jobId, checkpointsKept);

  /** Returns when a job ended, in ms since 1970; for an unknown job, when its folder last changed. Undefined: keep it. */
  async function endOf(jobId: string, now: number): Promise<number | undefined> {
    const job = await find(jobId);
    if (job !== undefined) return job.endedAt === undefined ? undefined : Date.parse(job.endedAt);
    const changed = await lastChange(pathIn(checkpointsDir, { jobId }));
    return changed === undefined || now - changed < MIN_UNKNOWN_AGE_MS ? undefined : changed;
  }

  async function removeIf(jobId: string, isDue: boolean): Promise<boolean> {
    if (!isDue && (await keepEnds(jobId))) return false;
    await removeCheckpoints(checkpointsDir, jobId);
    return true;
  }

  return {
    /**
     * Removes the surplus checkpoints of ended jobs, and all checkpoints of jobs that are due at `now` (ms). Returns how many jobs
     * have lost all checkpoints. Several processes may sweep at the same time.
     */
    async sweep(now = Date.now()): Promise<number> {
      const ended: { jobId: string; at: number }[] = [];
      const failures: unknown[] = [];
      /** Continues with the other jobs after an error. */
      const orUndefined = <T>(work: Promise<T>): Promise<T | undefined> =>
        work.catch((error: unknown) => void failures.push(error));
      for (const jobId of await jobsWithCheckpoints(checkpointsDir)) {
        const at = await orUndefined(endOf(jobId, now));
        if (at !== undefined) ended.push({ jobId, at });
      }
      ended.sort((one, other) => other.at - one.at);
      let removed = 0;
      for (const [rank, { jobId, at }] of ended.entries()) {
        const isDue = (days > 0 && at < now - days * MS_PER_DAY) || (count > 0 && rank >= count);
        if (await orUndefined(removeIf(jobId, isDue))) removed += 1;
      }
      if (failures.length > 0) throw failures[0];
      return removed;
    },

    /** Removes the surplus checkpoints of a job that has just ended. */
    async ended(jobId: string): Promise<void> {
      if (!(await keepEnds(jobId))) await removeCheckpoints(checkpointsDir, jobId);
    },
  };
}

/** Keeps the last checkpoint of a job, the best one and the ends of its last epochs; removes its starting point. False if it has none. */
async function keepEndsOf(checkpointsDir: string, jobId: string, epochs: number): Promise<boolean> {
  const paths = await checkpointPaths(checkpointsDir, jobId);
  await rm(join(pathIn(checkpointsDir, { jobId }), 'start.safetensors'), { force: true });
  const last = paths.at(-1);
  if (last === undefined) return false;
  const others = paths.slice(0, -1);
  if (others.length === 0) return true;
  const described = await describeCheckpoint(last).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return 'it was removed';
    throw error;
  });
  if (typeof described === 'string') return true; // the error is reported to whoever reads the checkpoint
  const kept = stepsWorthKeeping(described.header, epochs);
  for (const path of others) if (!kept.has(stepsIn(path))) await rm(path, { force: true });
  return true;
}

const stepsIn = (path: string): number => Number(basename(path, '.safetensors'));

/** Returns when a folder or an entry in it last changed, in ms since 1970. Undefined if it was removed. */
async function lastChange(folder: string): Promise<number | undefined> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const times = await Promise.all([folder, ...names.map((name) => join(folder, name))].map(changeOf));
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

const changeOf = (path: string): Promise<number | undefined> =>
  stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
