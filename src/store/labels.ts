/**
 * Labels: models/<name>/labels/<label>/<number>.json, one file for each change, which is never written again. Whoever
 * writes the next number moves the label, so of two processes that move it at once one finds the number taken and looks again.
 */
import { link, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Compile } from 'typebox/compile';
import { type Gate, LabelChange, type LabelRequest, type LabelState } from '../contracts/models/label.js';
import type { ModelManifest } from '../contracts/models/model.js';
import type { ModelReference } from '../contracts/references/model-reference.js';
import { isPart } from '../contracts/references/path-part.js';
import { LABEL_FORM, NEWEST } from '../contracts/references/reference.js';
import { TrainyardError } from '../errors/errors.js';
import { mapInChunks, readText } from '../files/bounded-reads.js';
import { ownPathIn, pathIn } from '../files/checked-paths.js';
import { syncFolder, writeDurably } from '../files/durable.js';
import { namesIn, numbersIn } from '../files/entries.js';
import { hasCode } from '../files/error-codes.js';
import { temporaryPath } from '../files/leftovers.js';
import { isModelName, noVersion, versionsOf } from './folders.js';
import { explainGate } from './label-gate.js';

const LABELS = 'labels';
const change = Compile(LabelChange);
const isLabel = (label: string): boolean => isPart('label', label);

type Change = Omit<LabelChange, 'number' | 'at'>;

/** Changes kept of one label. */
export const LABEL_HISTORY = 100;
/** Changes of one page, if the request does not say. */
const PAGE = 20;
/** Labels of one name that have a history. */
const MOST_LABELS = 100;

type Page = Readonly<{ limit?: number; cursor?: string | undefined }>;

/** The manifest of a version; throws `model_not_found` where there is none. */
type ReadManifest = (reference: ModelReference) => Promise<ModelManifest>;

