/**
 * Event file of one job: <folder>/events.out.tfevents.<seconds>.trainyard.<term>. A worker that takes the job over copies the file to
 * the number of its own term and removes the old file. A worker of an earlier term then fails to open it, and what it writes to an
 * open file is lost with that file.
 */
import { constants, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../files/error-codes.js';
import { encodeScalars, fileHeader, type Scalars, type Series, stepOf } from './event-messages.js';
import { decodeRecords, encodeRecord } from './records.js';

const NAME = /^events\.out\.tfevents\.(\d+)\.trainyard\.(\d+)$/;
/** TensorBoard reads files in the alphabetical order of their names, so the numbers are padded. */
const DIGITS = { seconds: 10, term: 6 } as const;
/** Does not create the file. */
const APPEND = constants.O_WRONLY | constants.O_APPEND;

export type EventFile = Awaited<ReturnType<typeof openEventFile>>;

/** Opens the event file of a term and takes over the intact records of earlier terms. Throws if a later term has begun. */
export async function openEventFile(folder: string, term: number) {
  await mkdir(folder, { recursive: true });
  const path = await takeOver(folder, term);
  const last = await lastSteps(path);

  return {
    path,

    /** Appends the values that are not in the file yet. Throws ENOENT if a later term has taken the file over, or it was removed. */
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

/** Creates this term's file, as a copy of the newest earlier file or new. Returns its path. */
async function takeOver(folder: string, term: number): Promise<string> {
  const { seconds, bytes } = (await newestBefore(folder, term)) ?? newFile(new Date());
  const name = nameOf(seconds, term);
  const temporary = join(folder, `.writing-${term}`);
  await writeFile(temporary, bytes, { flush: true });
  await rename(temporary, join(folder, name));
  // Another worker may have done the same at this moment: the file of the later term stays.
  const after = await filesIn(folder);
  for (const file of after) if (file.term < term) await rm(join(folder, file.name), { force: true });
  if ((after.at(-1)?.term ?? term) > term) await rm(join(folder, name), { force: true });
  requireNewest(after, term);
  return join(folder, name);
}

type FileContent = Readonly<{ seconds: number; bytes: Uint8Array }>;

/** Returns the intact records of the newest file; undefined if there are none. */
async function newestBefore(folder: string, term: number): Promise<FileContent | undefined> {
  for (;;) {
    const files = await filesIn(folder);
    requireNewest(files, term);
    const newest = files.at(-1);
    if (newest === undefined) return undefined;
    const { bytes } = await intactRecords(join(folder, newest.name)).catch(ignoreAbsent);
    // Another worker has just taken the file over.
    if (bytes === undefined) continue;
    return bytes.length > 0 ? { seconds: newest.seconds, bytes } : undefined;
  }
}

function ignoreAbsent(error: unknown): { bytes: undefined } {
  if (hasCode(error, 'ENOENT')) return { bytes: undefined };
  throw error;
}

const newFile = (now: Date): FileContent => ({
  seconds: Math.floor(now.getTime() / 1000),
  bytes: Buffer.concat(fileHeader(now).map(encodeRecord)),
});

function requireNewest(files: readonly NamedFile[], term: number): void {
  const newest = files.at(-1)?.term ?? term;
  if (newest > term) throw new Error(`Term ${term} is over: the event file belongs to term ${newest}.`);
}

/** Returns the event files, that of the newest term last. */
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

async function intactRecords(path: string) {
  const file = await readFile(path);
  const { records, sizeBytes } = decodeRecords(file);
  return { records, bytes: file.subarray(0, sizeBytes) };
}

/** Returns the last step of each series; 0 for an empty series. */
async function lastSteps(path: string): Promise<Record<Series, number>> {
  const last = { train: 0, epoch: 0 };
  for (const record of (await intactRecords(path)).records) {
    const found = stepOf(record);
    if (found !== undefined) last[found.series] = Math.max(last[found.series], found.step);
  }
  return last;
}
