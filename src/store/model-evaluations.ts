/**
 * Evaluations on data sets, stored with their model: models/<name>/<version>/evaluations/<id>/{evaluation.json, result.json,
 * predictions.safetensors}. A folder is complete or absent, and goes with the version.
 */
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Compile } from 'typebox/compile';
import type { SplitName } from '../contracts/datasets/dataset-content.js';
import { DatasetEvaluation, EvaluationResult, MAX_KEPT_EVALUATIONS } from '../contracts/models/dataset-evaluation.js';
import type { ModelReference } from '../contracts/references/model-reference.js';
import { isPart } from '../contracts/references/path-part.js';
import { TrainyardError } from '../errors/errors.js';
import { mapInChunks, readText } from '../files/bounded-reads.js';
import { ownPathIn, partOf } from '../files/checked-paths.js';
import { syncFolder, writeDurably } from '../files/durable.js';
import { entriesOf } from '../files/entries.js';
import { hasCode } from '../files/error-codes.js';
import { temporaryPath } from '../files/leftovers.js';
import { removeFolder } from '../files/removal.js';
import { asStorageError } from '../files/storage.js';
import { decodePredictions, type TestPredictions } from '../formats/test-predictions.js';
import { noVersion } from './folders.js';

const FILES = { evaluation: 'evaluation.json', result: 'result.json', predictions: 'predictions.safetensors' } as const;

const evaluationSchema = Compile(DatasetEvaluation);
const resultSchema = Compile(EvaluationResult);

/** Content of an evaluation's folder. */
export type EvaluationFiles = Readonly<{
  evaluation: DatasetEvaluation;
  result: EvaluationResult;
  predictions: Uint8Array;
}>;

/** Evaluations of two versions on the same images of a data set. */
export type EvaluationPair = readonly [DatasetEvaluation, DatasetEvaluation];

/** A split of a data set. */
export type EvaluatedSplit = Readonly<{ dataset: string; split: SplitName }>;

export type ModelEvaluations = ReturnType<typeof openModelEvaluations>;

/** Opens the evaluations of the models in `modelsDir`. */
export function openModelEvaluations(modelsDir: string) {
  const root = resolve(modelsDir);

  const folderOf = async ({ name, version }: ModelReference): Promise<string> =>
    join(await ownPathIn(root, { modelName: name, version }), 'evaluations');
  const pathOf = async (model: ModelReference, id: string): Promise<string> =>
    join(await folderOf(model), partOf('jobId', id));

  /** Returns a stored evaluation; undefined if there is none. Throws `model_corrupt`. */
  async function find(model: ModelReference, id: string): Promise<DatasetEvaluation | undefined> {
    const path = join(await pathOf(model, id), FILES.evaluation);
    const value = await readJson(path);
    if (value === undefined || evaluationSchema.Check(value)) return value;
    throw corrupt(path, 'it does not fit its schema');
  }

  /** Returns the stored evaluations of a version, newest first. Leaves out damaged ones. */
  async function list(model: ModelReference): Promise<DatasetEvaluation[]> {
    const entries = await entriesOf(await folderOf(model));
    const ids = entries.map(({ name }) => name).filter((name) => isPart('jobId', name));
    const found = await mapInChunks(ids, (id) => find(model, id).catch(() => undefined));
    return found
      .filter((evaluation) => evaluation !== undefined)
      .sort((a, b) => b.createdAt.localeCompare(a.createdAt) || b.id.localeCompare(a.id));
  }

  /** Removes an evaluation in one step. Resolves with false if there is none. */
  const remove = async (model: ModelReference, id: string): Promise<boolean> =>
    removeFolder(await pathOf(model, id), { root, requireUnused: async () => undefined });

  /** Removes the oldest evaluations of a version beyond `MAX_KEPT_EVALUATIONS`. */
  async function prune(model: ModelReference): Promise<void> {
    for (const { id } of (await list(model)).slice(MAX_KEPT_EVALUATIONS)) await remove(model, id);
  }

  return {
    find,
    list,
    remove,

    /**
     * Returns the newest evaluations of two versions on the same images of a split. Throws `evaluation_not_found` if a version has none, and
     * `evaluation_mismatch` if they are all of different images.
     */
    findPair: (one: ModelReference, two: ModelReference, on: EvaluatedSplit): Promise<EvaluationPair> =>
      findPair(list, [one, two], on),

    /** Returns the result of a stored evaluation. Throws `model_corrupt` if it is missing or damaged. */
    async result({ model, id }: Pick<DatasetEvaluation, 'model' | 'id'>): Promise<EvaluationResult> {
      const path = join(await pathOf(model, id), FILES.result);
      const value = await readJson(path);
      if (resultSchema.Check(value)) return value;
      throw corrupt(path, 'it is missing or does not fit its schema');
    },

    /** Returns the predictions of a stored evaluation. `classes` is their number. Throws `model_corrupt`. */
    async predictions(
      { model, id }: Pick<DatasetEvaluation, 'model' | 'id'>,
      classes: number,
    ): Promise<TestPredictions> {
      const path = join(await pathOf(model, id), FILES.predictions);
      const file = await readFile(path).catch((cause: unknown) => {
        throw corrupt(path, 'it cannot be read', cause);
      });
      return decodePredictions(file, classes);
    },

    /**
     * Stores an evaluation in one step, and removes the oldest ones beyond `MAX_KEPT_EVALUATIONS`. If an earlier attempt has stored it
     * already, that one stays. Returns the stored one. Throws `model_not_found` if the version was removed, and `insufficient_storage` or
     * `storage_unavailable`; then it leaves nothing behind.
     */
    async save(files: EvaluationFiles): Promise<DatasetEvaluation> {
      const { model, id } = files.evaluation;
      await saveFolder(root, files, { parent: await folderOf(model), path: await pathOf(model, id) });
      await prune(model);
      return (await find(model, id)) ?? files.evaluation;
    },
  };
}

