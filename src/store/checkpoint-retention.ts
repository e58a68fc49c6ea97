/**
 * What stays of the checkpoints of jobs that have ended: the last, the best and the ends of the last epochs, so that other jobs can
 * start from them, until they are old or more than are kept. It goes by the folders there are, so nothing of a job that is forgotten elsewhere stays.
 */
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pathIn } from '../files/checked-paths.js';
import { hasCode } from '../files/error-codes.js';
import { describeCheckpoint } from './checkpoint-file.js';
import { checkpointPaths, jobsWithCheckpoints, removeCheckpoints, stepsWorthKeeping } from './checkpoints.js';

const MS_PER_DAY = 86_400_000;
/** A job that the queue does not know may be about to be queued, or another queue's: younger ones are left alone. */
const UNKNOWN_AGE_MS = MS_PER_DAY;

export type CheckpointRetention = Readonly<{
  /** Checkpoints of jobs that ended longer ago are removed; 0: none for its age. */
  days: number;
  /** Ended jobs whose checkpoints are kept, the latest; 0: any number. */
  count: number;
  /** Epochs of each whose ends are kept, the latest. Default 1. */
  checkpointsKept?: number;
}>;

/** What is known of a job: undefined where it is not, `endedAt` where it has ended. */
type Find = (jobId: string) => Promise<Readonly<{ endedAt?: string }> | undefined>;

export function createCheckpointRetention(
  deps: Readonly<{ checkpointsDir: string; find: Find }> & CheckpointRetention,
) {
  const { checkpointsDir, find, days, count, checkpointsKept = 1 } = deps;
  const keepEnds = (jobId: string) => keepEndsOf(checkpointsDir, jobId, checkpointsKept);

  /** When a job ended, in ms; of one that is not known, when its folder last changed. Undefined: it is to stay. */
  async function endOf(jobId: string, now: number): Promise<number | undefined> {
    const job = await find(jobId);
    if (job !== undefined) return job.endedAt === undefined ? undefined : Date.parse(job.endedAt);
    const changed = await lastChange(pathIn(checkpointsDir, { jobId }));
    return changed === undefined || now - changed < UNKNOWN_AGE_MS ? undefined : changed;
  }

  async function removeIf(jobId: string, isDue: boolean): Promise<boolean> {
    if (!isDue && (await keepEnds(jobId))) return false;
    await removeCheckpoints(checkpointsDir, jobId);
    return true;
  }

  return {
    /**
     * Takes what is not needed of jobs that have ended, and all of those that are due at `now` (ms); answers how many jobs have
     * none any more. Several processes may do it at the same time.
     */
    async sweep(now = Date.now()): Promise<number> {
      const ended: { jobId: string; at: number }[] = [];
      const failures: unknown[] = [];
      /** One job that cannot be looked at keeps none of the others. */
      const orNothing = <T>(work: Promise<T>): Promise<T | undefined> =>
        work.catch((error: unknown) => void failures.push(error));
      for (const jobId of await jobsWithCheckpoints(checkpointsDir)) {
        const at = await orNothing(endOf(jobId, now));
        if (at !== undefined) ended.push({ jobId, at });
      }
      ended.sort((one, other) => other.at - one.at);
      let removed = 0;
      for (const [place, { jobId, at }] of ended.entries()) {
        const isDue = (days > 0 && at < now - days * MS_PER_DAY) || (count > 0 && place >= count);
        if (await orNothing(removeIf(jobId, isDue))) removed += 1;
      }
      if (failures.length > 0) throw failures[0];
      return removed;
    },

    /** The same for one job that has just ended. */
    async ended(jobId: string): Promise<void> {
      if (!(await keepEnds(jobId))) await removeCheckpoints(checkpointsDir, jobId);
    },
  };
}

/** Leaves the last checkpoint of a job, its best and the ends of its last epochs, and nothing it started from; false where it has none. */
async function keepEndsOf(checkpointsDir: string, jobId: string, epochs: number): Promise<boolean> {
  const paths = await checkpointPaths(checkpointsDir, jobId);
  await rm(join(pathIn(checkpointsDir, { jobId }), 'start.safetensors'), { force: true });
  const last = paths.at(-1);
  if (last === undefined) return false;
  const others = paths.slice(0, -1);
  if (others.length === 0) return true;
  const described = await describeCheckpoint(last).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return 'it is gone';
    throw error;
  });
  if (typeof described === 'string') return true; // whoever reads it says so
  const kept = stepsWorthKeeping(described.header, epochs);
  for (const path of others) if (!kept.has(stepsIn(path))) await rm(path, { force: true });
  return true;
}

const stepsIn = (path: string): number => Number(basename(path, '.safetensors'));

/** The latest change of a folder or of what lies in it, in ms; undefined where it is gone. */
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
