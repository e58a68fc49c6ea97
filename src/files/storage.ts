/** Write probes of storage folders, and the errors of storage that cannot be written. */
import { mkdir, rename, rm } from 'node:fs/promises';
import { type StorageFault, storageFault, TrainyardError, toTrainyardError } from '../errors/errors.js';
import { syncFolder, writeDurably } from './durable.js';
import { hasCode } from './error-codes.js';
import { temporaryPath } from './leftovers.js';

/** A folder to probe. `setting` names the setting that `path` comes from (`DATA_DIR`), `root` is the setting's value. */
export type StorageFolder = Readonly<{ setting: string; root: string; path: string }>;

/** One block of a file system: fewer bytes may still fit on a full disk. */
const PROBE_BYTES = 4_096;
/** After this long a probe has failed: a network file system may never answer. */
const DEADLINE_MS = 20_000;

/** Returns a probe of these folders. Each call creates, writes, syncs, renames and removes a file in each. */
export function createProbe(folders: readonly StorageFolder[], { deadlineMs = DEADLINE_MS } = {}) {
  let running: Promise<void> | undefined;

  /** Throws `insufficient_storage` or `storage_unavailable` with a message about the first folder that cannot be written. */
  return async function probe(): Promise<void> {
    // Shares a probe that still waits for its disk: a second one would block one more thread.
    running ??= probeAll(folders).finally(() => {
      running = undefined;
    });
    running.catch(() => undefined);
    await within(running, deadlineMs, folders);
  };
}

async function probeAll(folders: readonly StorageFolder[]): Promise<void> {
  for (const folder of folders) await writeAndRemove(folder.path).catch((cause) => refuse(folder, cause));
}

async function writeAndRemove(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const path = temporaryPath(folder, 'probe-');
  const renamed = `${path}-renamed`;
  try {
    await writeDurably(path, Buffer.alloc(PROBE_BYTES));
    await rename(path, renamed);
    await syncFolder(folder);
    await rm(renamed);
  } finally {
    for (const remaining of [path, renamed]) await rm(remaining, { force: true }).catch(() => undefined);
  }
}

const user = (): string => `user ${process.getuid?.() ?? 'of this process'}`;

function refuse({ setting, root, path }: StorageFolder, cause: unknown): never {
  const { code = 'storage_unavailable', fault = cause instanceof Error ? cause.message : String(cause) } =
    storageFault(cause) ?? faultOfWriting(cause) ?? {};
  const where = path === root ? '' : `, in ${path}`;
  throw new TrainyardError(code, `${setting} ${root} cannot be written by ${user()}: ${fault}${where}.`, { cause });
}

async function within(work: Promise<void>, ms: number, [first]: readonly StorageFolder[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const sentence = `${first?.setting} ${first?.root} cannot be written by ${user()}: no answer within ${ms / 1000} seconds.`;
    timer = setTimeout(() => reject(new TrainyardError('storage_unavailable', sentence)), ms);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Explains two more error codes that can only come from writing into our own folders. */
function faultOfWriting(cause: unknown): StorageFault | undefined {
  const code = 'storage_unavailable';
  if (hasCode(cause, 'ENOENT')) return { code, fault: 'a folder was removed at the same moment (ENOENT)' };
  return hasCode(cause, 'EEXIST') ? { code, fault: 'there is a file at the path of a folder (EEXIST)' } : undefined;
}

/**
 * Returns the error to throw if a write below `root` failed. If the storage is at fault, its message begins with `failure`, a
 * clause without its period ("The model boots could not be saved").
 */
export function asStorageError(cause: unknown, failure: string, root: string): TrainyardError {
  const found = storageFault(cause) ?? faultOfWriting(cause);
  if (found === undefined) return toTrainyardError(cause);
  const isFull = found.code === 'insufficient_storage';
  const reason = isFull ? `the disk of ${root} is full` : `${root} cannot be written by ${user()}, ${found.fault}`;
  const advice = isFull ? 'Free some space' : 'Make it writable';
  return new TrainyardError(found.code, `${failure}: ${reason}. ${advice} and resume the job.`, { cause });
}
