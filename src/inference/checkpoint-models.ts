/**
 * Models made from checkpoints of running jobs. A converter process makes one on its first request, in a temporary folder that is
 * removed when the model is no longer used.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import type { DatasetInfo } from '../contracts/datasets/dataset.js';
import type { Job } from '../contracts/jobs/job.js';
import type { CheckpointChoice } from '../contracts/references/reference.js';
import { TrainyardError } from '../errors/errors.js';
import type { Logger } from '../logging/logger.js';
import type { Converter } from '../processes/converter-process.js';
import type { StartingPoints, StoredCheckpoint } from '../store/starting-points.js';
import type { ResolvedModel } from './resolver.js';

type CheckpointModelsDeps = Readonly<{
  logger: Logger;
  /** Reads the checkpoints of a job, the newest last. */
  list: StartingPoints['list'];
  /** Lists the paths of a job's checkpoints. The file at a path never changes. */
  paths: (jobId: string) => Promise<readonly string[]>;
  converter: Pick<Converter, 'run'>;
  /** Returns the data set of a job. */
  findDataset: (job: Job) => Promise<DatasetInfo>;
}>;

type ConvertedCheckpoint = { model: Promise<ResolvedModel>; folder: string; usedAt: number };
type CheckpointListing = Readonly<{ paths: string; checkpoints: readonly StoredCheckpoint[] }>;

/** Jobs whose checkpoints are cached. */
const MAX_LISTINGS = 8;
/** Models that are kept even if they are not used. */
const MAX_FOLDERS = 8;
/** Further models are removed after this time without a request. By then every request for them has ended. */
const UNUSED_MS = 60_000;
/** Tries to find a checkpoint, which the job may remove at the same moment. */
const ATTEMPTS = 3;

export type CheckpointModels = Awaited<ReturnType<typeof openCheckpointModels>>;

