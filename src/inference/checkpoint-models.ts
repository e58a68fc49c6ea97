/**
 * Models of jobs that still train: made of a checkpoint by a process of its own when they are first asked for, and kept in
 * temporary folders as long as they are used.
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
  /** The checkpoints of a job, the newest last. */
  list: StartingPoints['list'];
  /** Their paths alone; a path never gets another content. */
  paths: (jobId: string) => Promise<readonly string[]>;
  converter: Pick<Converter, 'run'>;
  findDataset: (name: string) => Promise<DatasetInfo>;
}>;

type ConvertedCheckpoint = { model: Promise<ResolvedModel>; folder: string; usedAt: number };
type CheckpointListing = Readonly<{ paths: string; checkpoints: readonly StoredCheckpoint[] }>;

/** Models kept at once; beyond it those go that were not used for a minute, by when no request for them is open. */
const MAX_FOLDERS = 8;
const UNUSED_MS = 60_000;
/** How often a checkpoint is looked for that its job removes at the same moment. */
const ATTEMPTS = 3;

export type CheckpointModels = Awaited<ReturnType<typeof openCheckpointModels>>;

export async function openCheckpointModels(deps: CheckpointModelsDeps) {
  const { logger, list, paths, converter, findDataset } = deps;
  const root = await mkdtemp(join(tmpdir(), 'trainyard-checkpoints-'));
  const kept = new Map<string, ConvertedCheckpoint>();
  const listings = new Map<string, CheckpointListing>();
  let folders = 0;

  /** Read anew only when the job has other checkpoints than before: a model is resolved at every prediction. */
  async function checkpointsOf(jobId: string): Promise<readonly StoredCheckpoint[]> {
    const now = (await paths(jobId)).join('\n');
    const before = listings.get(jobId);
    if (before?.paths === now) return before.checkpoints;
    const checkpoints = await list(jobId);
    listings.set(jobId, { paths: now, checkpoints });
    for (const oldest of [...listings.keys()].slice(0, -MAX_FOLDERS)) listings.delete(oldest);
    return checkpoints;
  }

  async function convert(
    { id, spec }: Job,
    { path, header }: StoredCheckpoint,
    folder: string,
  ): Promise<ResolvedModel> {
    const { position, steps } = header;
    const info = await findDataset(spec.dataset.name);
    const manifest = await converter.run('checkpoint', { path, jobId: id, spec, info, folder });
    logger.info({ jobId: id, steps }, 'checkpoint converted to be served');
    const source = { job: id, name: spec.name, epoch: position.epoch - 1, steps };
    return { source, folder, digest: manifest.files.savedModel.sha256, manifest };
  }

  function modelOf(job: Job, checkpoint: StoredCheckpoint): Promise<ResolvedModel> {
    const key = `${checkpoint.sha256} ${checkpoint.path}`;
    const entry = kept.get(key) ?? begin(key, job, checkpoint);
    entry.usedAt = performance.now();
    kept.delete(key);
    kept.set(key, entry);
    removeUnused();
    return entry.model;
  }

  function begin(key: string, job: Job, checkpoint: StoredCheckpoint): ConvertedCheckpoint {
    const folder = join(root, String(++folders));
    const entry = { model: convert(job, checkpoint, folder), folder, usedAt: performance.now() };
    entry.model.catch((error: unknown) => {
      void rm(entry.folder, { recursive: true, force: true });
      // A damaged file stays so; anything else may go better the next time.
      if (!(error instanceof TrainyardError && error.code === 'model_corrupt')) kept.delete(key);
    });
    return entry;
  }

  function removeUnused(): void {
    for (const [key, { folder, usedAt }] of [...kept].slice(0, -MAX_FOLDERS)) {
      if (performance.now() - usedAt < UNUSED_MS) break;
      kept.delete(key);
      void rm(folder, { recursive: true, force: true });
    }
  }

  /** The checkpoints to try, in order. Throws `checkpoint_not_found` where there is none. */
  async function candidates(job: Job, choice: CheckpointChoice): Promise<StoredCheckpoint[]> {
    const checkpoints = await checkpointsOf(job.id);
    const best = checkpoints.at(-1)?.header.best;
    const found =
      choice === 'last' ? checkpoints.toReversed() : checkpoints.filter(({ header }) => header.steps === best?.steps);
    if (found.length > 0) return found;
    throw new TrainyardError('checkpoint_not_found', explain(job, choice, checkpoints));
  }

  return {
    /**
     * The best or the newest checkpoint of a job as a model; one that is damaged is left out for the one before. Throws
     * `checkpoint_not_found` where there is none, `model_corrupt` where none is whole.
     */
    async open(job: Job, choice: CheckpointChoice): Promise<ResolvedModel> {
      for (let attempt = 1; ; attempt++) {
        let fault: unknown;
        for (const checkpoint of await candidates(job, choice)) {
          try {
            return await modelOf(job, checkpoint);
          } catch (error) {
            if (!(error instanceof TrainyardError)) throw error;
            if (error.code !== 'model_corrupt' && error.code !== 'checkpoint_not_found') throw error;
            fault ??= error;
          }
        }
        listings.delete(job.id);
        if (attempt === ATTEMPTS) throw fault;
      }
    },

    /** Waits for what is under way, and removes the folders. */
    async close(): Promise<void> {
      await Promise.allSettled([...kept.values()].map(({ model }) => model));
      await rm(root, { recursive: true, force: true });
    },
  };
}

function explain(job: Job, choice: CheckpointChoice, checkpoints: readonly StoredCheckpoint[]): string {
  if (checkpoints.length === 0) return `Job ${job.id} is ${job.status} and has no checkpoint yet: ask again later.`;
  if (job.spec.dataset.validationSamples > 0)
    return `No epoch of job ${job.id} has been validated yet: ask again later.`;
  return `Job ${job.id} sets no images aside, so none of its epochs is the ${choice}: use job:${job.id}@last.`;
}
