/** Labels of models: moving, rolling back and removing them. */
import {
  LABEL_STAYS,
  type LabelChange,
  type LabelGate,
  type LabelPlan,
  type LabelRequest,
  type LabelState,
  resolveGate,
} from '../contracts/models/label.js';
import { LABEL_FORM, NEWEST } from '../contracts/references/reference.js';
import { TrainyardError } from '../errors/errors.js';
import { noVersion, versionsOf } from './folders.js';
import { explainGate, type GateSources, readGateScores } from './label-gate.js';
import { createLabelHistory, type HistoryPage, isLabel } from './label-history.js';

/** Default of `historyLength`: changes kept of each label. */
export const LABEL_HISTORY = 100;

/** A change before it has its number and its time. */
type NewChange = Omit<LabelChange, 'number' | 'at'>;

/** Returns the next change of a label, or undefined to leave it as it is. `history` reads all kept changes. */
type DecideChange = (
  last: LabelChange | undefined,
  history: () => Promise<LabelChange[]>,
) => Promise<NewChange | undefined>;

export type ModelLabels = ReturnType<typeof createLabels>;

/** Manages the labels of the models in `root`. Keeps the latest `historyLength` changes of each label. */
export function createLabels(root: string, sources: GateSources, historyLength = LABEL_HISTORY) {
  const { readManifest } = sources;
  const changes = createLabelHistory(root, historyLength);
  const { stateOf } = changes;

  /** Appends the change that `decide` returns. Starts over if another process has moved the label at the same moment. */
  async function append(name: string, label: string, decide: DecideChange): Promise<LabelState> {
    for (;;) {
      const numbers = await changes.keptNumbers(name, label);
      const [last] = await changes.read(name, label, numbers.slice(-1));
      const decided = await decide(last, () => changes.read(name, label, numbers));
      if (decided === undefined) return stateOf(name, label);
      if (last === undefined) await changes.requireRoom(name, label);
      const change = { ...decided, number: (last?.number ?? 0) + 1, at: new Date().toISOString() };
      if (!(await changes.write(name, label, change))) continue;
      if (!(await changes.prune(name, label, change.number))) continue;
      await undoIfRemoved(name, label, change, last);
      return stateOf(name, label);
    }
  }

  /** Takes a change back if its version was removed at the same moment. Throws `model_not_found` then. */
  async function undoIfRemoved(name: string, label: string, change: LabelChange, last: LabelChange | undefined) {
    if (change.version === null || (await versionsOf(root, name)).includes(change.version)) return;
    await changes.write(name, label, { ...undo(last), number: change.number + 1, at: change.at });
    throw noVersion(name, change.version);
  }

  return {
    /** Returns the version that has the label now; undefined if none has. */
    holderOf: changes.holderOf,

    /** Returns the labels of a name that are at a version, each with that version, in order. */
    list: changes.list,

    /** Returns the label and a page of its history, the newest change first. Throws `label_not_found`. */
    async get(name: string, label: string, page: HistoryPage = {}): Promise<LabelState> {
      if ((await changes.numbersOf(name, label)).length === 0) throw noLabel(name, label);
      return stateOf(name, label, page);
    },

    /**
     * Moves the label to a version. Changes nothing if it is there already. Throws `model_not_found`; `label_moved` if the label
     * is not at the expected version; `label_gate` if the version's score does not beat that of the present one; and
     * `evaluation_not_found` or `evaluation_mismatch` if the gate needs evaluations that do not exist.
     */
    async move(name: string, label: string, request: LabelRequest): Promise<LabelState> {
      requireLabel(label);
      await readManifest({ name, version: request.version });
      return append(name, label, (last) => decideMove({ name, label, ...sources }, request, last?.version ?? null));
    },

    /** Returns what `move` would do now, without doing it. Throws `model_not_found`, and `invalid_request` for an invalid label. */
    async plan(name: string, label: string, request: LabelRequest): Promise<LabelPlan> {
      requireLabel(label);
      await readManifest({ name, version: request.version });
      const from = (await changes.holderOf(name, label)) ?? null;
      return planMove({ name, label, ...sources }, request, from);
    },

    /**
     * Moves the label back to the version it was at before; each further call goes back one more. Skips versions that were removed.
     * Throws `label_not_found`, and `label_moved` if there is no version to go back to.
     */
    async rollback(name: string, label: string): Promise<LabelState> {
      return append(name, label, async (last, history) => {
        if (last === undefined) throw noLabel(name, label);
        return decideRollback({ name, label }, await versionsOf(root, name), await history(), historyLength);
      });
    },

    /** Takes the label from its version and keeps its history. Throws `label_not_found`. */
    async remove(name: string, label: string): Promise<LabelState> {
      return append(name, label, async (last) => {
        if (last === undefined) throw noLabel(name, label);
        return last.version === null ? undefined : { action: 'remove', version: null };
      });
    },
  };
}

/** A label, and what the gates of its moves compare. */
type LabelContext = GateSources & Readonly<{ name: string; label: string }>;

/** Decides a move. Throws `label_moved`, `label_gate`, `evaluation_not_found` or `evaluation_mismatch`. */
async function decideMove(
  context: LabelContext,
  { version, gate: requestedGate, expected }: LabelRequest,
  holder: number | null,
): Promise<NewChange | undefined> {
  if (expected !== undefined && expected !== holder) throw labelMoved(context, expected, holder);
  if (holder === version) return undefined;
  const gate = requestedGate && resolveGate(requestedGate);
  if (gate && holder !== null) await checkGate(context, gate, { from: holder, to: version });
  return { action: 'move', version, ...(gate && { gate }) };
}