export async function openCheckpointModels(deps: CheckpointModelsDeps) {
  const root = await mkdtemp(join(tmpdir(), 'trainyard-checkpoints-'));
  const listings = createListings(deps);
  const folders = createModelFolders(root, (job, checkpoint, folder) => convert(deps, job, checkpoint, folder));

  /** Returns the model of the first valid candidate, or the error of the first candidate. */
  async function firstValid(
    job: Job,
    candidates: readonly StoredCheckpoint[],
  ): Promise<ResolvedModel | TrainyardError> {
    let fault: TrainyardError | undefined;
    for (const checkpoint of candidates) {
      try {
        return await folders.modelOf(job, checkpoint);
      } catch (error) {
        if (!(error instanceof TrainyardError)) throw error;
        if (error.code !== 'model_corrupt' && error.code !== 'checkpoint_not_found') throw error;
        fault ??= error;
      }
    }
    return fault ?? new TrainyardError('checkpoint_not_found', `Job ${job.id} has no checkpoint.`);
  }

  return {
    /**
     * Returns the best or the newest checkpoint of a job as a model. If the newest is damaged, the one before is used. Throws
     * `checkpoint_not_found` if there is none, `model_corrupt` if none is valid.
     */
    async open(job: Job, choice: CheckpointChoice): Promise<ResolvedModel> {
      for (let attempt = 1; ; attempt++) {
        const model = await firstValid(job, candidatesOf(job, choice, await listings.of(job.id)));
        if (!(model instanceof TrainyardError)) return model;
        listings.forget(job.id);
        if (attempt === ATTEMPTS) throw model;
      }
    },

    /** Waits for conversions that have begun, and removes all folders. */
    async close(): Promise<void> {
      await folders.finished();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** Caches the checkpoints of jobs. Every prediction asks for them, so they are read again only if the list of files changes. */
function createListings({ list, paths }: CheckpointModelsDeps) {
  const listings = new LRUCache<string, CheckpointListing>({ max: MAX_LISTINGS });
  return {
    async of(jobId: string): Promise<readonly StoredCheckpoint[]> {
      const current = (await paths(jobId)).join('\n');
      const cached = listings.get(jobId);
      if (cached?.paths === current) return cached.checkpoints;
      const checkpoints = await list(jobId);
      listings.set(jobId, { paths: current, checkpoints });
      return checkpoints;
    },
    forget: (jobId: string): boolean => listings.delete(jobId),
  };
}

type Convert = (job: Job, checkpoint: StoredCheckpoint, folder: string) => Promise<ResolvedModel>;

/** Keeps each converted checkpoint in a folder of its own, and removes folders that are no longer used. */
function createModelFolders(root: string, convertInto: Convert) {
  /** In the order of their last use. Not an LRUCache: a folder stays while a request may still read it, however many there are. */
  const converted = new Map<string, ConvertedCheckpoint>();
  let folders = 0;

  function begin(key: string, job: Job, checkpoint: StoredCheckpoint): ConvertedCheckpoint {
    const folder = join(root, String(++folders));
    const entry = { model: convertInto(job, checkpoint, folder), folder, usedAt: performance.now() };
    entry.model.catch((error: unknown) => {
      void rm(entry.folder, { recursive: true, force: true });
      // The error of a damaged file is kept, because the file will not change. After other errors the next request tries again.
      if (!(error instanceof TrainyardError && error.code === 'model_corrupt')) converted.delete(key);
    });
    return entry;
  }

  function removeUnused(): void {
    for (const [key, { folder, usedAt }] of [...converted].slice(0, -MAX_FOLDERS)) {
      if (performance.now() - usedAt < UNUSED_MS) break;
      converted.delete(key);
      void rm(folder, { recursive: true, force: true });
    }
  }

  return {
    modelOf(job: Job, checkpoint: StoredCheckpoint): Promise<ResolvedModel> {
      const key = `${checkpoint.sha256} ${checkpoint.path}`;
      const entry = converted.get(key) ?? begin(key, job, checkpoint);
      entry.usedAt = performance.now();
      converted.delete(key);
      converted.set(key, entry);
      removeUnused();
      return entry.model;
    },
    /** Waits for all conversions. */
    async finished(): Promise<void> {
      await Promise.allSettled([...converted.values()].map(({ model }) => model));
    },
  };
}

async function convert(
  { logger, converter, findDataset }: CheckpointModelsDeps,
  job: Job,
  { path, header }: StoredCheckpoint,
  folder: string,
): Promise<ResolvedModel> {
  const { id, spec } = job;
  const { position, steps } = header;
  const info = await findDataset(job);
  const manifest = await converter.run('checkpoint', { path, jobId: id, spec, info, folder });
  logger.info({ jobId: id, steps }, 'checkpoint converted to a model');
  const source = { job: id, name: spec.name, epoch: position.epoch - 1, steps };
  return { source, folder, digest: manifest.files.savedModel.sha256, manifest };
}

/** Returns the checkpoints to try, in order. Throws `checkpoint_not_found` if there is none. */
function candidatesOf(
  job: Job,
  choice: CheckpointChoice,
  checkpoints: readonly StoredCheckpoint[],
): StoredCheckpoint[] {
  const best = checkpoints.at(-1)?.header.best;
  const found =
    choice === 'last' ? checkpoints.toReversed() : checkpoints.filter(({ header }) => header.steps === best?.steps);
  if (found.length > 0) return found;
  throw new TrainyardError('checkpoint_not_found', explainMissing(job, choice, checkpoints));
}

function explainMissing(job: Job, choice: CheckpointChoice, checkpoints: readonly StoredCheckpoint[]): string {
  if (checkpoints.length === 0) return `Job ${job.id} is ${job.status} and has no checkpoint yet. Try again later.`;
  if (job.spec.dataset.validationSamples > 0) {
    return `No epoch of job ${job.id} has a validation score yet. Try again later, or use job:${job.id}@last.`;
  }
  return `Job ${job.id} has no validation images, so it has no ${choice} epoch. Use job:${job.id}@last.`;
}
