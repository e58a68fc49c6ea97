/**
 * The checkpoints of one job: checkpoints/<job>/<attempt>/<steps>.safetensors. Each is written beside and renamed, and
 * carries the SHA-256 of all its bytes. An attempt begins by renaming the folder of the one before to its own number: from
 * that moment every path of the earlier attempt is gone, and a trainer of it that still lives can write nothing.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Compile } from 'typebox/compile';
import { CheckpointHeader } from '../contracts/checkpoint.js';
import { TrainyardError, toTrainyardError } from '../errors.js';
import { bytesOfFloats, decodeSafetensors, encodeSafetensors, floatsOf, type StoredTensor } from '../safetensors.js';
import { syncFolder, writeDurably } from './durable.js';
import { hasCode } from './folders.js';

/** Numbers of a run by name, each with its shape. */
export type CheckpointTensors = ReadonlyMap<string, Readonly<{ shape: readonly number[]; values: Float32Array }>>;
export type Checkpoint = Readonly<{ header: CheckpointHeader; tensors: CheckpointTensors }>;

export type Checkpoints = Awaited<ReturnType<typeof openCheckpoints>>;

/** How many of the newest are kept, besides the best. */
export const KEPT = 2;

const FORMAT = 'trainyard-checkpoint/1';
/** The digest is the first thing in the header: it is always at this place, and counts as zeros when it is computed. */
const BEFORE_DIGEST = '{"__metadata__":{"sha256":"';
const DIGEST_AT = 8 + BEFORE_DIGEST.length;
const NO_DIGEST = '0'.repeat(64);
const DIGEST_END = DIGEST_AT + NO_DIGEST.length;
const WRITING = '.writing-';

const schema = Compile(CheckpointHeader);

/**
 * Begins an attempt: takes over what the attempts before it have left. Throws `worker_stopped` where a later attempt has
 * begun already.
 */
export async function openCheckpoints(options: Readonly<{ checkpointsDir: string; jobId: string; attempt: number }>) {
  const { jobId, attempt } = options;
  const root = join(options.checkpointsDir, jobId);
  const folder = join(root, String(attempt));
  const overtaken = (cause?: unknown): TrainyardError =>
    new TrainyardError('worker_stopped', `Attempt ${attempt} of job ${jobId} is over: a later one has begun.`, {
      cause,
    });
  await takeOver(root, attempt, overtaken);

  async function removeSuperseded(best: number | undefined): Promise<void> {
    const old = (await numbersIn(folder, /^([0-9]+)\.safetensors$/)).slice(0, -KEPT);
    for (const steps of old) if (steps !== best) await rm(join(folder, fileOf(steps)), { force: true });
  }

  return {
    /**
     * Writes a checkpoint and removes what it supersedes. The numbers must not change until this resolves. Throws
     * `insufficient_storage` where the disk is full, and `worker_stopped` where a later attempt has begun; those written
     * before stay whole.
     */
    async save({ header, tensors }: Checkpoint): Promise<void> {
      const writing = join(folder, `${WRITING}${header.steps}`);
      try {
        await writeDurably(writing, encode({ header, tensors }));
        await rename(writing, join(folder, fileOf(header.steps)));
        await syncFolder(folder);
        await removeSuperseded(header.best?.steps);
      } catch (error) {
        await rm(writing, { force: true });
        throw hasCode(error, 'ENOENT') ? overtaken(error) : asStorageError(error, header, root);
      }
    },

    /** The newest that is whole, and what is wrong with each that is newer, one sentence each; those are removed. */
    async load(): Promise<Readonly<{ checkpoint: Checkpoint | undefined; faults: readonly string[] }>> {
      const faults: string[] = [];
      for (const steps of (await numbersIn(folder, /^([0-9]+)\.safetensors$/)).reverse()) {
        const path = join(folder, fileOf(steps));
        const result = decode(await readFile(path), jobId);
        if (typeof result !== 'string') return { checkpoint: result, faults };
        faults.push(`The checkpoint after step ${steps} is left out: ${result}.`);
        await rm(path, { force: true });
      }
      return { checkpoint: undefined, faults };
    },
  };
}

