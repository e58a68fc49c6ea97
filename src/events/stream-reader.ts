/** What is stored of a job's stream: its frames page by page, with a gap where step frames are no longer kept. */
import { isDeepStrictEqual } from 'node:util';
import { type Frame, positionOf, type StreamFrame } from '../contracts/jobs/frame.js';
import { TrainyardError } from '../errors/errors.js';
import { frameOfText } from '../formats/frame-json.js';
import { createCoalesced } from './coalesce.js';
import { type ReportCorruptRecord, readOrReport } from './corrupt-records.js';
import { keys } from './keys.js';
import { execute, onRedis, type Redis } from './redis.js';

/** Frames read at a time. Pages begin at multiples of it, so that followers at different places share them. */
const PAGE = 500;
const RECENT = { pages: 32, ms: 1_000 } as const;

export type StreamReader = ReturnType<typeof createStreamReader>;
type Entry = [id: string, fields: string[]];
/**
 * `last`: number of the job's newest frame; undefined where there is no such job. `exists`: its stream is there. `before`: the
 * frame that the others come after, where it is still kept.
 */
type StreamPage = Readonly<{
  frames: readonly Frame[];
  before: Frame | undefined;
  exists: boolean;
  last: number | undefined;
  /** No frame follows. Frames that cannot be read are left out, so the number of frames does not tell. */
  isLast: boolean;
}>;

export function createStreamReader(redis: Redis, report?: ReportCorruptRecord) {
  const coalesceParts = createCoalesced<StreamPage>();
  const recent = new Map<string, StreamPage>();
  const coalesceEnds = createCoalesced<number | undefined>();

  /** Frames with a number above `after`, oldest first, at most `limit`; and what else is known at that moment. */
  async function read(jobId: string, after: number, limit: number): Promise<StreamPage> {
    const from = `${after}-0`;
    // At once, so that a number that is missing was given up and is not on its way.
    const reading = redis
      .multi()
      .xrange(keys.events(jobId), from, '+', 'COUNT', limit + 1)
      .xrange(keys.steps(jobId), from, '+', 'COUNT', limit + 1)
      .exists(keys.events(jobId))
      .hget(keys.job(jobId), 'seq');
    const [events, steps, exists, seq] = (await execute(reading)) as [Entry[], Entry[], number, string | null];
    const found = [...events, ...steps]
      .map(([, fields]) => parseFrame(fields[1], jobId, report))
      .filter((frame) => frame !== undefined)
      .sort((one, other) => one.seq - other.seq);
    return {
      frames: found.filter((frame) => frame.seq > after).slice(0, limit),
      before: found.find((frame) => frame.seq === after),
      exists: exists === 1,
      last: seq === null ? undefined : Number(seq),
      isLast: events.length + steps.length <= limit,
    };
  }

  /** A page of at most `limit` frames above `after`, and the gaps between them. */
  async function list(jobId: string, after: number, limit: number): Promise<StreamFrame[]> {
    return withGaps((await read(jobId, after, limit)).frames, jobId, after);
  }

  /** Keeps a page for a moment if nothing can be added to it: followers reach it one after the other. */
  function remember(key: string, part: StreamPage): void {
    if (part.isLast || recent.has(key) || recent.size >= RECENT.pages) return;
    recent.set(key, part);
    setTimeout(() => recent.delete(key), RECENT.ms).unref();
  }

  /** Reads the page of the stream that `after` lies in; concurrent readers of a page share it. */
  async function readPage(jobId: string, after: number): Promise<StreamPage> {
    const start = after - (after % PAGE);
    const key = `${jobId} ${start}`;
    const part = recent.get(key) ?? (await coalesceParts(key, () => read(jobId, start, PAGE)));
    remember(key, part);
    return {
      ...part,
      frames: part.frames.filter(({ seq }) => seq > after),
      before: after === start ? part.before : part.frames.find(({ seq }) => seq === after),
    };
  }

  /** Yields the same frames and gaps as `list`, in pages. */
  async function* pages(jobId: string, after: number, limit: number): AsyncGenerator<readonly StreamFrame[]> {
    let position = after;
    for (let left = limit; left > 0; ) {
      const part = await readPage(jobId, position);
      const frames = part.frames.slice(0, left);
      if (frames.length > 0) yield withGaps(frames, jobId, position);
      if (part.isLast || frames.length === 0) return;
      position = frames.at(-1)?.seq ?? position;
      left -= frames.length;
    }
  }

  /**
   * The frames above `after` as far as the stream goes now; `seen` is the one with that number, where it is known. Throws
   * `stream_ahead` where the stream does not reach `after`, or has another frame there; and `stream_gone` where frames that can
   * never be given up are missing.
   */
  async function* replay(jobId: string, after: number, seen?: Frame): AsyncGenerator<StreamFrame> {
    let position = after;
    let last = seen;
    for (;;) {
      const part = await readPage(jobId, position);
      requireStream(jobId, position, part);
      requireSame(jobId, last, part);
      const { frames } = part;
      last = frames.at(-1);
      for (const frame of withGaps(frames, jobId, position)) {
        position = positionOf(frame);
        yield frame;
      }
      if (part.isLast) return;
    }
  }

  /** Throws as `replay` does, without reading more than a frame. */
  async function verify(jobId: string, after: number): Promise<void> {
    requireStream(jobId, after, await read(jobId, after, 1));
  }

  /** The `end` frame's number; undefined while there is none. */
  const endOf = (jobId: string): Promise<number | undefined> => coalesceEnds(jobId, () => readEnd(jobId));

  async function readEnd(jobId: string): Promise<number | undefined> {
    const [entry] = await onRedis(() => redis.xrevrange(keys.events(jobId), '+', '-', 'COUNT', 1));
    if (entry === undefined) return undefined;
    const frame = parseFrame(entry[1][1], jobId, report);
    return frame?.type === 'end' ? frame.seq : undefined;
  }

  return { list, pages, replay, verify, endOf };
}