/** Keeps the latest `historyLength` changes of each label. */
export function createLabels(root: string, readManifest: ReadManifest, historyLength = LABEL_HISTORY) {
  const labelsOf = (name: string) => join(pathIn(root, { modelName: name }), LABELS);
  const folderOf = (name: string, label: string) => pathIn(labelsOf(name), { label });

  /** Reads these changes, except for those that were removed meanwhile. */
  async function readAll(name: string, label: string, numbers: readonly number[]): Promise<LabelChange[]> {
    const changes = await Promise.all(numbers.map((number) => read(name, label, number)));
    return changes.filter((change) => change !== undefined);
  }

  /** Returns the label with a page of its history, of which no more is read. */
  async function stateOf(name: string, label: string, { limit = PAGE, cursor }: Page = {}): Promise<LabelState> {
    const numbers = await keptNumbersOf(name, label);
    const newest = numbers.at(-1);
    const older = cursor === undefined ? numbers : numbers.filter((number) => number < Number(cursor));
    const page = older.slice(-limit);
    const history = (await readAll(name, label, page)).reverse();
    const [first] = history[0]?.number === newest ? history : await readAll(name, label, numbers.slice(-1));
    if (newest !== undefined && first === undefined) return stateOf(name, label, { limit, cursor }); // all are removed
    const next = older.length > page.length ? page[0] : undefined;
    return {
      name,
      label,
      version: first?.version ?? null,
      history,
      ...(next !== undefined && { nextCursor: String(next) }),
    };
  }

  const numbersOf = async (name: string, label: string): Promise<number[]> => {
    if (!isModelName(name) || !isLabel(label)) return [];
    return numbersIn(folderOf(name, label), /^([1-9][0-9]*)\.json$/);
  };

  const keptNumbersOf = async (name: string, label: string): Promise<number[]> =>
    (await numbersOf(name, label)).slice(-historyLength);

  /** Undefined if the change was removed meanwhile, with the model or because it is older than the history. */
  async function read(name: string, label: string, number: number): Promise<LabelChange | undefined> {
    const path = join(folderOf(name, label), `${number}.json`);
    let value: unknown;
    try {
      value = JSON.parse(await readText(path));
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined;
    }
    if (change.Check(value) && value.number === number) return value;
    throw new TrainyardError(
      'model_corrupt',
      `The change ${path} of a label cannot be read: remove it, or restore it.`,
    );
  }

  async function holderOf(name: string, label: string): Promise<number | undefined> {
    const newest = (await numbersOf(name, label)).at(-1);
    if (newest === undefined) return undefined;
    const found = await read(name, label, newest);
    return found === undefined ? holderOf(name, label) : (found.version ?? undefined);
  }

  /** Writes a change under its number; false where another process has written that number first. */
  async function write(name: string, label: string, content: LabelChange): Promise<boolean> {
    const writing = temporaryPath(root);
    const folder = folderOf(name, label);
    try {
      await ownPathIn(root, { modelName: name });
      await writeDurably(writing, `${JSON.stringify(content)}\n`);
      await mkdir(folder, { recursive: true });
      await link(writing, join(folder, `${content.number}.json`));
      for (const path of [folder, labelsOf(name), pathIn(root, { modelName: name })]) await syncFolder(path);
      return true;
    } catch (error) {
      if (hasCode(error, 'EEXIST')) return false;
      throw error;
    } finally {
      await rm(writing, { force: true });
    }
  }

  /**
   * Removes the changes that are older than the history. False if the change of this number is among them: its writer had
   * looked at the label before so many others moved it that the number was free again.
   */
  async function prune(name: string, label: string, number: number): Promise<boolean> {
    const numbers = await numbersOf(name, label);
    const old = numbers.slice(0, -historyLength);
    for (const each of old) await rm(join(folderOf(name, label), `${each}.json`), { force: true });
    return !old.includes(number);
  }

  /** Makes the change that `decide` finds from the last one before it, and from the whole history if it asks for that. */
  async function append(
    name: string,
    label: string,
    decide: (last: LabelChange | undefined, history: () => Promise<LabelChange[]>) => Promise<Change | undefined>,
  ): Promise<LabelState> {
    for (;;) {
      const numbers = await keptNumbersOf(name, label);
      const [last] = await readAll(name, label, numbers.slice(-1));
      const next = await decide(last, () => readAll(name, label, numbers));
      if (next === undefined) return stateOf(name, label);
      if (last === undefined) await requireRoom(name, label);
      const content = { ...next, number: (last?.number ?? 0) + 1, at: new Date().toISOString() };
      if (!(await write(name, label, content)) || !(await prune(name, label, content.number))) continue;
      if (content.version !== null && !(await exists(name, content.version))) {
        // It was removed at this moment: nobody may find the label on it.
        await write(name, label, { ...undo(last), number: content.number + 1, at: content.at });
        throw noVersion(name, content.version);
      }
      return stateOf(name, label);
    }
  }

  /** Makes room for a new label: one that is at no version may lose its history. Throws `label_limit` if there is none. */
  async function requireRoom(name: string, label: string): Promise<void> {
    const others = (await namesIn(labelsOf(name))).filter((each) => isLabel(each) && each !== label);
    if (others.length < MOST_LABELS) return;
    for (const other of others) {
      if ((await holderOf(name, other)) !== undefined) continue;
      await rm(folderOf(name, other), { recursive: true, force: true });
      return;
    }
    throw new TrainyardError(
      'label_limit',
      `Model "${name}" has ${others.length} labels, the most there may be: DELETE one of them first.`,
    );
  }

  const exists = async (name: string, version: number): Promise<boolean> =>
    (await versionsOf(root, name)).includes(version);

  function requireLabel(label: string): void {
    if (label === NEWEST)
      throw new TrainyardError('invalid_request', `"${NEWEST}" is always the newest version and cannot be moved.`);
    if (!isLabel(label))
      throw new TrainyardError('invalid_request', `"${label.slice(0, 64)}" is not a label. ${LABEL_FORM}`);
  }

  /** Throws `label_gate` where the version does not beat the holder. */
  async function checkGate(name: string, label: string, gate: Gate, versions: Readonly<{ from: number; to: number }>) {
    const holder = await readManifest({ name, version: versions.from }).catch(() => undefined);
    if (holder === undefined) return; // one that cannot be read any more is beaten
    const reason = explainGate(gate, holder, await readManifest({ name, version: versions.to }));
    if (reason !== undefined)
      throw new TrainyardError('label_gate', `"${label}" stays at ${name}@${versions.from}: ${reason}.`);
  }

  return {
    /** The version that has the label now. */
    holderOf,

    /** The labels of a name that a version has, each with it, in order. */
    async list(name: string): Promise<Record<string, number>> {
      if (!isModelName(name)) return {};
      const labels = (await namesIn(labelsOf(name))).filter(isLabel).sort();
      const held = await mapInChunks(labels, async (label) => [label, await holderOf(name, label)] as const);
      return Object.fromEntries(held.filter((entry): entry is [string, number] => entry[1] !== undefined));
    },

    /** Returns the label and a page of its history, the newest first. Throws `label_not_found` if there is no such label. */
    async get(name: string, label: string, page: Page = {}): Promise<LabelState> {
      if ((await numbersOf(name, label)).length === 0) throw noLabel(name, label);
      return stateOf(name, label, page);
    },

    /**
     * Gives the label to a version. Throws `model_not_found`; `label_moved` where it is not where the request expects it;
     * `label_gate` where the version's score does not beat the holder's. A version that has the label already keeps it.
     */
    async move(name: string, label: string, { version, gate: asked, expected }: LabelRequest): Promise<LabelState> {
      requireLabel(label);
      await readManifest({ name, version });
      const gate = asked && { minDelta: 0, ...asked };
      return append(name, label, async (last) => {
        const holder = last?.version ?? null;
        if (expected !== undefined && expected !== holder)
          throw new TrainyardError(
            'label_moved',
            `"${label}" is ${placeOf(name, holder)}, not ${placeOf(name, expected)}.`,
          );
        if (holder === version) return undefined;
        if (gate && holder !== null) await checkGate(name, label, gate, { from: holder, to: version });
        return { action: 'move', version, ...(gate && { gate }) };
      });
    },

    /**
     * Gives the label back to the version that had it before, and at the next call to the one before that; versions that
     * were removed since are passed over. Throws `label_not_found`, and `label_moved` where there is none to go back to.
     */
    async rollback(name: string, label: string): Promise<LabelState> {
      return append(name, label, async (last, history) => {
        if (last === undefined) throw noLabel(name, label);
        const versions = await versionsOf(root, name);
        const [, ...before] = standing(await history()).reverse();
        const target = before.find(({ version }) => version !== null && versions.includes(version));
        if (target !== undefined) return { action: 'rollback', version: target.version, restores: target.number };
        throw new TrainyardError(
          'label_moved',
          `Among the last ${historyLength} changes, no version that is still there had the label "${label}" before.`,
        );
      });
    },

    /** Takes the label from whichever version has it; its history stays. Throws `label_not_found`. */
    async remove(name: string, label: string): Promise<LabelState> {
      return append(name, label, async (last) => {
        if (last === undefined) throw noLabel(name, label);
        return last.version === null ? undefined : { action: 'remove', version: null };
      });
    },
  };
}

/**
 * Returns the changes that stand: a rollback takes away those after the change it went back to. If that change is older than the
 * history, the rollback stands for it.
 */
function standing(changes: readonly LabelChange[]): LabelChange[] {
  const stack: LabelChange[] = [];
  for (const change of changes) {
    const restored = stack.findIndex(({ number }) => number === change.restores);
    if (change.restores !== undefined) stack.splice(restored + 1);
    if (restored === -1) stack.push(change);
  }
  return stack;
}

/** The change that brings back what was before. */
const undo = (before: LabelChange | undefined): Change =>
  before === undefined || before.version === null
    ? { action: 'remove', version: null }
    : { action: 'rollback', version: before.version, restores: before.number };

const placeOf = (name: string, version: number | null): string =>
  version === null ? 'at no version' : `at ${name}@${version}`;

/** Of a label that no version has. */
export const noLabel = (name: string, label: string): TrainyardError =>
  new TrainyardError(
    'label_not_found',
    `Model "${name.slice(0, 64)}" has no label "${label.slice(0, 64)}": PUT /models/{name}/labels/{label} sets one.`,
  );
