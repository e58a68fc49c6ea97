/**
 * Store of trained models, one folder each: models/<name>/<version>/{manifest.json, weights.safetensors, saved_model/}.
 * A model is written under a temporary name and then renamed, so a folder named by a version is always complete.
 */
import { mkdir } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import type { EndReason } from '../contracts/jobs/stop-reason.js';
import { classesFault } from '../contracts/models/class-list.js';
import type { ModelDescription, ModelManifest } from '../contracts/models/model.js';
import type { ModelVersion } from '../contracts/models/stored-model.js';
import type { ModelReference } from '../contracts/references/model-reference.js';
import { TrainyardError } from '../errors/errors.js';
import { removeLeftovers } from '../files/leftovers.js';
import { asStorageError } from '../files/storage.js';
import { isModelName, noModel, noVersion, versionsOf } from './folders.js';
import { openModelEvaluations } from './model-evaluations.js';
import { type ModelFiles, measureFiles, readModelFile } from './model-files.js';
import { createLabels } from './model-labels.js';
import { createModelLists } from './model-lists.js';
import { createModelReader, type StoredModel, type VersionChoice } from './model-reader.js';
import { removeModel, removeVersion } from './remove-model.js';
import { saveModel } from './save-model.js';

export type { ModelFiles } from './model-files.js';
export type { Page, StoredSummary, SummaryPage } from './model-lists.js';
export type { StoredModel } from './model-reader.js';

/** The model that a job has saved, and why the job's run ended. */
export type SavedModel = Readonly<{ model: ModelReference; reason?: EndReason }>;

export type ModelStore = Awaited<ReturnType<typeof openModelStore>>;

type StoreOptions = Readonly<{
  /** Called once for each corrupt model that a list leaves out. */
  onCorrupt?: (error: TrainyardError) => void;
  /** Changes kept of each label. Default `LABEL_HISTORY`. */
  labelHistory?: number;
}>;

/** Opens the store in `modelsDir`. Creates the folder, and removes what crashed saves have left in it. */
export async function openModelStore(modelsDir: string, { onCorrupt, labelHistory }: StoreOptions = {}) {
  const root = resolve(modelsDir);
  await mkdir(root, { recursive: true }).catch((error: unknown) => {
    throw asStorageError(error, 'No model can be stored', root);
  });
  await removeLeftovers(root);
  const reader = createModelReader(root, onCorrupt);
  const readManifest = async (reference: ModelReference): Promise<ModelManifest> =>
    (await reader.get(reference)).manifest;
  const { findPair } = openModelEvaluations(root);
  const labels = createLabels(root, { readManifest, findPair }, labelHistory);

  /** Returns the model that a job has saved under a name; undefined if there is none. */
  async function savedBy(jobId: string, name: string): Promise<SavedModel | undefined> {
    const models = await reader.loadAll(name, await versionsOf(root, name), 'file');
    const saved = models.find(({ manifest }) => manifest.jobId === jobId);
    if (saved === undefined) return undefined;
    const { version, reason } = saved.manifest;
    return { model: { name, version }, ...(reason && { reason }) };
  }

  /** Returns why a model with these classes cannot become the next version of a name; undefined if it can. */
  async function nameFault(name: string, classes: readonly string[]): Promise<string | undefined> {
    const newest = await reader.newestOf(name, await versionsOf(root, name), 'file');
    return newest && classesFault(newest.manifest, classes);
  }

  /** Throws `classes_differ` if the newest version of a name has other classes. */
  async function requireClasses(name: string, classes: readonly string[]): Promise<void> {
    const fault = await nameFault(name, classes);
    if (fault === undefined) return;
    throw new TrainyardError('classes_differ', `The model's name ${fault}.`);
  }

  return {
    ...createModelLists(root, { reader, labels }),
    labels,
    savedBy,
    nameFault,
    requireClasses,

    /** Returns whether a folder is that of a model in this store. */
    holds: (folder: string): boolean => folder.startsWith(root + sep),

    /** Returns the content of one of a model's files, checked by its digest. Undefined if the model has no such file. */
    readFile: readModelFile,

    /**
     * Saves a model under the next free version of its name. If its job has already saved one under this name, returns that one.
     * `confirm` is called right before the model gets its version, and may throw. Throws `classes_differ` if the newest version has
     * other classes, and `insufficient_storage` or `storage_unavailable` if the model cannot be written; then it leaves nothing behind.
     */
    save: (description: ModelDescription, files: ModelFiles, confirm?: () => Promise<void>): Promise<ModelReference> =>
      saveModel(root, {
        ...{ description, files, confirm, requireClasses },
        findSaved: async (jobId, name) => (await savedBy(jobId, name))?.model,
      }),

    /** Returns a version, or the newest version of a name. Throws `model_not_found` or `model_corrupt`. */
    get: (choice: VersionChoice): Promise<StoredModel> => reader.get(choice),

    /** Returns a version with its labels and the sizes of its files. Throws `model_not_found` or `model_corrupt`. */
    inspect: async (reference: ModelReference): Promise<Omit<ModelVersion, 'state'>> =>
      inspected(await reader.get(reference), await labels.list(reference.name)),

    /** Removes a version, or without `version` all of a name. Throws `model_not_found`, and `label_held` if it has a label. */
    async remove({ name, version }: Readonly<{ name: string; version?: number }>): Promise<void> {
      const versions = isModelName(name) ? await versionsOf(root, name) : [];
      if (versions.length === 0) throw noModel(name);
      if (version === undefined) return removeModel(root, labels, name);
      if (!versions.includes(version)) throw noVersion(name, version);
      return removeVersion(root, labels, { name, version });
    },
  };
}

async function inspected(
  { manifest, folder }: StoredModel,
  labels: Readonly<Record<string, number>>,
): Promise<Omit<ModelVersion, 'state'>> {
  const own = Object.entries(labels).filter(([, version]) => version === manifest.version);
  return { manifest, labels: own.map(([label]) => label), files: await measureFiles(folder, manifest.files) };
}