/** Ids of the jobs that have checkpoints. */
export const jobsWithCheckpoints = (checkpointsDir: string): Promise<string[]> => entriesOf(checkpointsDir);

/** Removes all that a job has left here. */
export const removeCheckpoints = (checkpointsDir: string, jobId: string): Promise<void> =>
  rm(join(checkpointsDir, jobId), { recursive: true, force: true });

/** Of several attempts that begin at once, one renames the folder; the others look again, and find it gone or a later one's. */
async function takeOver(root: string, attempt: number, overtaken: () => Error): Promise<void> {
  await mkdir(root, { recursive: true });
  const folder = join(root, String(attempt));
  for (;;) {
    const attempts = await numbersIn(root, /^([0-9]+)$/);
    const newest = attempts.at(-1) ?? attempt;
    if (newest > attempt) throw overtaken();
    if (newest < attempt && !(await moved(join(root, String(newest)), folder))) continue;
    await mkdir(folder, { recursive: true });
    // Left by attempts that were overtaken, and by a write that did not end.
    for (const old of attempts.slice(0, -1)) await rm(join(root, String(old)), { recursive: true, force: true });
    for (const name of await entriesOf(folder)) {
      if (name.startsWith(WRITING)) await rm(join(folder, name), { force: true });
    }
    return syncFolder(root);
  }
}

/** Renames a folder; false where it is not there any more. */
async function moved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

const fileOf = (steps: number): string => `${steps}.safetensors`;

async function entriesOf(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  });
}

/** The numbers in the names that fit, ascending. */
async function numbersIn(folder: string, pattern: RegExp): Promise<number[]> {
  const found = (await entriesOf(folder))
    .map((name) => pattern.exec(name)?.[1])
    .filter((digits) => digits !== undefined);
  return found.map(Number).sort((a, b) => a - b);
}

/** The file in parts, the numbers not copied. */
function encode({ header, tensors }: Checkpoint): Uint8Array[] {
  const stored = [...tensors].map(
    ([name, { shape, values }]) => [name, { dtype: 'F32', shape, bytes: bytesOfFloats(values) }] as const,
  );
  const metadata = { sha256: NO_DIGEST, format: FORMAT, checkpoint: JSON.stringify(header) };
  const parts = encodeSafetensors(new Map<string, StoredTensor>(stored), metadata);
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  parts[0].set(Buffer.from(hash.digest('hex')), DIGEST_AT);
  return parts;
}

/** The checkpoint, or what is wrong with its file. */
function decode(file: Buffer, jobId: string): Checkpoint | string {
  const said = file.toString('latin1', DIGEST_AT, DIGEST_END);
  if (file.length < DIGEST_END || file.toString('latin1', 8, DIGEST_AT) !== BEFORE_DIGEST) return 'it has no digest';
  file.write(NO_DIGEST, DIGEST_AT, 'latin1');
  if (createHash('sha256').update(file).digest('hex') !== said) return 'its digest does not match its content';
  const { metadata, tensors } = decodeSafetensors(file);
  const header: unknown = JSON.parse(metadata['checkpoint'] ?? 'null');
  if (metadata['format'] !== FORMAT) return `its format is ${metadata['format']}, not ${FORMAT}`;
  if (!schema.Check(header)) return 'its header does not fit the schema';
  if (header.jobId !== jobId) return `it is of job ${header.jobId}`;
  const values = [...tensors].map(
    ([name, tensor]) => [name, { shape: tensor.shape, values: floatsOf(tensor) }] as const,
  );
  return { header, tensors: new Map(values) };
}

function asStorageError(cause: unknown, { steps, jobId }: CheckpointHeader, root: string): TrainyardError {
  const error = toTrainyardError(cause);
  if (error.code !== 'insufficient_storage') return error;
  return new TrainyardError(
    'insufficient_storage',
    `The checkpoint of job ${jobId} after step ${steps} could not be written: the disk of ${root} is full. Free some space and submit the job again.`,
    { cause },
  );
}
