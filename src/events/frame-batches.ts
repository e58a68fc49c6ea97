/** Reads many frames of a job in batches: all of them, those of some types, or thinned for a chart. */
import { type FrameType, isStored, positionOf, type StreamFrame } from '../contracts/jobs/frame.js';
import { type StreamPages, withGaps } from './stream-pages.js';
import { createThinner, partLength } from './thin-steps.js';

/** Frames in order. `lastSeq` is the number of the last frame that was read, returned or not. */
export type FrameBatch = Readonly<{ frames: readonly StreamFrame[]; lastSeq: number; leftOut?: number }>;

type Pages = Pick<StreamPages, 'readPage' | 'readOwnPage' | 'stepRange'>;

export function createFrameBatches({ readPage, readOwnPage, stepRange }: Pages) {
  /** Yields the same frames and gaps as `StreamReader.list`, in batches. Yields only frames of these types, if they are given. */
  async function* pages(
    jobId: string,
    after: number,
    limit: number,
    types?: ReadonlySet<FrameType>,
    readNext: StreamPages['readPage'] = readPage,
  ): AsyncGenerator<FrameBatch> {
    const hasSteps = types === undefined || types.has('step') || types.has('gap');
    let position = after;
    let reading = readNext(jobId, position, hasSteps);
    for (let left = limit; left > 0; ) {
      const page = await reading;
      const all = hasSteps ? withGaps(page.frames, jobId, position) : page.frames;
      const frames = within(types === undefined ? all : all.filter(({ type }) => types.has(type)), left);
      left -= frames.filter(isStored).length;
      position = lastOf(left > 0 ? page.frames : frames) ?? position;
      const isLast = page.isLast || page.frames.length === 0 || left <= 0;
      // Redis reads the next page while the caller works on this one.
      if (!isLast) {
        reading = readNext(jobId, position, hasSteps);
        reading.catch(() => undefined);
      }
      yield { frames, lastSeq: position };
      if (isLast) return;
    }
  }

  /**
   * Yields all frames above `after`, of these types if they are given, with at most `points` step frames: the extremes of each number in
   * every part of the run. The last batch counts the step frames that were left out.
   */
  async function* thinned(
    jobId: string,
    after: number,
    points: number,
    types?: ReadonlySet<FrameType>,
  ): AsyncGenerator<FrameBatch> {
    const range = await stepRange(jobId, after);
    const length = range && partLength(range, points);
    const thinner = range && length && createThinner(range, length);
    let lastSeq = after;
    const readNext = thinner ? readOwnPage : readPage;
    for await (const batch of pages(jobId, after, Number.POSITIVE_INFINITY, types, readNext)) {
      lastSeq = batch.lastSeq;
      yield thinner ? { ...batch, frames: thinner.add(batch.frames) } : batch;
    }
    yield { frames: thinner ? thinner.end() : [], lastSeq, leftOut: thinner ? thinner.leftOut() : 0 };
  }

  return { pages, thinned };
}

/** Returns the number of the last frame. */
function lastOf(frames: readonly StreamFrame[]): number | undefined {
  const last = frames.at(-1);
  return last && positionOf(last);
}

/** Returns the frames up to the `limit`-th stored one. */
function within(frames: readonly StreamFrame[], limit: number): readonly StreamFrame[] {
  let left = limit;
  const end = frames.findIndex((frame) => isStored(frame) && --left < 0);
  return end === -1 ? frames : frames.slice(0, end);
}
