/** Resolver of model references: finds the folder, the graph digest and the manifest that a reference points to now. */

import { LRUCache } from 'lru-cache';
import { coalesce } from '../concurrency/coalesce.js';
import type { Job } from '../contracts/jobs/job.js';
import type { PredictableManifest } from '../contracts/models/model.js';
import {
  type CheckpointChoice,
  DEFAULT_LABEL,
  type PredictionSource,
  parseReference,
  REFERENCE_FORMS,
} from '../contracts/references/reference.js';
import { TrainyardError } from '../errors/errors.js';
import type { ModelStore, StoredModel } from '../store/index.js';

/** A model that can be loaded: a stored one, or one made from a checkpoint of a running job. */
export type ResolvedModel = Readonly<{
  /** Identifies the model in answers. */
  source: PredictionSource;
  /** Absolute path of the folder with the manifest's files. */
  folder: string;
  /** SHA-256 of the serving graph: models with the same digest give the same answers. */
  digest: string;
  manifest: PredictableManifest;
}>;

export type Resolver = ReturnType<typeof createResolver>;

type ResolverDeps = Readonly<{
  store: Pick<ModelStore, 'get' | 'labels' | 'names'>;
  findJob: (id: string) => Promise<Job | undefined>;
  /** Returns a checkpoint of a job as a model. Throws `checkpoint_not_found` if the job has none. */
  openCheckpoint: (job: Job, choice: CheckpointChoice) => Promise<ResolvedModel>;
}>;

/** References whose last resolved model is kept. */
const MAX_REFERENCES = 1_000;
/** Cache key of a request without a reference. No reference is empty. */
const NO_REFERENCE = '';

export function createResolver(deps: ResolverDeps) {
  const lastModels = new LRUCache<string, ResolvedModel>({ max: MAX_REFERENCES });

  /** Concurrent requests share one lookup. */
  const resolve = coalesce(async (reference: string | undefined): Promise<ResolvedModel> => {
    const model = await lookUp(deps, reference);
    lastModels.set(reference ?? NO_REFERENCE, model);
    return model;
  });

  return {
    /**
     * Returns the model that a reference points to now; without a reference, the version with the label `stable` of the only model
     * name. Throws
     *
     * - `invalid_request` if the text is not a reference, or if there is no reference and no such version,
     * - `model_not_found`, `label_not_found`, `job_not_found` or `checkpoint_not_found` if nothing has that name,
     * - `model_corrupt` if the manifest cannot be read.
     */
    resolve: (reference?: string): Promise<ResolvedModel> => resolve(reference),

    /** Returns the model that the reference last resolved to. It may point to another one by now. */
    lastResolved: (reference?: string): ResolvedModel | undefined => lastModels.get(reference ?? NO_REFERENCE),
  };
}

async function lookUp(deps: ResolverDeps, reference: string | undefined): Promise<ResolvedModel> {
  const { store } = deps;
  if (reference === undefined) return resolved(await findDefault(store));
  const parsed = parseReference(reference);
  switch (parsed?.kind) {
    case 'newest':
      return resolved(await store.get({ name: parsed.name }));
    case 'version':
      return resolved(await store.get(parsed));
    case 'label':
      return resolved(await findByLabel(store, parsed.name, parsed.label));
    case 'job':
      return findByJob(deps, parsed.jobId, parsed.choice);
    case undefined:
      throw new TrainyardError(
        'invalid_request',
        `"${reference.slice(0, 140)}" does not name a model. ${REFERENCE_FORMS}`,
      );
  }
}

/** Returns the version with the label `stable` of the only model name. Throws `invalid_request` with the names to choose from. */
async function findDefault(store: ResolverDeps['store']): Promise<StoredModel> {
  const names = await store.names();
  const [only] = names;
  if (only === undefined) throw noModels();
  if (names.length > 1) throw modelRequired(`there are ${listed(names)}. Send, for example, model=${only}`);
  const version = await store.labels.holderOf(only, DEFAULT_LABEL);
  if (version !== undefined) return store.get({ name: only, version });
  throw modelRequired(
    `no version of ${only} has the label "${DEFAULT_LABEL}". Send model=${only} for its newest version, or label a version with PUT /models/${only}/labels/${DEFAULT_LABEL}`,
  );
}

/** Model names that a refusal lists. */
const MAX_LISTED_NAMES = 20;

function listed(names: readonly string[]): string {
  const more = names.length > MAX_LISTED_NAMES ? `, and ${names.length - MAX_LISTED_NAMES} more` : '';
  return `${names.length} models: ${names.slice(0, MAX_LISTED_NAMES).join(', ')}${more}`;
}

function modelRequired(reason: string): TrainyardError {
  const message = `is required: ${reason}`;
  return new TrainyardError('invalid_request', `/model ${message}.`, { errors: [{ pointer: '/model', message }] });
}

const noModels = (): TrainyardError =>
  new TrainyardError(
    'model_not_found',
    'There is no model yet: train one with POST /jobs and ask again when the job has succeeded.',
  );

async function findByLabel(store: ResolverDeps['store'], name: string, label: string): Promise<StoredModel> {
  const version = await store.labels.holderOf(name, label);
  if (version !== undefined) return store.get({ name, version });
  await store.get({ name }); // throws `model_not_found` if the name does not exist either
  throw new TrainyardError(
    'label_not_found',
    `No version of model "${name}" has the label "${label}": GET /models/${name} lists the labels.`,
  );
}

/** Returns the job's checkpoint while it trains, and the model it has stored afterwards. */
async function findByJob(deps: ResolverDeps, jobId: string, choice: CheckpointChoice): Promise<ResolvedModel> {
  const job = await deps.findJob(jobId);
  if (job === undefined)
    throw new TrainyardError('job_not_found', `There is no job ${jobId}: GET /jobs lists all jobs.`);
  if (job.model !== undefined) return resolved(await deps.store.get(job.model));
  if (job.endedAt === undefined) return deps.openCheckpoint(job, choice);
  throw new TrainyardError('model_not_found', `Job ${jobId} ended as ${job.status} and has no model.`);
}

function resolved({ manifest, folder }: StoredModel): ResolvedModel {
  const { name, version, files } = manifest;
  return { source: { name, version }, folder, digest: files.savedModel.sha256, manifest };
}
