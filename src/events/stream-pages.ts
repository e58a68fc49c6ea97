/** Pages of a job's stream as Redis stores it. Concurrent followers share reads, and full pages are cached for a moment. */
import type { Frame } from '../contracts/jobs/frame.js';
import { frameOfText } from '../formats/frame-json.js';
import { createCoalesced } from './coalesced-reads.js';
import { type ReportCorruptRecord, readOrReport } from './corrupt-records.js';
import { keys } from './keys.js';
import { execute, type Redis } from './redis.js';

/** Frames per page. Pages begin at multiples of this number, so that followers at different positions share them. */
const PAGE = 500;
/** Cache of pages, and its time limit in milliseconds. */
const RECENT = { pages: 32, ms: 1_000 } as const;

type Entry = [id: string, fields: string[]];
export type StreamPage = Readonly<{
  frames: readonly Frame[];
  /** The frame before the first one, if Redis still has it. */
  before: Frame | undefined;
  /** Whether the stream exists. */
  exists: boolean;
  /** Number of the job's newest frame. Undefined if there is no such job. */
  last: number | undefined;
  /** Whether no frame follows. A page with few frames need not be the last, because corrupt frames are left out. */
  isLast: boolean;
}>;

export function createStreamPages(redis: Redis, report?: ReportCorruptRecord) {
  const coalescePages = createCoalesced<StreamPage>();
  /** Not an LRUCache: followers read pages in order, so evicting the oldest page would evict the one that the next follower needs. */
  const recent = new Map<string, StreamPage>();

  /** Reads at most `limit` frames with a number above `after`, oldest first. */
  async function read(jobId: string, after: number, limit: number): Promise<StreamPage> {
    const from = `${after}-0`;
    // One transaction: otherwise a missing number could be a frame that is just being written.
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

  /** Caches a full page for a moment, because many followers reach it one after the other. */
  function cachePage(key: string, page: StreamPage): void {
    if (page.isLast || recent.has(key) || recent.size >= RECENT.pages) return;
    recent.set(key, page);
    setTimeout(() => recent.delete(key), RECENT.ms).unref();
  }

  /** Reads the page that contains `after`. Concurrent readers share it. */
  async function readPage(jobId: string, after: number): Promise<StreamPage> {
    const start = after - (after % PAGE);
    const key = `${jobId} ${start}`;
    const page = recent.get(key) ?? (await coalescePages(key, () => read(jobId, start, PAGE)));
    cachePage(key, page);
    return {
      ...page,
      frames: page.frames.filter(({ seq }) => seq > after),
      before: after === start ? page.before : page.frames.find(({ seq }) => seq === after),
    };
  }

  return { read, readPage };
}

/** Parses a frame of this job. If the text is corrupt, reports it and returns undefined. */
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
