/**
 * Recorder of a job's frames into its event file. It reads them from the job's stream, which contains each frame exactly once. So the
 * file has no gap and no duplicate after an attempt has ended properly.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { positionOf, type StreamFrame } from '../contracts/jobs/frame.js';
import { isPart } from '../contracts/references/path-part.js';
import { ownPathIn, pathIn } from '../files/checked-paths.js';
import { entriesOf, namesIn } from '../files/entries.js';
import type { Logger } from '../logging/logger.js';
import { type EventFile, openEventFile } from './event-file.js';
import { scalarsOf } from './event-messages.js';

/** Frames per read. */
const PAGE = 1_000;
/** Interval of reads while frames arrive. */
const READ_EVERY_MS = 1_000;

export type RecorderOptions = Readonly<{
  /** Contains a folder per model name, and in it a folder per job. */
  folder: string;
  /** Returns up to `limit` frames of a job above `after`, oldest first, besides gaps. Waits while Redis is unavailable. */
  list: (jobId: string, after: number, limit: number) => Promise<readonly StreamFrame[]>;
  logger: Logger;
}>;

export type RecordedJob = Readonly<{ name: string; id: string }>;

/** Returns the folder of a job's event file. Throws `record_corrupt` if the name or the id is malformed. */
export const eventFolder = (folder: string, { name, id }: RecordedJob): string =>
  pathIn(folder, { modelName: name, jobId: id });

/** Removes the folder of a job's event file. Throws `record_corrupt` if the path contains a symbolic link. */
export async function removeEventFile(folder: string, { name, id }: RecordedJob): Promise<void> {
  await rm(await ownPathIn(folder, { modelName: name, jobId: id }), { recursive: true, force: true });
}

/** Removes the event files of a job whose name is unknown. Returns false if there are none. */
export async function removeEventFilesOf(folder: string, id: string): Promise<boolean> {
  const names = (await entriesOf(folder)).filter((entry) => entry.isDirectory() && isPart('modelName', entry.name));
  for (const { name } of names) {
    if (!(await namesIn(join(folder, name))).includes(id)) continue;
    await removeEventFile(folder, { name, id });
    return true;
  }
  return false;
}

/** Returns a function that starts recording a job. */
export function createRecorder({ folder, list, logger }: RecorderOptions) {
  /** Starts to record a job in a term. If the file cannot be written, logs a warning and stops; the job continues. */
  return (job: RecordedJob, term: number) => {
    let file: EventFile | undefined;
    let after = 0;
    let timer: NodeJS.Timeout | undefined;
    let hasFailed = false;
    let working = catchUp();

    async function catchUp(): Promise<void> {
      try {
        file ??= await openEventFile(await ownPathIn(folder, { modelName: job.name, jobId: job.id }), term);
        for (;;) {
          const frames = await list(job.id, after, PAGE);
          const last = frames.at(-1);
          if (last === undefined) return;
          await file.write(frames.map(scalarsOf).filter((scalars) => scalars !== undefined));
          after = positionOf(last);
        }
      } catch (err) {
        hasFailed = true;
        logger.warn({ err, jobId: job.id, term }, 'event file cannot be written: recording stops for this term');
      }
    }

    function next(): Promise<void> {
      clearTimeout(timer);
      timer = undefined;
      working = working.then(() => (hasFailed ? undefined : catchUp()));
      return working;
    }

    return {
      /** Reports that there are new frames. */
      touch(): void {
        timer ??= setTimeout(next, READ_EVERY_MS);
      },
      /** Writes the remaining frames. */
      close: next,
    };
  };
}
