/** Saving of a model: into a temporary folder, which is renamed when all files are on the disk. */
import { mkdir, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelDescription, ModelManifest } from '../contracts/models/model.js';
import type { ModelReference } from '../contracts/references/model-reference.js';
import { TrainyardError } from '../errors/errors.js';
import { ownPathIn, pathIn } from '../files/checked-paths.js';
import { syncFolder, writeDurably } from '../files/durable.js';
import { hasCode } from '../files/error-codes.js';
import { temporaryPath } from '../files/leftovers.js';
import { asStorageError } from '../files/storage.js';
import { isModelName, nextVersion } from './folders.js';
import { MANIFEST_FILE, manifestFault } from './manifest.js';
import { type ModelFiles, writeFiles } from './model-files.js';

/** A model to save, and how to claim its version. */
type Saving = Readonly<{
  description: ModelDescription;
  files: ModelFiles;
  /** Called when all files are written, right before the model gets its version. May throw. */
  confirm?: (() => Promise<void>) | undefined;
  /** Called before each attempt to claim a version. Throws `classes_differ`. */
  requireClasses: (name: string, classes: readonly string[]) => Promise<void>;
  /** Returns the model that the job has already saved under this name. */
  findSaved: (jobId: string, name: string) => Promise<ModelReference | undefined>;
}>;

/**
 * Saves a model under the next free version of its name. If its job has already saved one under this name, returns that one.
 * Throws `classes_differ` if the newest version has other classes, and `insufficient_storage` or `storage_unavailable` if the model
 * cannot be written; then it leaves nothing behind.
 */
export async function saveModel(root: string, saving: Saving): Promise<ModelReference> {
  const { name } = saving.description.spec;
  if (!isModelName(name))
    throw new TrainyardError(
      'invalid_request',
      `"${name}" is not a model name. Use 1–64 lower-case letters, digits, ".", "_" and "-".`,
    );
  const folder = temporaryPath(root);
  try {
    await mkdir(folder, { recursive: true });
    const files = await writeFiles(folder, saving.files);
    return await claimVersion(root, folder, saving, files);
  } catch (error) {
    throw asStorageError(error, `The model ${name} could not be saved`, root);
  } finally {
    // A failed removal must not hide the error above.
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    await rmdir(pathIn(root, { modelName: name })).catch(() => undefined); // succeeds only if the folder is empty
  }
}

/**
 * Renames the folder to the next version's number. If another process has taken that number, the rename fails and it tries the
 * next one. So two concurrent saves get two numbers, and one job never gets two.
 */
async function claimVersion(
  root: string,
  folder: string,
  { description, confirm, findSaved, requireClasses }: Saving,
  files: ModelManifest['files'],
): Promise<ModelReference> {
  const { name } = description.spec;
  for (;;) {
    const reference = { name, version: await nextVersion(root, name) };
    const saved = description.jobId && (await findSaved(description.jobId, name));
    if (saved) return saved;
    await requireClasses(name, description.classes);
    await writeManifest(folder, reference, description, files);
    await mkdir(await ownPathIn(root, { modelName: name }), { recursive: true });
    await confirm?.();
    if (!(await renameUnlessTaken(folder, pathIn(root, { modelName: name, version: reference.version })))) continue;
    await syncFolder(pathIn(root, { modelName: name }));
    await syncFolder(root);
    return reference;
  }
}

/** Returns false if the target exists. */
async function renameUnlessTaken(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    // ENOENT: a save that failed has just removed the name's empty folder.
    if (hasCode(error, 'ENOTEMPTY', 'EEXIST', 'ENOTDIR', 'ENOENT')) return false;
    throw error;
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
    throw new TrainyardError(
      'internal',
      `The model ${reference.name} cannot be saved. Its manifest is invalid: ${fault}.`,
    );
  const path = join(folder, MANIFEST_FILE);
  await rm(path, { force: true }); // written for a version that another process has taken
  await writeDurably(path, `${JSON.stringify(manifest, null, 2)}\n`);
  await syncFolder(folder);
}
