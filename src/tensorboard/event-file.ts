/**
 * The event file of one job: <folder>/events.out.tfevents.<seconds>.trainyard.<attempt>. An attempt begins by renaming the
 * file of the one before to its own number; a worker of that one finds no path to write to any more.
 */
import { constants, mkdir, open, readdir, readFile, rename, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeScalars, fileHeader, placeOf, type Scalars, type Series } from './events.js';
import { decodeRecords, encodeRecord } from './records.js';

const NAME = /^events\.out\.tfevents\.(\d+)\.trainyard\.(\d+)$/;
/** TensorBoard goes on to the file whose name comes next in the alphabet. */
const DIGITS = { seconds: 10, attempt: 6 } as const;
/** A file that is not there is not made. */
const APPEND = constants.O_WRONLY | constants.O_APPEND;

export type EventFile = Awaited<ReturnType<typeof openEventFile>>;

/** Takes over what the attempts before have written, but for a record that was torn off. Throws where a later attempt has begun. */
export async function openEventFile(folder: string, attempt: number) {
  await mkdir(folder, { recursive: true });
  const path = await takeOver(folder, attempt);
  const last = await lastSteps(path);

  return {
    path,

    /** Appends those that are not in the file yet. Fails with ENOENT where a later attempt has taken it, or it was removed. */
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

/** The path of this attempt's file: that of the one before renamed, or a new one. */
async function takeOver(folder: string, attempt: number): Promise<string> {
  const pathOf = (seconds: number): string => {
    const [since, number] = [pad(seconds, DIGITS.seconds), pad(attempt, DIGITS.attempt)];
    return join(folder, `events.out.tfevents.${since}.trainyard.${number}`);
  };
  const [name, seconds, number] =
    (await readdir(folder)).map((entry) => NAME.exec(entry)).find((match) => match !== null) ?? [];
  if (name !== undefined) {
    if (Number(number) > attempt)
      throw new Error(`Attempt ${attempt} is over: the event file is that of attempt ${Number(number)}.`);
    const path = pathOf(Number(seconds));
    await rename(join(folder, name), path);
    const { sizeBytes, length } = await wholeRecords(path);
    if (sizeBytes < length) await truncate(path, sizeBytes);
    if (sizeBytes > 0) return path;
  }
  const now = new Date();
  const path = name === undefined ? pathOf(Math.floor(now.getTime() / 1000)) : pathOf(Number(seconds));
  await writeFile(path, Buffer.concat(fileHeader(now).map(encodeRecord)));
  return path;
}

const pad = (value: number, digits: number): string => String(value).padStart(digits, '0');

async function wholeRecords(path: string) {
  const file = await readFile(path);
  return { ...decodeRecords(file), length: file.length };
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
