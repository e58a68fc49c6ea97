/** Disk space by kind, and the removal of a job's checkpoints and event files on request. */
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { coalesce } from '../concurrency/coalesce.js';
import { isPart } from '../contracts/references/path-part.js';
import type { StorageEntry, StorageKind, StorageKindUse, StorageUse } from '../contracts/service/storage-use.js';
import { TrainyardError } from '../errors/errors.js';
import { spaceOf } from '../files/disk-space.js';
import { entriesOf } from '../files/entries.js';
import { sizeOf } from '../files/folder-size.js';
import { jobsWithCheckpoints, removeCheckpoints } from './checkpoints.js';

/** Number of the largest entries that an answer names. */
const LARGEST = 50;
/** Age up to which an answer reuses a measurement, in milliseconds. Measuring reads every folder. */
const FRESH_MS = 10_000;

/** A folder whose sub-folders are the entries. `isNested`: the folders in its sub-folders are. */
export type MeasuredFolder = Readonly<{
  kind: StorageKind;
  folder: string;
  isNested?: boolean;
  /** Whether the entries are named by the ids of jobs. Default false. */
  isOfJobs?: boolean;
}>;

/** Looks a job up. Undefined: unknown job. `endedAt` is set if the job has ended. */
type FindJob = (jobId: string) => Promise<Readonly<{ status: string; endedAt?: string }> | undefined>;

/** Tells which of some ids are jobs of the project, or jobs that the queue no longer knows and that may be shown. */
type OwnJobs = (jobIds: readonly string[]) => Promise<readonly string[]>;

type Options = Readonly<{
  dataDir: string;
  checkpointsDir: string;
  folders: readonly MeasuredFolder[];
  /** Jobs whose checkpoints and event files are shown and may be removed. Default: all. */
  ownJobs?: OwnJobs;
  find: FindJob;
  /** Removes the event files of a job. Resolves with false if it has none. */
  removeEventFiles: (jobId: string) => Promise<boolean>;
}>;

export type UsedSpace = ReturnType<typeof createUsedSpace>;

export function createUsedSpace(options: Options) {
  const { dataDir, checkpointsDir, folders, find, removeEventFiles, ownJobs = async (ids) => ids } = options;
  let latest: StorageUse | undefined;
  const measure = coalesce(async (_: 'all'): Promise<StorageUse> => {
    const [{ freeBytes }, { blocks, bsize }] = await Promise.all([spaceOf(dataDir), statfs(dataDir)]);
    const kinds: StorageKindUse[] = [];
    for (const folder of folders) kinds.push(await measureKind(folder, ownJobs));
    const measuredAt = new Date().toISOString();
    latest = { freeBytes: Math.floor(freeBytes), totalBytes: blocks * bsize, kinds, measuredAt };
    return latest;
  });

  const isOwn = async (jobId: string): Promise<boolean> =>
    isPart('jobId', jobId) && (await ownJobs([jobId])).length === 1;

  /** Throws `job_state` unless the job has ended, or the queue no longer knows it. */
  async function requireEnded(jobId: string, files: string): Promise<void> {
    const job = await find(jobId);
    if (job === undefined || job.endedAt !== undefined) return;
    throw new TrainyardError(
      'job_state',
      `Job ${jobId} is ${job.status} and needs its ${files}. Cancel it first, or wait until it has ended.`,
    );
  }

  return {
    /** Returns the space by kind, measured at most 10 seconds ago. */
    async use(): Promise<StorageUse> {
      const isFresh = latest !== undefined && Date.now() - Date.parse(latest.measuredAt) < FRESH_MS;
      return isFresh && latest !== undefined ? latest : measure('all');
    },

    /**
     * Removes the checkpoints of a job that has ended, or that the queue no longer knows. Throws `checkpoint_not_found`, and `job_state`
     * if the job still needs them.
     */
    async removeCheckpoints(jobId: string): Promise<void> {
      if (!(await isOwn(jobId)) || !(await jobsWithCheckpoints(checkpointsDir)).includes(jobId))
        throw new TrainyardError('checkpoint_not_found', `Job ${jobId.slice(0, 100)} has no checkpoints.`);
      await requireEnded(jobId, 'checkpoints');
      await removeCheckpoints(checkpointsDir, jobId);
      latest = undefined;
    },

    /**
     * Removes the TensorBoard event files of a job that has ended, or that the queue no longer knows, and nothing else of it. Throws
     * `event_files_not_found`, and `job_state` if the job still writes them.
     */
    async removeEventFiles(jobId: string): Promise<void> {
      const isKnown = await isOwn(jobId);
      if (isKnown) await requireEnded(jobId, 'event files');
      if (!isKnown || !(await removeEventFiles(jobId)))
        throw new TrainyardError('event_files_not_found', `Job ${jobId.slice(0, 100)} has no event files.`);
      latest = undefined;
    },
  };
}

type Measured = { bytes: number; entries: StorageEntry[] };

async function measureKind(
  { kind, folder, isNested = false, isOfJobs = false }: MeasuredFolder,
  ownJobs: OwnJobs,
): Promise<StorageKindUse> {
  const all = await measureFolder(folder, isNested);
  const measured = isOfJobs ? await onlyOf(ownJobs, all) : all;
  const largest = measured.entries.sort((one, other) => other.bytes - one.bytes).slice(0, LARGEST);
  return { kind, bytes: measured.bytes, entries: measured.entries.length, largest };
}

/** Returns the part of a measured folder that belongs to some jobs. */
async function onlyOf(ownJobs: OwnJobs, { bytes, entries }: Measured): Promise<Measured> {
  const own = new Set(await ownJobs(entries.map(({ name }) => name)));
  const [kept, others] = [entries.filter(({ name }) => own.has(name)), entries.filter(({ name }) => !own.has(name))];
  return { entries: kept, bytes: others.reduce((rest, entry) => rest - entry.bytes, bytes) };
}

async function measureFolder(folder: string, isNested: boolean): Promise<Measured> {
  const entries: StorageEntry[] = [];
  let bytes = 0;
  for (const entry of await entriesOf(folder)) {
    const path = join(folder, entry.name);
    // Names that begin with a dot are uploads and writes under way, or what a crash has left of them.
    const isEntry = entry.isDirectory() && !entry.name.startsWith('.');
    if (isEntry && isNested) {
      const inner = await measureFolder(path, false);
      entries.push(...inner.entries);
      bytes += inner.bytes;
      continue;
    }
    const size = await sizeOf(path);
    bytes += size.bytes;
    if (isEntry)
      entries.push({ name: entry.name, bytes: size.bytes, changedAt: new Date(size.changedMs).toISOString() });
  }
  return { bytes, entries };
}
