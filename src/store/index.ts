/**
 * The trained models, one folder each: models/<name>/<version>/{manifest.json, weights.safetensors, saved_model/}.
 * A model is written beside and renamed to its place, so a folder with a version's number is always a whole model.
 */
import { lstat, mkdir, rename, rm, rmdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { coalesce } from '../concurrency/coalesce.js';
import type { EndReason } from '../contracts/jobs/stop-reason.js';
import type { ModelDescription, ModelManifest, ModelSummary } from '../contracts/models/model.js';
import type { ModelVersion } from '../contracts/models/stored-model.js';
import type { ModelReference } from '../contracts/references/model-reference.js';
import { TrainyardError } from '../errors/errors.js';
import { mapInChunks } from '../files/bounded-reads.js';
import { ownPathIn, pathIn } from '../files/checked-paths.js';
import { syncFolder, writeDurably } from '../files/durable.js';
import { hasCode } from '../files/error-codes.js';
import { removeLeftovers, temporaryPath } from '../files/leftovers.js';
import { asStorageError } from '../files/storage.js';
import { type ModelFiles, measureFiles, readModelFile, writeFiles } from './files.js';
import { isModelName, modelNamesIn, nextVersion, noModel, noVersion, versionsOf } from './folders.js';
import { createLabels } from './labels.js';
import { createManifestReader, MANIFEST_FILE, manifestFault } from './manifest.js';
import { removeModel, removeVersion } from './removal.js';

export type { ModelFiles } from './files.js';

/** A page of names, or of the versions of a name; `cursor` is the `nextCursor` of the page before. */
export type Page = Readonly<{ limit: number; cursor?: string | undefined }>;

/** Summaries of names in their order. `nextCursor` is absent on the last page. */
export type SummaryPage = Readonly<{ models: readonly StoredSummary[]; nextCursor?: string }>;

/** Versions of each name in a list of names. */
const LISTED_VERSIONS = 100;
/** Names that are looked at at once, each with its versions and labels. */
const NAMES_AT_ONCE = 8;
/** Names that are looked at for one page: folders of deleted models stay, and give no line. */
const MOST_NAMES = 1_000;

/** A name without who has loaded what. `models` are those of `versions`, in ascending order. */
export type StoredSummary = Omit<ModelSummary, 'loaded'> & Readonly<{ models: readonly StoredModel[] }>;

/** A model as it lies on the disk; `folder` is absolute. */
export type StoredModel = Readonly<{ manifest: ModelManifest; folder: string }>;

/** What a job has left, as the end of the job says it. */
export type SavedModel = Readonly<{ model: ModelReference; reason?: EndReason }>;

export type ModelStore = Awaited<ReturnType<typeof openModelStore>>;

/** When a version was made, in ms since 1970. */
type Aged = ModelReference & Readonly<{ createdAt: number }>;

type StoreOptions = Readonly<{
  /** Told once of each model that `list` and the newest model leave out because it is corrupt. */
  onCorrupt?: (error: TrainyardError) => void;
  /** Changes kept of one label. Default `LABEL_HISTORY`. */
  labelHistory?: number;
}>;

/** Opens the store in `modelsDir`, which is created, and removes what saves that died have left there. */
export async function openModelStore(modelsDir: string, { onCorrupt, labelHistory }: StoreOptions = {}) {
  const root = resolve(modelsDir);
  await mkdir(root, { recursive: true }).catch((error: unknown) => {
    throw asStorageError(error, 'No model can be stored', root);
  });
  await removeLeftovers(root);
  const manifestReader = createManifestReader();
  const reported = new WeakSet<TrainyardError>();

  const folderOf = ({ name, version }: ModelReference) => pathIn(root, { modelName: name, version });

  /** Throws `model_corrupt`, and `model_not_found` where it has been removed meanwhile. */
  async function load({ name, version }: ModelReference, read = manifestReader.read): Promise<StoredModel> {
    const folder = folderOf({ name, version });
    try {
      return { manifest: await read(folder, { name, version }), folder };
    } catch (error) {
      if (await isThere(folder)) throw error;
      throw noVersion(name, version);
    }
  }

  /** Returns those of the versions that can be read, in the same order. */
  async function loadAll(name: string, versions: readonly number[], read = manifestReader.recall) {
    const models = await mapInChunks(versions, (version) => load({ name, version }, read).catch(leaveOut));
    return models.filter((model) => model !== undefined);
  }

  /** Returns the readable versions of a name, in ascending order. */
  const versionsThere = coalesce(async (name: string) => loadAll(name, await versionsOf(root, name)));

  /** Returns the newest readable one of the versions, which ascend. */
  async function newestOf(name: string, versions: readonly number[], read = manifestReader.read) {
    for (const version of versions.toReversed()) {
      const model = await load({ name, version }, read).catch(leaveOut);
      if (model !== undefined) return model;
    }
    return undefined;
  }

  /** Leaves out a model that is corrupt, cannot be read or has been removed meanwhile. Throws if no model can be read now. */
  function leaveOut(error: unknown): undefined {
    if (isGone(error)) return;
    if (!(error instanceof TrainyardError) || isExhausted(error.cause)) throw error;
    if (!reported.has(error)) onCorrupt?.(error);
    reported.add(error);
  }

  async function get(reference: Readonly<{ name: string; version?: number | undefined }>): Promise<StoredModel> {
    const { name } = reference;
    const versions = isModelName(name) ? await versionsOf(root, name) : [];
    const version = reference.version ?? versions.at(-1);
    if (version === undefined) throw noModel(name);
    if (!versions.includes(version)) throw noVersion(name, version);
    try {
      return await load({ name, version });
    } catch (error) {
      if (reference.version === undefined && isGone(error)) return get(reference); // now another is the newest
      throw error;
    }
  }

  const labels = createLabels(root, async (reference) => (await get(reference)).manifest, labelHistory);

  /** Returns a name with a page of its versions; undefined if it has no readable version. The first page has the newest versions. */
  async function describe(name: string, { limit, cursor }: Page): Promise<StoredSummary | undefined> {
    const all = await versionsOf(root, name);
    const newest = await newestOf(name, all);
    if (newest === undefined) return undefined;
    const older = cursor === undefined ? all : all.filter((version) => version < Number(cursor));
    const page = older.slice(-limit);
    const models = await loadAll(name, page);
    const { manifest: latest } = (cursor === undefined ? models.at(-1) : undefined) ?? newest;
    const versions = models.map(({ manifest }) => manifest.version);
    const next = older.length > page.length ? { nextCursor: String(page[0]) } : {};
    return { name, versions, labels: await labels.list(name), latest, models, ...next };
  }

  const sharedDescription = coalesce(
    ({ name, page }: Readonly<{ name: string; page: Page }>) => describe(name, page),
    JSON.stringify,
  );

  /** Returns a page of the names that have a readable version. No more is read than the page needs. */
  async function describeNames({ limit, cursor = '' }: Page): Promise<SummaryPage> {
    const names = (await modelNamesIn(root)).filter((name) => name > cursor);
    const models: StoredSummary[] = [];
    let seen = 0;
    while (models.length < limit && seen < Math.min(names.length, MOST_NAMES)) {
      const some = names.slice(seen, seen + limit - models.length);
      const found = await mapInChunks(some, (name) => describe(name, { limit: LISTED_VERSIONS }), NAMES_AT_ONCE);
      models.push(...found.filter((summary) => summary !== undefined));
      seen += some.length;
    }
    const last = names[seen - 1];
    return { models, ...(seen < names.length && last !== undefined && { nextCursor: last }) };
  }

  /** Returns every readable version of every name. */
  async function loadEverything(): Promise<StoredModel[]> {
    return (await mapInChunks(await modelNamesIn(root), versionsThere, NAMES_AT_ONCE)).flat();
  }

  /** When each version was made, which stays known if its manifest does not. */
  let ages = new Map<string, Aged>();

  /** Returns when the version was made; undefined if its manifest cannot be read. */
  async function ageOf(reference: ModelReference): Promise<Aged | undefined> {
    const model = await load(reference, manifestReader.recall).catch(leaveOut);
    return model && { ...reference, createdAt: Date.parse(model.manifest.createdAt) };
  }

  /** Returns the model that was made last. Reads the manifests of versions that are new, and its own. */
  async function newest(): Promise<StoredModel> {
    const references = await mapInChunks(await modelNamesIn(root), async (name) =>
      (await versionsOf(root, name)).map((version) => ({ name, version })),
    );
    const keyOf = ({ name, version }: ModelReference) => `${name}@${version}`;
    const [known, unknown] = [[] as Aged[], [] as ModelReference[]];
    for (const reference of references.flat()) {
      const age = ages.get(keyOf(reference));
      if (age === undefined) unknown.push(reference);
      else known.push(age);
    }
    const aged = [...known, ...(await mapInChunks(unknown, ageOf)).filter((age) => age !== undefined)];
    ages = new Map(aged.map((age) => [keyOf(age), age]));
    aged.sort((a, b) => b.createdAt - a.createdAt || b.version - a.version);
    for (const reference of aged) {
      const model = await load(reference).catch(leaveOut);
      if (model !== undefined) return model;
    }
    throw new TrainyardError(
      'model_not_found',
      'There is no model yet: train one with POST /jobs and ask again when the job has succeeded.',
    );
  }

  /** The model that this job has stored under this name, and why its run had ended; undefined where it has none. */
  async function savedBy(jobId: string, name: string): Promise<SavedModel | undefined> {
    const models = await loadAll(name, await versionsOf(root, name), manifestReader.read);
    const saved = models.find(({ manifest }) => manifest.jobId === jobId);
    if (saved === undefined) return undefined;
    const { version, reason } = saved.manifest;
    return { model: { name, version }, ...(reason && { reason }) };
  }

  return {
    /**
     * Stores a model under the next free version of its name. A job that has already stored one under that name gets
     * that one again. `confirm` is called when all is written, right before the model takes its place, and may throw. Throws
     * `insufficient_storage` or `storage_unavailable` if the model cannot be written; nothing is left behind then.
     */
    async save(
      description: ModelDescription,
      files: ModelFiles,
      confirm?: () => Promise<void>,
    ): Promise<ModelReference> {
      const { name } = description.spec;
      if (!isModelName(name))
        throw new TrainyardError(
          'invalid_request',
          `"${name}" is not a model's name: lower-case letters, digits, ".", "_" and "-" are allowed, 64 at most.`,
        );
      const saving = temporaryPath(root);
      try {
        await mkdir(saving, { recursive: true });
        const stored = await writeFiles(saving, files);
        return await claimVersion(saving, description, stored, confirm);
      } catch (error) {
        throw asStorageError(error, `The model ${name} could not be saved`, root);
      } finally {
        await rm(saving, { recursive: true, force: true }).catch(() => undefined); // the error above says why
        await rmdir(pathIn(root, { modelName: name })).catch(() => undefined); // only if it is empty
      }
    },

    savedBy,

    /** The model of a name and version, the newest version of a name, or the model that was trained last. */
    async get(
      reference: Readonly<{ name: string; version?: number | undefined }> | undefined = undefined,
    ): Promise<StoredModel> {
      return reference === undefined ? newest() : get(reference);
    },

    /** Returns every name with all its versions, in the order of the names. Models that are corrupt are left out. */
    async list(): Promise<StoredSummary[]> {
      const all = { limit: Number.MAX_SAFE_INTEGER };
      const summaries = await mapInChunks(await modelNamesIn(root), (name) => describe(name, all), NAMES_AT_ONCE);
      return summaries.filter((summary) => summary !== undefined);
    },

    /** Returns a page of that list, each name with its newest 100 versions. A page with a `nextCursor` may be short. */
    page: coalesce(describeNames, JSON.stringify),

    /** Returns a name with a page of its versions. Throws `model_not_found`. */
    async describe(name: string, page: Page = { limit: LISTED_VERSIONS }): Promise<StoredSummary> {
      const summary = isModelName(name) ? await sharedDescription({ name, page }) : undefined;
      if (summary === undefined) throw noModel(name);
      return summary;
    },

    /** Returns all readable versions of a name, in ascending order. Throws `model_not_found` if there is none. */
    async versions(name: string): Promise<StoredModel[]> {
      const models = isModelName(name) ? await versionsThere(name) : [];
      if (models.length === 0) throw noModel(name);
      return models;
    },

    /** Returns every readable version of every name, in their order. */
    models: coalesce<void, StoredModel[]>(loadEverything),

    /** Returns the names that have a readable version, in order. */
    names: coalesce<void, string[]>(async () => {
      const newest = async (name: string) => newestOf(name, await versionsOf(root, name), manifestReader.recall);
      const models = await mapInChunks(await modelNamesIn(root), newest, NAMES_AT_ONCE);
      return models.flatMap((model) => model?.manifest.name ?? []);
    }),

    /** A version with its labels and the files that its manifest names. Throws `model_not_found` or `model_corrupt`. */
    async inspect(reference: ModelReference): Promise<Omit<ModelVersion, 'state'>> {
      const { manifest, folder } = await get(reference);
      const held = Object.entries(await labels.list(reference.name));
      return {
        manifest,
        labels: held.filter(([, version]) => version === reference.version).map(([label]) => label),
        files: await measureFiles(folder, manifest.files),
      };
    },

    labels,

    /** The content of one of a model's files, checked by its digest; undefined where it has none of that name. */
    readFile: readModelFile,

    /** Removes a version, or all of a name. Throws `model_not_found`, and `label_held` where a label is on it. */
    async remove({ name, version }: Readonly<{ name: string; version?: number }>): Promise<void> {
      const versions = isModelName(name) ? await versionsOf(root, name) : [];
      if (versions.length === 0) throw noModel(name);
      if (version === undefined) return removeModel(root, labels, name);
      if (!versions.includes(version)) throw noVersion(name, version);
      return removeVersion(root, labels, { name, version });
    },
  };

  /**
   * Renames the folder to the next version's number. The rename fails where another process took that number first;
   * then it looks again, so two that save at once get two numbers, and one job never gets two.
   */
  async function claimVersion(
    saving: string,
    description: ModelDescription,
    files: ModelManifest['files'],
    confirm?: () => Promise<void>,
  ): Promise<ModelReference> {
    const { name } = description.spec;
    for (;;) {
      const reference = { name, version: await nextVersion(root, name) };
      const before = description.jobId && (await savedBy(description.jobId, name));
      if (before) return before.model;
      await writeManifest(saving, reference, description, files);
      await mkdir(await ownPathIn(root, { modelName: name }), { recursive: true });
      await confirm?.();
      try {
        await rename(saving, folderOf(reference));
      } catch (error) {
        if (isTaken(error)) continue;
        throw error;
      }
      await syncFolder(pathIn(root, { modelName: name }));
      await syncFolder(root);
      return reference;
    }
  }
}

async function writeManifest(
  folder: string,
  reference: ModelReference,
  description: ModelDescription,
  files: ModelManifest['files'],
): Promise<void> {
  const manifest: ModelManifest = { format: 'trainyard-model/1', ...reference, ...description, files };
  const fault = manifestFault(manifest, reference);
  if (fault !== undefined)
    throw new TrainyardError('internal', `The model ${reference.name} cannot be stored: of its manifest, ${fault}.`);
  const path = join(folder, MANIFEST_FILE);
  await rm(path, { force: true }); // of the version that another process took
  await writeDurably(path, `${JSON.stringify(manifest, null, 2)}\n`);
  await syncFolder(folder);
}

const isGone = (error: unknown): boolean => error instanceof TrainyardError && error.code === 'model_not_found';

/** Whether the process or the machine has no file descriptor or memory left: then a list would be shorter than it is. */
const isExhausted = (cause: unknown): boolean => hasCode(cause, 'EMFILE', 'ENFILE', 'ENOMEM');

const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    (error: unknown) => !hasCode(error, 'ENOENT'),
  );

const isTaken = (error: unknown): boolean =>
  // ENOENT: the name's folder was empty and removed between mkdir and rename by a save that failed.
  hasCode(error, 'ENOTEMPTY', 'EEXIST', 'ENOTDIR', 'ENOENT');
