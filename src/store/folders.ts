/** What lies in the folder of models: names, versions, and what saves that died have left. */
import type { Dirent } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isPart } from '../contracts/references/path-part.js';
import { TrainyardError } from '../errors/errors.js';
import { ownPathIn } from '../files/checked-paths.js';

/** Folders that are being written begin with this, which no model's name does. */
export const SAVING = '.saving-';
/** Ends the name of what is left of a version that was removed: its number. */
export const REMOVED = '.removed';
/** A save takes seconds, and a clock may jump by hours; what is older was left by a process that died. */
const LEFTOVER_AGE_MS = 86_400_000;
const SWEEP_EVERY_MS = 3_600_000;

/** Whether a text may name a model, and so a folder: no such name leads anywhere else. */
export const isModelName = (name: string): boolean => isPart('modelName', name);

/** Names that have a folder, in order. Anything that is not a model's name is not ours. */
export async function namesIn(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && isModelName(entry.name))
    .map(({ name }) => name)
    .sort();
}

/** Versions that are there under a name, in numeric order; none where the name has no folder. */
export const versionsOf = (root: string, name: string): Promise<number[]> =>
  numbersOf(root, name, (entry) => entry.isDirectory() && /^([1-9][0-9]{0,8})$/.exec(entry.name)?.[1]);

/** The number that the next version of a name gets: the first after all that there are and that there were. */
export const nextVersion = async (root: string, name: string): Promise<number> =>
  ((await numbersOf(root, name, (entry) => /^([1-9][0-9]{0,8})(\.removed)?$/.exec(entry.name)?.[1])).at(-1) ?? 0) + 1;

/** The numbers that `find` sees in the entries of a model's folder, ascending. What is not a folder of ours has none. */
async function numbersOf(
  root: string,
  name: string,
  find: (entry: Dirent) => string | undefined | false,
): Promise<number[]> {
  const entries = await readdir(await ownPathIn(root, { modelName: name }), { withFileTypes: true }).catch(
    noneIfAbsent,
  );
  return entries
    .map(find)
    .filter((digits) => typeof digits === 'string')
    .map(Number)
    .sort((a, b) => a - b);
}

function noneIfAbsent(error: unknown): [] {
  if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return [];
  throw error;
}

/** Removes what saves that died have left. One that still runs is younger, and stays. */
export async function removeLeftovers(root: string): Promise<void> {
  for (const entry of await readdir(root)) {
    if (!entry.startsWith(SAVING)) continue;
    const path = join(root, entry);
    const changed = await stat(path).catch(() => undefined); // another process may have removed it
    if (changed !== undefined && Date.now() - changed.mtimeMs > LEFTOVER_AGE_MS)
      await rm(path, { recursive: true, force: true });
  }
}

/** Does so in each of these folders every hour until it is closed: a process may run for weeks. No process waits for it to end. */
export function sweepLeftovers(
  roots: readonly string[],
  { onError, everyMs = SWEEP_EVERY_MS }: Readonly<{ onError: (error: unknown) => void; everyMs?: number }>,
): Readonly<{ close(): void }> {
  const sweep = (): void => {
    for (const root of roots) removeLeftovers(root).catch(onError);
  };
  const timer = setInterval(sweep, everyMs).unref();
  return { close: () => clearInterval(timer) };
}

export const noModel = (name: string): TrainyardError =>
  new TrainyardError(
    'model_not_found',
    `There is no model named "${name.slice(0, 64)}": GET /models lists those there are.`,
  );

export const noVersion = (name: string, version: number): TrainyardError =>
  new TrainyardError(
    'model_not_found',
    `Model "${name.slice(0, 64)}" has no version ${version}: GET /models lists those there are.`,
  );

/** Whether an error is the file system's of this code. */
export const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