/** The first and the newest frame of a job are always kept: where nothing is found above `after`, `after` is the last number. */
function requireStream(jobId: string, after: number, { frames, exists, last }: StreamPage): void {
  if (last === undefined || !exists) {
    throw new TrainyardError('stream_gone', `The stream of job ${jobId} is no longer there: it was deleted.`);
  }
  if (after > last) {
    const sentence = `Job ${jobId} ends at ${last}, before ${after}: frames were lost; use after=0.`;
    throw new TrainyardError('stream_ahead', sentence);
  }
  if (frames.length === 0 && after < last) {
    throw new TrainyardError('stream_gone', `The frames ${after + 1} to ${last} of job ${jobId} are no longer there.`);
  }
}

/** A Redis that forgot the newest frames may have been told others by now, with the same numbers. */
function requireSame(jobId: string, seen: Frame | undefined, { before }: StreamPage): void {
  if (seen === undefined || before === undefined || isDeepStrictEqual(seen, before)) return;
  const sentence = `Frame ${seen.seq} of job ${jobId} is another than it was: frames were lost and written anew; use after=0.`;
  throw new TrainyardError('stream_ahead', sentence);
}

/** The frames, with a gap frame for the numbers missing before each. */
function withGaps(frames: readonly Frame[], jobId: string, after: number): StreamFrame[] {
  let next = after + 1;
  return frames.flatMap((frame): StreamFrame[] => {
    const from = next;
    next = frame.seq + 1;
    return frame.seq === from ? [frame] : [{ type: 'gap', jobId, from, to: frame.seq - 1 }, frame];
  });
}

/** Returns a frame of this job; undefined, and reported, if the text is none. */
export function parseFrame(text: string | undefined, jobId: string, report?: ReportCorruptRecord): Frame | undefined {
  return readOrReport(
    `A frame of job ${jobId}`,
    () => {
      const frame = frameOfText(text ?? '') as Partial<Frame> | null;
      if (Number.isSafeInteger(frame?.seq) && typeof frame?.type === 'string' && frame.jobId === jobId)
        return frame as Frame;
      throw new Error('it has no number, no type, or the id of another job');
    },
    report,
  );
}
