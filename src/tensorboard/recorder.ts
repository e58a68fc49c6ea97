/**
 * Writes the frames of jobs that are trained here into event files. It reads them from the stream, which has each once
 * whatever happens, so a file lacks nothing and has nothing twice when an attempt has ended in order.
 */
import { rm } from 'node:fs/promises';
import { positionOf, type StreamFrame } from '../contracts/jobs/frame.js';
import { ownPathIn, pathIn } from '../files/checked-paths.js';
import type { Logger } from '../logging/logger.js';
import { type EventFile, openEventFile } from './event-file.js';
import { scalarsOf } from './events.js';

/** Frames read at a time. */
const PAGE = 1_000;
/** Between the look at the stream and the one before, while frames come. */
const EVERY_MS = 1_000;

export type RecorderOptions = Readonly<{
  /** Holds a folder per model name, and in it one per job. */
  folder: string;
  /** Frames of a job above `after`, oldest first, at most `limit` besides gaps. It waits while Redis is away. */
  list: (jobId: string, after: number, limit: number) => Promise<readonly StreamFrame[]>;
  logger: Logger;
}>;

type Run = Readonly<{ name: string; id: string }>;

/** Returns the folder of a job's event file. Throws `record_corrupt` if a part of its path is not in the right form. */
export const eventFolder = (folder: string, { name, id }: Run): string =>
  pathIn(folder, { modelName: name, jobId: id });

/** Removes a job's event file with its folder, never through a link. */
export async function removeEventFile(folder: string, { name, id }: Run): Promise<void> {
  await rm(await ownPathIn(folder, { modelName: name, jobId: id }), { recursive: true, force: true });
}

export function createRecorder({ folder, list, logger }: RecorderOptions) {
  /** Begins to record what a worker tells in its term. A file that cannot be written costs the job nothing but the file. */
  return (job: Run, term: number) => {
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
        logger.warn({ err, jobId: job.id, term }, 'event file of this term not written further');
      }
    }

    function next(): Promise<void> {
      clearTimeout(timer);
      timer = undefined;
      working = working.then(() => (hasFailed ? undefined : catchUp()));
      return working;
    }

    return {
      /** There are frames to be read. */
      touch(): void {
        timer ??= setTimeout(next, EVERY_MS);
      },
      /** Writes what is left. */
      close: next,
    };
  };
}