function labelMoved({ name, label }: LabelContext, expected: number | null, holder: number | null): TrainyardError {
  const places = `${placeOf(name, holder)}, not ${placeOf(name, expected)}`;
  const message = `does not match: the label is ${places}`;
  const error = { pointer: '/expected', message, ...(holder !== null && { suggestion: holder }) };
  return new TrainyardError(
    'label_moved',
    `"${label}" is ${places}. If it should still move, send \`expected: ${holder}\`, or leave \`expected\` out.`,
    { errors: [error] },
  );
}

async function planMove(context: LabelContext, request: LabelRequest, from: number | null): Promise<LabelPlan> {
  const { label, name } = context;
  const { version: to } = request;
  const gate = request.gate && resolveGate(request.gate);
  const plan = { from, to, ...(gate && { scores: await plannedScores(context, gate, { from, to }) }) };
  try {
    if ((await decideMove(context, request, from)) !== undefined) return { ...plan, moves: true };
    return { ...plan, moves: false, reason: `"${label}" is ${placeOf(name, from)} already.` };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return { ...plan, moves: false, code: error.code, reason: error.message };
  }
}

type Refusal = TrainyardError & Readonly<{ code: (typeof LABEL_STAYS)[number] }>;

/** Tells whether an error means that the label stays where it is. */
const isRefusal = (error: unknown): error is Refusal =>
  error instanceof TrainyardError && LABEL_STAYS.some((code) => code === error.code);

/** Returns the scores that a gate compares; if it cannot compare them, the own score of each version. Null if a version has none. */
async function plannedScores(
  context: LabelContext,
  { minDelta: _, ...compared }: LabelGate,
  { from, to }: Readonly<{ from: number | null; to: number }>,
): Promise<NonNullable<LabelPlan['scores']>> {
  const { name } = context;
  const read = (holder: number, candidate: number) => {
    const references = { holder: { name, version: holder }, candidate: { name, version: candidate } };
    return readGateScores(context, { minDelta: 0, ...compared }, references).catch((error: unknown) => {
      if (!isRefusal(error)) throw error;
    });
  };
  // Compared with itself, a version shows its own score.
  const scoreOf = async (version: number) => (await read(version, version))?.candidate.score ?? null;
  const holder = from !== null && (await isReadable(context, from)) ? from : undefined;
  if (holder === undefined) return { ...compared, from: null, to: await scoreOf(to) };
  const pair = await read(holder, to);
  if (pair === undefined) return { ...compared, from: await scoreOf(holder), to: await scoreOf(to) };
  return { ...compared, from: pair.holder.score ?? null, to: pair.candidate.score ?? null };
}

const isReadable = ({ name, readManifest }: LabelContext, version: number): Promise<boolean> =>
  readManifest({ name, version }).then(
    () => true,
    () => false,
  );

/** Throws `label_gate` if the candidate does not beat the version that has the label, else as `readGateScores`. */
async function checkGate(
  context: LabelContext,
  gate: LabelGate,
  { from, to }: Readonly<{ from: number; to: number }>,
): Promise<void> {
  const { name, label } = context;
  if (!(await isReadable(context, from))) return; // any version beats one that cannot be read
  const references = { holder: { name, version: from }, candidate: { name, version: to } };
  const reason = explainGate(gate, await readGateScores(context, gate, references));
  if (reason === undefined) return;
  throw new TrainyardError(
    'label_gate',
    `"${label}" stays at ${name}@${from}: ${reason}. Move it to a better version, or without the gate.`,
    { errors: [{ pointer: '/gate', message: reason }] },
  );
}

/** Decides a rollback to the version before, if it is one of `versions`. Throws `label_moved` if there is none. */
function decideRollback(
  { name, label }: Pick<LabelContext, 'name' | 'label'>,
  versions: readonly number[],
  history: readonly LabelChange[],
  historyLength: number,
): NewChange {
  const [, ...before] = effectiveChanges(history).reverse();
  const target = before.find(({ version }) => version !== null && versions.includes(version));
  if (target !== undefined) return { action: 'rollback', version: target.version, restores: target.number };
  throw new TrainyardError(
    'label_moved',
    `"${label}" cannot be rolled back: in its last ${historyLength} changes it was at no other version that still exists. Move it to a version with PUT /models/${name}/labels/${label}.`,
  );
}

function requireLabel(label: string): void {
  if (label === NEWEST)
    throw new TrainyardError('invalid_request', `"${NEWEST}" always means the newest version. Choose another label.`);
  if (!isLabel(label))
    throw new TrainyardError('invalid_request', `"${label.slice(0, 64)}" is not a label. ${LABEL_FORM}`);
}

/**
 * Returns the changes in effect: a rollback cancels the changes after the one it restores. If that one is no longer in the history,
 * the rollback itself is in effect.
 */
function effectiveChanges(changes: readonly LabelChange[]): LabelChange[] {
  const stack: LabelChange[] = [];
  for (const change of changes) {
    const restored = stack.findIndex(({ number }) => number === change.restores);
    if (change.restores !== undefined) stack.splice(restored + 1);
    if (restored === -1) stack.push(change);
  }
  return stack;
}

/** Returns the change that restores the state before. */
const undo = (before: LabelChange | undefined): NewChange =>
  before === undefined || before.version === null
    ? { action: 'remove', version: null }
    : { action: 'rollback', version: before.version, restores: before.number };

const placeOf = (name: string, version: number | null): string =>
  version === null ? 'at no version' : `at ${name}@${version}`;

export const noLabel = (name: string, label: string): TrainyardError =>
  new TrainyardError(
    'label_not_found',
    `Model "${name.slice(0, 64)}" has no label "${label.slice(0, 64)}". Set it with PUT /models/{name}/labels/{label}.`,
  );
