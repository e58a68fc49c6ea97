/**
 * The event file of one job: <folder>/events.out.tfevents.<seconds>.trainyard.<term>. A worker that takes the job over copies the file
 * to the number of its own term and removes the other: a worker of an earlier term finds no path to write to, and whatever it still writes
 * to a file that it has open is gone with that file.
 */
import { constants, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeScalars, fileHeader, placeOf, type Scalars, type Series } from './events.js';
import { decodeRecords, encodeRecord } from './records.js';

const NAME = /^events\.out\.tfevents\.(\d+)\.trainyard\.(\d+)$/;
/** TensorBoard goes on to the file whose name comes next in the alphabet. */
const DIGITS = { seconds: 10, term: 6 } as const;
/** A file that is not there is not made. */
const APPEND = constants.O_WRONLY | constants.O_APPEND;

export type EventFile = Awaited<ReturnType<typeof openEventFile>>;

/** Takes over what the terms before have written, without a record that was torn off. Throws if a later term has begun. */
export async function openEventFile(folder: string, term: number) {
  await mkdir(folder, { recursive: true });
  const path = await takeOver(folder, term);
  const last = await lastSteps(path);

  return {
    path,

    /** Appends those that are not in the file yet. Fails with ENOENT if a later term has taken it, or it was removed. */
    async write(scalars: readonly Scalars[]): Promise<void> {
      const fresh = scalars.filter(({ series, step }) => {
        if (step <= last[series]) return false;
        last[series] = step;
        return true;
      });
      if (fresh.length === 0) return;
      const file = await open(path, APPEND);
      try {
        await file.appendFile(Buffer.concat(fresh.map((each) => encodeRecord(encodeScalars(each)))));
        await file.datasync();
      } finally {
        await file.close();
      }
    },
  };
}

type NamedFile = Readonly<{ name: string; seconds: number; term: number }>;

/** Resolves with the path of this term's file: a copy of the newest one before, or a new one. */
async function takeOver(folder: string, term: number): Promise<string> {
  const { seconds, bytes } = (await newestBefore(folder, term)) ?? newFile(new Date());
  const name = nameOf(seconds, term);
  const writing = join(folder, `.writing-${term}`);
  await writeFile(writing, bytes, { flush: true });
  await rename(writing, join(folder, name));
  // Another worker may have done the same meanwhile: the later term's file stays.
  const after = await filesIn(folder);
  for (const file of after) if (file.term < term) await rm(join(folder, file.name), { force: true });
  if ((after.at(-1)?.term ?? term) > term) await rm(join(folder, name), { force: true });
  requireNewest(after, term);
  return join(folder, name);
}

type FileContent = Readonly<{ seconds: number; bytes: Uint8Array }>;

/** Resolves with the whole records of the newest file, or undefined if there are none. */
async function newestBefore(folder: string, term: number): Promise<FileContent | undefined> {
  for (;;) {
    const files = await filesIn(folder);
    requireNewest(files, term);
    const newest = files.at(-1);
    if (newest === undefined) return undefined;
    const { bytes } = await wholeRecords(join(folder, newest.name)).catch(orGone);
    // Another worker has just taken it.
    if (bytes === undefined) continue;
    return bytes.length > 0 ? { seconds: newest.seconds, bytes } : undefined;
  }
}

function orGone(error: unknown): { bytes: undefined } {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { bytes: undefined };
  throw error;
}

const newFile = (now: Date): FileContent => ({
  seconds: Math.floor(now.getTime() / 1000),
  bytes: Buffer.concat(fileHeader(now).map(encodeRecord)),
});

function requireNewest(files: readonly NamedFile[], term: number): void {
  const newest = files.at(-1)?.term ?? term;
  if (newest > term) throw new Error(`Term ${term} is over: the event file is that of term ${newest}.`);
}

/** Resolves with the event files, the newest term's last. */
async function filesIn(folder: string): Promise<NamedFile[]> {
  const names = (await readdir(folder)).map((entry) => NAME.exec(entry)).filter((match) => match !== null);
  const files = names.map(([name, seconds, term]) => ({ name, seconds: Number(seconds), term: Number(term) }));
  return files.sort((one, other) => one.term - other.term);
}

function nameOf(seconds: number, term: number): string {
  const [since, number] = [pad(seconds, DIGITS.seconds), pad(term, DIGITS.term)];
  return `events.out.tfevents.${since}.trainyard.${number}`;
}

const pad = (value: number, digits: number): string => String(value).padStart(digits, '0');

async function wholeRecords(path: string) {
  const file = await readFile(path);
  const { records, sizeBytes } = decodeRecords(file);
  return { records, bytes: file.subarray(0, sizeBytes) };
}

/** The last step of each series; 0 where it has none. */
async function lastSteps(path: string): Promise<Record<Series, number>> {
  const last = { train: 0, epoch: 0 };
  for (const record of (await wholeRecords(path)).records) {
    const place = placeOf(record);
    if (place !== undefined) last[place.series] = Math.max(last[place.series], place.step);
  }
  return last;
}