type ListEvaluations = (model: ModelReference) => Promise<DatasetEvaluation[]>;

async function findPair(
  list: ListEvaluations,
  [one, two]: readonly [ModelReference, ModelReference],
  on: EvaluatedSplit,
): Promise<EvaluationPair> {
  const [after, before] = [await listOn(list, one, on), await listOn(list, two, on)];
  for (const evaluation of after) {
    const same = before.find(({ sha256 }) => sha256 === evaluation.sha256);
    if (same !== undefined) return [evaluation, same];
  }
  const message = `The data set ${on.dataset} was replaced between the evaluations of both versions, so their ${on.split} images differ. Evaluate both again.`;
  throw new TrainyardError('evaluation_mismatch', message);
}

/** Returns the evaluations of a version on a split, newest first. Throws `evaluation_not_found` if there is none. */
async function listOn(
  list: ListEvaluations,
  model: ModelReference,
  { dataset, split }: EvaluatedSplit,
): Promise<DatasetEvaluation[]> {
  const found = (await list(model)).filter((each) => each.dataset === dataset && each.split === split);
  if (found.length > 0) return found;
  const reference = `${model.name}@${model.version}`;
  const message = `${reference} has no finished evaluation on the ${split} images of ${dataset}. Run one: POST /models/${reference}/evaluations with {"dataset": "${dataset}", "split": "${split}"}.`;
  throw new TrainyardError('evaluation_not_found', message);
}

/** Writes the files into a temporary folder, and gives it its name when all of them are on the disk. */
async function saveFolder(
  root: string,
  { evaluation, result, predictions }: EvaluationFiles,
  { parent, path }: Readonly<{ parent: string; path: string }>,
): Promise<void> {
  const { model } = evaluation;
  const folder = temporaryPath(root);
  try {
    await mkdir(folder);
    await writeDurably(join(folder, FILES.predictions), predictions);
    await writeDurably(join(folder, FILES.result), `${JSON.stringify(result)}\n`);
    await writeDurably(join(folder, FILES.evaluation), `${JSON.stringify(evaluation)}\n`);
    await syncFolder(folder);
    await claim(folder, parent, path, model);
  } catch (error) {
    throw asStorageError(error, `The evaluation of ${model.name}@${model.version} could not be saved`, root);
  } finally {
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Gives a complete folder its name, unless an earlier attempt has the name. Throws `model_not_found`. */
async function claim(folder: string, parent: string, path: string, { name, version }: ModelReference): Promise<void> {
  try {
    await mkdir(parent).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw error;
    });
    await rename(folder, path);
    await syncFolder(parent);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) throw noVersion(name, version);
    if (!hasCode(error, 'ENOTEMPTY', 'EEXIST')) throw error;
  }
}

/** Reads a JSON file; undefined if there is none. Throws `model_corrupt`. */
async function readJson(path: string): Promise<unknown> {
  const text = await readText(path).catch((cause: unknown) => {
    if (hasCode(cause, 'ENOENT', 'ENOTDIR')) return undefined;
    throw corrupt(path, 'it cannot be read', cause);
  });
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw corrupt(path, 'it is not JSON', cause);
  }
}

const corrupt = (path: string, fault: string, cause?: unknown): TrainyardError =>
  new TrainyardError('model_corrupt', `The file ${path} cannot be used: ${fault}. Run the evaluation again.`, {
    cause,
  });
