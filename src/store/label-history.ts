/**
 * Changes of labels: models/<name>/labels/<label>/<number>.json, one file per change, never rewritten. Creating the file with the
 * next number moves the label. Of two concurrent processes, one finds the number taken and tries again.
 */
import { link, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Compile } from 'typebox/compile';
import { LabelChange, type LabelState } from '../contracts/models/label.js';
import { isPart } from '../contracts/references/path-part.js';
import { TrainyardError } from '../errors/errors.js';
import { mapInChunks, readText } from '../files/bounded-reads.js';
import { ownPathIn, pathIn } from '../files/checked-paths.js';
import { syncFolder, writeDurably } from '../files/durable.js';
import { namesIn, numbersIn } from '../files/entries.js';
import { hasCode } from '../files/error-codes.js';
import { temporaryPath } from '../files/leftovers.js';
import { isModelName } from './folders.js';

const LABELS = 'labels';
const schema = Compile(LabelChange);

/** Changes in a page of the history if the request does not say. */
const PAGE = 20;
/** Labels of one name that may have a history. */
const MAX_LABELS = 100;

/** A page of a label's history, the newest changes first. `cursor` is the `nextCursor` of the page before. */
export type HistoryPage = Readonly<{ limit?: number; cursor?: string | undefined }>;

export type LabelHistory = ReturnType<typeof createLabelHistory>;

/** Tells whether a text has the form of a label. */
export const isLabel = (label: string): boolean => isPart('label', label);

/** Reads and writes the changes of labels. Keeps the latest `maxChanges` of each label. */
export function createLabelHistory(root: string, maxChanges: number) {
  const folderOf = (name: string, label: string) => labelFolder(root, name, label);

  /** Returns the numbers of all changes on the disk, ascending. */
  const numbersOf = async (name: string, label: string): Promise<number[]> =>
    isModelName(name) && isLabel(label) ? numbersIn(folderOf(name, label), /^([1-9][0-9]*)\.json$/) : [];

  /** Returns the numbers of the changes to keep, ascending. */
  const keptNumbers = async (name: string, label: string): Promise<number[]> =>
    (await numbersOf(name, label)).slice(-maxChanges);

  /** Reads these changes. Leaves out changes that were removed at the same moment. */
  async function read(name: string, label: string, numbers: readonly number[]): Promise<LabelChange[]> {
    const changes = await Promise.all(numbers.map((number) => readChange(folderOf(name, label), number)));
    return changes.filter((change) => change !== undefined);
  }

  /** Returns the version that has the label now; undefined if none has. */
  async function holderOf(name: string, label: string): Promise<number | undefined> {
    const newest = (await numbersOf(name, label)).at(-1);
    if (newest === undefined) return undefined;
    const change = await readChange(folderOf(name, label), newest);
    return change === undefined ? holderOf(name, label) : (change.version ?? undefined);
  }

  /** Calls `removeOldChanges` for a label. */
  const prune = async (name: string, label: string, number: number): Promise<boolean> =>
    removeOldChanges(folderOf(name, label), (await numbersOf(name, label)).slice(0, -maxChanges), number);

  /** Returns the label with a page of its history. Reads no more changes than the page has. */
  async function stateOf(name: string, label: string, { limit = PAGE, cursor }: HistoryPage = {}): Promise<LabelState> {
    const numbers = await keptNumbers(name, label);
    const newest = numbers.at(-1);
    const older = cursor === undefined ? numbers : numbers.filter((number) => number < Number(cursor));
    const page = older.slice(-limit);
    const history = (await read(name, label, page)).reverse();
    const [current] = history[0]?.number === newest ? history : await read(name, label, numbers.slice(-1));
    if (newest !== undefined && current === undefined) return stateOf(name, label, { limit, cursor }); // just removed
    const next = older.length > page.length ? page[0] : undefined;
    return {
      ...{ name, label, version: current?.version ?? null, history },
      ...(next !== undefined && { nextCursor: String(next) }),
    };
  }

  return {
    stateOf,
    numbersOf,
    keptNumbers,
    read,
    prune,
    holderOf,

    /** Writes a change under its number. Returns false if another process has written that number first. */
    write: (name: string, label: string, change: LabelChange) => writeChange(root, { name, label }, change),

    /** Returns the labels of a name that are at a version, each with that version, in order. */
    async list(name: string): Promise<Record<string, number>> {
      if (!isModelName(name)) return {};
      const labels = (await namesIn(labelsFolder(root, name))).filter(isLabel).sort();
      const versions = await mapInChunks(labels, async (label) => [label, await holderOf(name, label)] as const);
      return Object.fromEntries(versions.filter((entry): entry is [string, number] => entry[1] !== undefined));
    },

    /** Makes room for a new label by removing the history of a label that is at no version. Throws `label_limit`. */
    async requireRoom(name: string, label: string): Promise<void> {
      const others = (await namesIn(labelsFolder(root, name))).filter((each) => isLabel(each) && each !== label);
      if (others.length < MAX_LABELS) return;
      for (const other of others) {
        if ((await holderOf(name, other)) !== undefined) continue;
        await rm(folderOf(name, other), { recursive: true, force: true });
        return;
      }
      throw tooManyLabels(name, others.length);
    },
  };
}

/**
 * Removes these changes. Returns false if change `number` was among them: other processes moved the label so often that the number was
 * free again, so its writer must start over.
 */
async function removeOldChanges(folder: string, old: readonly number[], number: number): Promise<boolean> {
  for (const each of old) await rm(join(folder, `${each}.json`), { force: true });
  return !old.includes(number);
}

const tooManyLabels = (name: string, count: number): TrainyardError =>
  new TrainyardError(
    'label_limit',
    `Model "${name}" has ${count} labels, and at most ${MAX_LABELS} are allowed. Remove one with DELETE /models/${name}/labels/{label}.`,
  );

const labelsFolder = (root: string, name: string): string => join(pathIn(root, { modelName: name }), LABELS);
const labelFolder = (root: string, name: string, label: string): string => pathIn(labelsFolder(root, name), { label });

async function writeChange(
  root: string,
  { name, label }: Readonly<{ name: string; label: string }>,
  change: LabelChange,
): Promise<boolean> {
  const temporary = temporaryPath(root);
  const folder = labelFolder(root, name, label);
  try {
    await ownPathIn(root, { modelName: name });
    await writeDurably(temporary, `${JSON.stringify(change)}\n`);
    await mkdir(folder, { recursive: true });
    await link(temporary, join(folder, `${change.number}.json`));
    for (const path of [folder, labelsFolder(root, name), pathIn(root, { modelName: name })]) await syncFolder(path);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Reads a change. Undefined if it was removed, with the model or because it is old. Throws `model_corrupt`. */
async function readChange(folder: string, number: number): Promise<LabelChange | undefined> {
  const path = join(folder, `${number}.json`);
  let change: unknown;
  try {
    change = JSON.parse(await readText(path));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
  }
  if (schema.Check(change) && change.number === number) return change;
  throw new TrainyardError('model_corrupt', `The label change ${path} cannot be read. Restore the file, or remove it.`);
}
