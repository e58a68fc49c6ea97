/** Removal of models. A version is removed in one step, never while a label is at it, and its number is not used again. */
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelReference } from '../contracts/references/model-reference.js';
import { TrainyardError } from '../errors/errors.js';
import { ownPathIn } from '../files/checked-paths.js';
import { removeFolder } from '../files/removal.js';
import { noVersion, REMOVED, versionsOf } from './folders.js';
import type { ModelLabels } from './model-labels.js';

type LabelList = Pick<ModelLabels, 'list'>;

/**
 * Removes an existing version. Keeps it if a label moves to it at the same moment. Throws `label_held`, and `model_not_found` if
 * another process has just removed it.
 */
export async function removeVersion(root: string, labels: LabelList, { name, version }: ModelReference): Promise<void> {
  await requireNoLabel(labels, { name, version });
  const folder = await ownPathIn(root, { modelName: name, version });
  await writeFile(`${folder}${REMOVED}`, '');
  const requireUnused = () => requireNoLabel(labels, { name, version });
  if (!(await removeFolder(folder, { root, requireUnused }))) throw noVersion(name, version);
}

/** Removes every version of a name and the history of its labels. Throws `label_held` before it removes anything. */
export async function removeModel(root: string, labels: LabelList, name: string): Promise<void> {
  const [held] = Object.entries(await labels.list(name));
  if (held !== undefined) throw labelHeld(held[0], { name, version: held[1] });
  for (const version of await versionsOf(root, name)) await removeVersion(root, labels, { name, version });
  const folder = await ownPathIn(root, { modelName: name });
  for (const entry of await readdir(folder)) {
    if (!entry.endsWith(REMOVED)) await rm(join(folder, entry), { recursive: true, force: true });
  }
}

async function requireNoLabel(labels: LabelList, reference: ModelReference): Promise<void> {
  const held = Object.entries(await labels.list(reference.name)).find(([, version]) => version === reference.version);
  if (held !== undefined) throw labelHeld(held[0], reference);
}

const labelHeld = (label: string, { name, version }: ModelReference): TrainyardError =>
  new TrainyardError(
    'label_held',
    `${name}@${version} has the label "${label}". Move the label, or remove it with DELETE /models/${name}/labels/${label}; then delete the version.`,
  );
