/**
 * Labels: models/<name>/labels/<label>/<number>.json, one file for each change, which is never written again. Whoever
 * writes the next number moves the label, so of two processes that move it at once one finds the number taken and looks again.
 */
import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Compile } from 'typebox/compile';
import type { ModelReference } from '../contracts/job.js';
import { type Gate, LabelChange, type LabelRequest, type LabelState } from '../contracts/label.js';
import type { ModelManifest } from '../contracts/model.js';
import { isPart } from '../contracts/path-part.js';
import { LABEL_FORM, NEWEST } from '../contracts/reference.js';
import { TrainyardError } from '../errors.js';
import { ownPathIn, pathIn } from '../paths.js';
import { syncFolder, writeDurably } from './durable.js';
import { hasCode, isModelName, noVersion, SAVING, versionsOf } from './folders.js';
import { explainGate } from './gate.js';

const LABELS = 'labels';
const change = Compile(LabelChange);
const isLabel = (label: string): boolean => isPart('label', label);

type Change = Omit<LabelChange, 'number' | 'at'>;

/** The manifest of a version; throws `model_not_found` where there is none. */
type ReadManifest = (reference: ModelReference) => Promise<ModelManifest>;

export function createLabels(root: string, readManifest: ReadManifest) {
  const labelsOf = (name: string) => join(pathIn(root, { modelName: name }), LABELS);
  const folderOf = (name: string, label: string) => pathIn(labelsOf(name), { label });

  /** Every change of a label, in order. A name or a label that is none has had none. */
  async function changesOf(name: string, label: string): Promise<LabelChange[]> {
    const numbers = await numbersOf(name, label);
    return Promise.all(numbers.map((number) => read(name, label, number)));
  }

  const numbersOf = async (name: string, label: string): Promise<number[]> => {
    if (!isModelName(name) || !isLabel(label)) return [];
    const digits = (await entriesOf(folderOf(name, label))).map((entry) => /^([1-9][0-9]*)\.json$/.exec(entry)?.[1]);
    return digits
      .filter((found) => found !== undefined)
      .map(Number)
      .sort((a, b) => a - b);
  };

  async function read(name: string, label: string, number: number): Promise<LabelChange> {
    const path = join(folderOf(name, label), `${number}.json`);
    const value: unknown = await readFile(path, 'utf8')
      .then(JSON.parse)
      .catch(() => undefined);
    if (change.Check(value) && value.number === number) return value;
    throw new TrainyardError(
      'model_corrupt',
      `The change ${path} of a label cannot be read: remove it, or restore it.`,
    );
  }

  async function holderOf(name: string, label: string): Promise<number | undefined> {
    const newest = (await numbersOf(name, label)).at(-1);
    if (newest === undefined) return undefined;
    try {
      return (await read(name, label, newest)).version ?? undefined;
    } catch (error) {
      if ((await numbersOf(name, label)).includes(newest)) throw error;
      return undefined; // removed meanwhile, with the model
    }
  }

  /** Writes a change under its number; false where another process has written that number first. */
  async function write(name: string, label: string, content: LabelChange): Promise<boolean> {
    const writing = join(root, SAVING + randomUUID());
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

  /** Makes the change that `decide` finds from those before it. */
  async function append(
    name: string,
    label: string,
    decide: (changes: readonly LabelChange[]) => Promise<Change | undefined>,
  ): Promise<LabelState> {
    for (;;) {
      const changes = await changesOf(name, label);
      const next = await decide(changes);
      if (next === undefined) return stateOf(name, label, changes);
      const content = { ...next, number: (changes.at(-1)?.number ?? 0) + 1, at: new Date().toISOString() };
      if (!(await write(name, label, content))) continue;
      if (content.version !== null && !(await exists(name, content.version))) {
        // It was removed at this moment: nobody may find the label on it.
        await write(name, label, { ...undo(changes.at(-1)), number: content.number + 1, at: content.at });
        throw noVersion(name, content.version);
      }
      return stateOf(name, label, [...changes, content]);
    }
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
      const labels = (await entriesOf(labelsOf(name))).filter(isLabel).sort();
      const held = await Promise.all(labels.map(async (label) => [label, await holderOf(name, label)] as const));
      return Object.fromEntries(held.filter((entry): entry is [string, number] => entry[1] !== undefined));
    },

    /** Throws `label_not_found` where there never was such a label. */
    async get(name: string, label: string): Promise<LabelState> {
      const changes = await changesOf(name, label);
      if (changes.length === 0) throw noLabel(name, label);
      return stateOf(name, label, changes);
    },

    /**
     * Gives the label to a version. Throws `model_not_found`; `label_moved` where it is not where the request expects it;
     * `label_gate` where the version's score does not beat the holder's. A version that has the label already keeps it.
     */
    async move(name: string, label: string, { version, gate: asked, expected }: LabelRequest): Promise<LabelState> {
      requireLabel(label);
      await readManifest({ name, version });
      const gate = asked && { minDelta: 0, ...asked };
      return append(name, label, async (changes) => {
        const holder = changes.at(-1)?.version ?? null;
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
      return append(name, label, async (changes) => {
        if (changes.length === 0) throw noLabel(name, label);
        const versions = await versionsOf(root, name);
        const [, ...before] = standing(changes).reverse();
        const target = before.find(({ version }) => version !== null && versions.includes(version));
        if (target !== undefined) return { action: 'rollback', version: target.version, restores: target.number };
        throw new TrainyardError(
          'label_moved',
          `Before this, no version that is still there had the label "${label}".`,
        );
      });
    },

    /** Takes the label from whichever version has it; its history stays. Throws `label_not_found`. */
    async remove(name: string, label: string): Promise<LabelState> {
      return append(name, label, async (changes) => {
        if (changes.length === 0) throw noLabel(name, label);
        return changes.at(-1)?.version === null ? undefined : { action: 'remove', version: null };
      });
    },
  };
}

/** The changes that stand: a rollback takes away those after the one it went back to. */
function standing(changes: readonly LabelChange[]): LabelChange[] {
  const stack: LabelChange[] = [];
  for (const change of changes) {
    if (change.restores === undefined) stack.push(change);
    else stack.splice(stack.findIndex(({ number }) => number === change.restores) + 1);
  }
  return stack;
}

const stateOf = (name: string, label: string, changes: readonly LabelChange[]): LabelState => ({
  name,
  label,
  version: changes.at(-1)?.version ?? null,
  history: changes.toReversed(),
});

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

async function entriesOf(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return [];
    throw error;
  });
}
