/** Reads a job's stored stream, with a gap in place of step frames that were removed. */
import { isDeepStrictEqual } from 'node:util';
import { type Frame, positionOf, type StreamFrame } from '../contracts/jobs/frame.js';
import { TrainyardError } from '../errors/errors.js';
import { createCoalesced } from './coalesced-reads.js';
import type { ReportCorruptRecord } from './corrupt-records.js';
import { createFrameBatches } from './frame-batches.js';
import { keys } from './keys.js';
import { onRedis, type Redis } from './redis.js';
import { createStreamPages, parseFrame, type StreamPage, withGaps } from './stream-pages.js';

export type StreamReader = ReturnType<typeof createStreamReader>;

export function createStreamReader(redis: Redis, report?: ReportCorruptRecord) {
  const streamPages = createStreamPages(redis, report);
  const { read, readPage } = streamPages;
  const { pages, thinned } = createFrameBatches(streamPages);
  const coalesceEnds = createCoalesced<number | undefined>();

  /** Returns at most `limit` frames with numbers greater than `after`, and the gaps between them. */
  async function list(jobId: string, after: number, limit: number): Promise<StreamFrame[]> {
    return withGaps((await read(jobId, after, limit)).frames, jobId, after);
  }

  /**
   * Yields the stored frames above `after`. `seen` is the frame with the number `after`, if the caller has it. Throws `stream_ahead` if the
   * stream ends before `after` or has another frame there. Throws `stream_gone` if frames are missing that are never removed.
   */
  async function* replay(jobId: string, after: number, seen?: Frame): AsyncGenerator<StreamFrame> {
    let position = after;
    let last = seen;
    for (;;) {
      const page = await readPage(jobId, position);
      requireStream(jobId, position, page);
      requireSame(jobId, last, page);
      const { frames } = page;
      last = frames.at(-1);
      for (const frame of withGaps(frames, jobId, position)) {
        position = positionOf(frame);
        yield frame;
      }
      if (page.isLast) return;
    }
  }

  /** Throws like `replay`, but reads only one frame. */
  async function verify(jobId: string, after: number): Promise<void> {
    requireStream(jobId, after, await read(jobId, after, 1));
  }

  /** Returns the number of the `end` frame, or undefined if there is none yet. */
  const endOf = (jobId: string): Promise<number | undefined> => coalesceEnds(jobId, () => readEnd(jobId));

  async function readEnd(jobId: string): Promise<number | undefined> {
    const [entry] = await onRedis(() => redis.xrevrange(keys.events(jobId), '+', '-', 'COUNT', 1));
    if (entry === undefined) return undefined;
    const frame = parseFrame(entry[1][1], jobId, report);
    return frame?.type === 'end' ? frame.seq : undefined;
  }

  return { list, pages, thinned, replay, verify, endOf };
}

/** Relies on Redis always having the first and the newest frame of a job: if there is none above `after`, `after` is the last number. */
function requireStream(jobId: string, after: number, { frames, exists, last }: StreamPage): void {
  if (last === undefined || !exists) {
    throw new TrainyardError('stream_gone', `The stream of job ${jobId} was deleted.`);
  }
  if (after > last) {
    const sentence = `The stream of job ${jobId} ends at ${last}, before ${after}, because frames were lost. Use after=0.`;
    throw new TrainyardError('stream_ahead', sentence);
  }
  if (frames.length === 0 && after < last) {
    throw new TrainyardError('stream_gone', `The frames ${after + 1} to ${last} of job ${jobId} were deleted.`);
  }
}

/** Throws if the frame differs from the one that was seen. A Redis that lost its newest frames may have got others with the same numbers. */
function requireSame(jobId: string, seen: Frame | undefined, { before }: StreamPage): void {
  if (seen === undefined || before === undefined || isDeepStrictEqual(seen, before)) return;
  const sentence = `Frame ${seen.seq} of job ${jobId} has changed, because frames were lost and others were written. Use after=0.`;
  throw new TrainyardError('stream_ahead', sentence);
}
