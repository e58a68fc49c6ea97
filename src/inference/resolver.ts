/** The one place where a reference becomes a model: its folder, the digest of its graph, and its manifest. */
import { LRUCache } from 'lru-cache';
import { coalesce } from '../concurrency/coalesce.js';
import type { Job } from '../contracts/jobs/job.js';
import type { ServedManifest } from '../contracts/models/model.js';
import {
  type CheckpointChoice,
  parseReference,
  REFERENCE_FORMS,
  type Source,
} from '../contracts/references/reference.js';
import { TrainyardError } from '../errors/errors.js';
import type { ModelStore, StoredModel } from '../store/index.js';

/** A model that can be loaded: a stored one, or a checkpoint of a job that runs. */
export type ResolvedModel = Readonly<{
  /** What it is, for answers. */
  source: Source;
  /** Absolute; the files of the manifest lie in it. */
  folder: string;
  /** SHA-256 of the serving graph: models of one digest answer alike. */
  digest: string;
  manifest: ServedManifest;
}>;

export type Resolver = ReturnType<typeof createResolver>;

type ResolverDeps = Readonly<{
  store: Pick<ModelStore, 'get' | 'labels'>;
  /** A job by its id. */
  findJob: (id: string) => Promise<Job | undefined>;
  /** A checkpoint of a job as a model. Throws `checkpoint_not_found` where there is none. */
  openCheckpoint: (job: Job, choice: CheckpointChoice) => Promise<ResolvedModel>;
}>;

/** References whose meaning is recalled. */
const MAX_REFERENCES = 1_000;

export function createResolver({ store, findJob, openCheckpoint }: ResolverDeps) {
  async function ofLabel(name: string, label: string): Promise<StoredModel> {
    const version = await store.labels.holderOf(name, label);
    if (version !== undefined) return store.get({ name, version });
    await store.get({ name }); // says so where there is no such model
    throw new TrainyardError(
      'label_not_found',
      `No version of model "${name}" has the label "${label}": GET /models/${name} lists those it has.`,
    );
  }

  /** While the job trains: from its checkpoint; afterwards the model that it has stored. */
  async function ofJob(jobId: string, choice: CheckpointChoice): Promise<ResolvedModel> {
    const job = await findJob(jobId);
    if (job === undefined) {
      throw new TrainyardError('job_not_found', `There is no job ${jobId}: GET /jobs lists those there are.`);
    }
    if (job.model !== undefined) return resolved(await store.get(job.model));
    if (job.endedAt === undefined) return openCheckpoint(job, choice);
    throw new TrainyardError('model_not_found', `Job ${jobId} has ended as ${job.status} and has left no model.`);
  }

  async function look(reference: string | undefined): Promise<ResolvedModel> {
    if (reference === undefined) return resolved(await store.get());
    const parsed = parseReference(reference);
    switch (parsed?.kind) {
      case 'newest':
        return resolved(await store.get({ name: parsed.name }));
      case 'version':
        return resolved(await store.get(parsed));
      case 'label':
        return resolved(await ofLabel(parsed.name, parsed.label));
      case 'job':
        return ofJob(parsed.jobId, parsed.choice);
      case undefined:
        throw new TrainyardError(
          'invalid_request',
          `"${reference.slice(0, 140)}" does not name a model. ${REFERENCE_FORMS}`,
        );
    }
  }

  /** What each reference last resolved to. The key of no reference is the empty text, which is not a valid reference. */
  const known = new LRUCache<string, ResolvedModel>({ max: MAX_KNOWN });

  async function lookAndKeep(reference: string | undefined): Promise<ResolvedModel> {
    const model = await look(reference);
    known.delete(reference);
    known.set(reference, model);
    const [oldest] = known.keys();
    if (known.size > MAX_REFERENCES) known.delete(oldest);
    return model;
  }

  /** Requests that come together share a look at the store. */
  const shared = coalesce(lookAndKeep);

  return {
    /**
     * The model that a reference means now; without one, the model that was trained last. Throws `invalid_request` where
     * the text is no reference; `model_not_found`, `label_not_found`, `job_not_found` or `checkpoint_not_found` where there
     * is none; `model_corrupt` where its manifest cannot be read.
     */
    resolve: (reference?: string): Promise<ResolvedModel> => shared(reference),

    /** The model that a reference meant when it was last resolved: a guess at what it means now. */
    lastResolved: (reference?: string): ResolvedModel | undefined => known.get(reference),
  };
}

function resolved({ manifest, folder }: StoredModel): ResolvedModel {
  const { name, version, files } = manifest;
  return { source: { name, version }, folder, digest: files.savedModel.sha256, manifest };
}
