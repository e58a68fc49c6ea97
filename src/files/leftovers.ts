/** Temporary files and folders, and the removal of those whose process died. */
import { randomUUID } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { namesIn } from './entries.js';

/** Begins the names of temporary entries. No name of a model, a data set or a job begins with it. */
const PREFIX = '.saving-';
/** A save takes seconds and a clock may jump by hours: an older entry belongs to a process that died. */
const LEFTOVER_AGE_MS = 86_400_000;
const SWEEP_EVERY_MS = 3_600_000;

/** Returns the path of a temporary entry in `root` that does not exist yet. `kind` becomes part of its name. */
export const temporaryPath = (root: string, kind = ''): string => join(root, `${PREFIX}${kind}${randomUUID()}`);

/** Removes the temporary entries of `root` that are older than a day: their process died. */
export async function removeLeftovers(root: string): Promise<void> {
  for (const name of await namesIn(root)) {
    if (!name.startsWith(PREFIX)) continue;
    const path = join(root, name);
    const changed = await stat(path).catch(() => undefined); // another process may have removed it
    if (changed !== undefined && Date.now() - changed.mtimeMs > LEFTOVER_AGE_MS)
      await rm(path, { recursive: true, force: true });
  }
}

/** Calls `removeLeftovers` for the current folders every hour (`everyMs`) until it is closed. The timer does not keep the process alive. */
export function sweepLeftovers(
  roots: () => readonly string[],
  { onError, everyMs = SWEEP_EVERY_MS }: Readonly<{ onError: (error: unknown) => void; everyMs?: number }>,
): Readonly<{ close(): void }> {
  const sweep = (): void => {
    for (const root of roots()) removeLeftovers(root).catch(onError);
  };
  const timer = setInterval(sweep, everyMs).unref();
  return { close: () => clearInterval(timer) };
}
