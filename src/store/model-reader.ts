/** Reader of stored models: a version, several versions of a name, or the newest one. */
import { lstat } from 'node:fs/promises';
import type { ModelManifest } from '../contracts/models/model.js';
import type { ModelReference } from '../contracts/references/model-reference.js';
import { TrainyardError } from '../errors/errors.js';
import { mapInChunks } from '../files/bounded-reads.js';
import { pathIn } from '../files/checked-paths.js';
import { hasCode } from '../files/error-codes.js';
import { isModelName, noModel, noVersion, versionsOf } from './folders.js';
import { createManifestReader } from './manifest.js';

/** A model with the absolute path of its folder. */
export type StoredModel = Readonly<{ manifest: ModelManifest; folder: string }>;

/** A version of a name; without `version`, the newest. */
export type VersionChoice = Readonly<{ name: string; version?: number | undefined }>;

/** `file`: checks that the manifest's file has not changed. `cache`: uses a cached manifest without that check. */
export type ManifestSource = 'file' | 'cache';

export type ModelReader = ReturnType<typeof createModelReader>;

/** Reads the models in `root`. Calls `onCorrupt` once for each corrupt model that a list leaves out. */
export function createModelReader(root: string, onCorrupt?: (error: TrainyardError) => void) {
  const manifests = createManifestReader();
  const reported = new WeakSet<TrainyardError>();

  /** Reads a version. Throws `model_corrupt`, and `model_not_found` if it was removed at the same moment. */
  async function load({ name, version }: ModelReference, source: ManifestSource): Promise<StoredModel> {
    const folder = pathIn(root, { modelName: name, version });
    const read = source === 'file' ? manifests.read : manifests.recall;
    try {
      return { manifest: await read(folder, { name, version }), folder };
    } catch (error) {
      if (await exists(folder)) throw error;
      throw noVersion(name, version);
    }
  }

  /** Reads a version; undefined if it is corrupt or was removed. Throws if no model can be read now. */
  const tryLoad = (reference: ModelReference, source: ManifestSource): Promise<StoredModel | undefined> =>
    load(reference, source).catch((error: unknown) => {
      if (isGone(error)) return undefined;
      if (!(error instanceof TrainyardError) || isExhausted(error.cause)) throw error;
      if (!reported.has(error)) onCorrupt?.(error);
      reported.add(error);
      return undefined;
    });

  /** Returns the readable ones of these versions, in the same order. */
  async function loadAll(name: string, versions: readonly number[], source: ManifestSource): Promise<StoredModel[]> {
    const models = await mapInChunks(versions, (version) => tryLoad({ name, version }, source));
    return models.filter((model) => model !== undefined);
  }

  /** Returns the newest readable one of these versions, which are in ascending order. */
  async function newestOf(
    name: string,
    versions: readonly number[],
    source: ManifestSource,
  ): Promise<StoredModel | undefined> {
    for (const version of versions.toReversed()) {
      const model = await tryLoad({ name, version }, source);
      if (model !== undefined) return model;
    }
    return undefined;
  }

  /** Returns a version of a name, by default the newest. Throws `model_not_found` or `model_corrupt`. */
  async function get(choice: VersionChoice): Promise<StoredModel> {
    const { name } = choice;
    const versions = isModelName(name) ? await versionsOf(root, name) : [];
    const version = choice.version ?? versions.at(-1);
    if (version === undefined) throw noModel(name);
    if (!versions.includes(version)) throw noVersion(name, version);
    try {
      return await load({ name, version }, 'file');
    } catch (error) {
      if (choice.version === undefined && isGone(error)) return get(choice); // it was removed: another is the newest now
      throw error;
    }
  }

  return { tryLoad, loadAll, newestOf, get };
}

const isGone = (error: unknown): boolean => error instanceof TrainyardError && error.code === 'model_not_found';

/** Tells whether the process has no file descriptor or memory left: a list would then lack readable models. */
const isExhausted = (cause: unknown): boolean => hasCode(cause, 'EMFILE', 'ENFILE', 'ENOMEM');

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    (error: unknown) => !hasCode(error, 'ENOENT'),
  );
