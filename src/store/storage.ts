/** Storage that may be sick: real writes that prove a folder, and the sentences for what cannot be written. */
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type StorageFault, storageFault, TrainyardError, toTrainyardError } from '../errors/errors.js';
import { syncFolder, writeDurably } from '../files/durable.js';
import { hasCode, SAVING } from './folders.js';

/** A folder that is written, and the setting it follows from, as DATA_DIR. */
export type StorageFolder = Readonly<{ setting: string; root: string; path: string }>;

/** A block of a file system: fewer bytes may still fit on a full disk. */
const PROBE_BYTES = 4_096;
/** A probe that takes longer has failed: a network file system may not answer at all. */
const DEADLINE_MS = 20_000;

/** Returns a probe of these folders: each call creates, writes, syncs, renames and removes a file in each. */
export function createProbe(folders: readonly StorageFolder[], { deadlineMs = DEADLINE_MS } = {}) {
  let running: Promise<void> | undefined;

  /** Throws `insufficient_storage` or `storage_unavailable` with one sentence about the first folder that cannot be written. */
  return async function probe(): Promise<void> {
    // A probe that still waits for its disk is not started again: it would hold one thread more.
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
  const path = join(folder, `${SAVING}probe-${randomUUID()}`);
  const renamed = `${path}-renamed`;
  try {
    await writeDurably(path, Buffer.alloc(PROBE_BYTES));
    await rename(path, renamed);
    await syncFolder(folder);
    await rm(renamed);
  } finally {
    for (const left of [path, renamed]) await rm(left, { force: true }).catch(() => undefined);
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

/** Says what two more codes of the file system mean if they come of writing into a folder of ours. */
function faultOfWriting(cause: unknown): StorageFault | undefined {
  const code = 'storage_unavailable';
  if (hasCode(cause, 'ENOENT')) return { code, fault: 'a folder was removed meanwhile (ENOENT)' };
  return hasCode(cause, 'EEXIST') ? { code, fault: 'a file is in the place of a folder (EEXIST)' } : undefined;
}

/** Returns the error as one with a sentence about `what`, a whole subject and verb, if the storage of `root` has failed. */
export function asStorageError(cause: unknown, what: string, root: string): TrainyardError {
  const found = storageFault(cause) ?? faultOfWriting(cause);
  if (found === undefined) return toTrainyardError(cause);
  const full = found.code === 'insufficient_storage';
  const why = full ? `the disk of ${root} is full` : `${root} cannot be written by ${user()}, ${found.fault}`;
  const next = full ? 'Free some space' : 'Make it writable';
  return new TrainyardError(found.code, `${what}: ${why}. ${next} and resume the job.`, { cause });
}
