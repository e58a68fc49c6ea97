/** Removing models: a version goes whole, at once, and never while a label holds it; its number is never given again. */
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelReference } from '../contracts/references/model-reference.js';
import { TrainyardError } from '../errors/errors.js';
import { ownPathIn } from '../files/checked-paths.js';
import { removeFolder } from '../files/removal.js';
import { noVersion, REMOVED, versionsOf } from './folders.js';

type Labels = Readonly<{ list(name: string): Promise<Record<string, number>> }>;

/**
 * Removes a version that is there. The folder is renamed away first and the labels are looked at again: a label that was
 * moved to it at that moment brings it back. Throws `label_held`, and `model_not_found` where another process was faster.
 */
export async function removeVersion(root: string, labels: Labels, { name, version }: ModelReference): Promise<void> {
  await requireNoLabel(labels, { name, version });
  const folder = await ownPathIn(root, { modelName: name, version });
  await writeFile(`${folder}${REMOVED}`, '');
  const requireUnused = () => requireNoLabel(labels, { name, version });
  if (!(await removeFolder(folder, { root, requireUnused }))) throw noVersion(name, version);
}

/** Removes every version and every label's history. Throws `label_held` before anything is removed. */
export async function removeModel(root: string, labels: Labels, name: string): Promise<void> {
  const [held] = Object.entries(await labels.list(name));
  if (held !== undefined) throw heldBy(held[0], { name, version: held[1] });
  for (const version of await versionsOf(root, name)) await removeVersion(root, labels, { name, version });
  const folder = await ownPathIn(root, { modelName: name });
  for (const entry of await readdir(folder)) {
    if (!entry.endsWith(REMOVED)) await rm(join(folder, entry), { recursive: true, force: true });
  }
}

async function requireNoLabel(labels: Labels, reference: ModelReference): Promise<void> {
  const held = Object.entries(await labels.list(reference.name)).find(([, version]) => version === reference.version);
  if (held !== undefined) throw heldBy(held[0], reference);
}

const heldBy = (label: string, { name, version }: ModelReference): TrainyardError =>
  new TrainyardError(
    'label_held',
    `${name}@${version} has the label "${label}": move the label, or remove it with DELETE /models/${name}/labels/${label}, then delete it.`,
  );
