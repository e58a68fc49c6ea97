/** Names and versions in the folder of models. */
import { isPart } from '../contracts/references/path-part.js';
import { TrainyardError } from '../errors/errors.js';
import { ownPathIn } from '../files/checked-paths.js';
import { entriesOf, numbersIn } from '../files/entries.js';

/** Suffix of the empty file that marks a removed version. A marked version number is not used again. */
export const REMOVED = '.removed';

/** Tells whether a text is a model name. No model name leads out of the folder of models. */
export const isModelName = (name: string): boolean => isPart('modelName', name);

/** Returns the names that have a folder, in order. Ignores entries whose name is not a model name. */
export async function modelNamesIn(root: string): Promise<string[]> {
  const entries = await entriesOf(root);
  return entries
    .filter((entry) => entry.isDirectory() && isModelName(entry.name))
    .map(({ name }) => name)
    .sort();
}

/** Returns the versions of a name in ascending order; none if the name has no folder. */
export const versionsOf = async (root: string, name: string): Promise<number[]> =>
  numbersIn(await ownPathIn(root, { modelName: name }), /^([1-9][0-9]{0,8})$/, { isFolder: true });

/** Returns the number of the next version of a name: one more than the largest that exists or was removed. */
export const nextVersion = async (root: string, name: string): Promise<number> =>
  ((await numbersIn(await ownPathIn(root, { modelName: name }), /^([1-9][0-9]{0,8})(?:\.removed)?$/)).at(-1) ?? 0) + 1;

export const noModel = (name: string): TrainyardError =>
  new TrainyardError(
    'model_not_found',
    `There is no model named "${name.slice(0, 64)}". GET /models lists the models.`,
  );

export const noVersion = (name: string, version: number): TrainyardError =>
  new TrainyardError(
    'model_not_found',
    `Model "${name.slice(0, 64)}" has no version ${version}. GET /models/${name.slice(0, 64)} lists its versions.`,
  );
