/** Pages of a job's stream as Redis stores it. Concurrent followers share reads, and full pages are cached for a moment. */
import type { Frame, StreamFrame } from '../contracts/jobs/frame.js';
import { frameOfText } from '../formats/frame-json.js';
import { createCoalesced } from './coalesced-reads.js';
import { type ReportCorruptRecord, readOrReport } from './corrupt-records.js';
import { keys } from './keys.js';
import { execute, onRedis, type Redis } from './redis.js';
import type { StepRange } from './thin-steps.js';

/** Frames per page. Pages begin at multiples of this number, so that followers at different positions share them. */
const PAGE = 500;
/** Cache of pages, and its time limit in milliseconds. */
const RECENT = { pages: 32, ms: 1_000 } as const;

/**
 * KEYS: the job's record, and one or two streams. ARGV: first id, and the maximum number of entries of each stream. Returns whether the first stream exists,
 * the job's newest number, and for each stream the number of entries and their texts, joined by line feeds: one text is read faster than
 * hundreds of entries.
 */
const READ_PAGE = `
local page = { redis.call('EXISTS', KEYS[2]), redis.call('HGET', KEYS[1], 'seq') }
for at = 2, #KEYS do
  local texts = {}
  for place, entry in ipairs(redis.call('XRANGE', KEYS[at], ARGV[1], '+', 'COUNT', ARGV[2])) do
    texts[place] = entry[2][2]
  end
  page[#page + 1] = #texts
  page[#page + 1] = table.concat(texts, '\\n')
end
return page
`;

type Entry = [id: string, fields: string[]];
type Reply = [exists: number, seq: string | null, ...streams: (number | string)[]];
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

export type StreamPages = ReturnType<typeof createStreamPages>;

export function createStreamPages(redis: Redis, report?: ReportCorruptRecord) {
  const coalescePages = createCoalesced<StreamPage>();
  /** Not an LRUCache: followers read pages in order, so evicting the oldest page would evict the one that the next follower needs. */
  const recent = new Map<string, StreamPage>();

  /** Parses frames and remembers their texts. Leaves corrupt ones out. */
  const parseEach = (texts: readonly string[], jobId: string): Frame[] =>
    texts.map((text) => parseFrame(text, jobId, report)).filter((frame) => frame !== undefined);

  /** Reads at most `limit` frames with a number above `after`, oldest first. Without `hasSteps` it reads all frames but the steps. */
  async function read(
    jobId: string,
    after: number,
    limit: number,
    hasSteps = true,
    parse = parseEach,
  ): Promise<StreamPage> {
    const names = [keys.job(jobId), keys.events(jobId), ...(hasSteps ? [keys.steps(jobId)] : [])];
    // At once: otherwise a missing number could be a frame that is just being written.
    const reading = () => redis.eval(READ_PAGE, names.length, ...names, `${after}-0`, limit + 1);
    const [exists, seq, events = 0, eventTexts = '', steps = 0, stepTexts = ''] = (await onRedis(reading)) as Reply;
    const texts = [...linesOf(eventTexts), ...linesOf(stepTexts)];
    const found = parse(texts, jobId).sort((one, other) => one.seq - other.seq);
    return {
      frames: found.filter((frame) => frame.seq > after).slice(0, limit),
      before: found.find((frame) => frame.seq === after),
      exists: exists === 1,
      last: seq === null ? undefined : Number(seq),
      isLast: Number(events) + Number(steps) <= limit,
    };
  }

  /** Caches a full page for a moment, because many followers reach it one after the other. */
  function cachePage(key: string, page: StreamPage): void {
    if (page.isLast || recent.has(key) || recent.size >= RECENT.pages) return;
    recent.set(key, page);
    setTimeout(() => recent.delete(key), RECENT.ms).unref();
  }

  /** Reads the page that contains `after`, if need be without steps. Concurrent readers share it. */
  async function readPage(jobId: string, after: number, hasSteps = true): Promise<StreamPage> {
    const start = after - (after % PAGE);
    const key = `${jobId} ${start}${hasSteps ? '' : ' without steps'}`;
    const page = recent.get(key) ?? (await coalescePages(key, () => read(jobId, start, PAGE, hasSteps)));
    cachePage(key, page);
    return {
      ...page,
      frames: page.frames.filter(({ seq }) => seq > after),
      before: after === start ? page.before : page.frames.find(({ seq }) => seq === after),
    };
  }

  /** Reads a page for one reader that sends few of its frames on: their texts are not remembered, and nobody shares the page. */
  function readOwnPage(jobId: string, after: number, hasSteps = true): Promise<StreamPage> {
    const parse = (texts: readonly string[]): Frame[] => parseTogether(texts, jobId) ?? parseEach(texts, jobId);
    return read(jobId, after, PAGE, hasSteps, parse);
  }

  /** Returns the numbers of the first and last stored step frame above `after`, and a bound on their count. Undefined if there is none. */
  async function stepRange(jobId: string, after: number): Promise<StepRange | undefined> {
    const key = keys.steps(jobId);
    const reading = redis
      .multi()
      .xrange(key, `(${after}-0`, '+', 'COUNT', 1)
      .xrevrange(key, '+', '-', 'COUNT', 1)
      .xlen(key);
    const [[first], [last], count] = (await execute(reading)) as [Entry[], Entry[], number];
    const numberOf = ([id]: Entry): number => Number(id.split('-')[0]);
    return first && last && { first: numberOf(first), last: numberOf(last), count };
  }

  return { read, readPage, readOwnPage, stepRange };
}

const linesOf = (texts: number | string): string[] => (texts === '' ? [] : String(texts).split('\n'));

/** Parses all frames in one call. Returns undefined if one of them is corrupt. */
function parseTogether(texts: readonly string[], jobId: string): Frame[] | undefined {
  try {
    const frames = JSON.parse(`[${texts.join(',')}]`) as unknown[];
    return frames.length === texts.length && frames.every((frame) => isFrameOf(frame, jobId)) ? frames : undefined;
  } catch {
    return undefined;
  }
}

function isFrameOf(value: unknown, jobId: string): value is Frame {
  const frame = value as Partial<Frame> | null;
  return Number.isSafeInteger(frame?.seq) && typeof frame?.type === 'string' && frame.jobId === jobId;
}

/** Parses a frame of this job. If the text is corrupt, reports it and returns undefined. */
export function parseFrame(text: string | undefined, jobId: string, report?: ReportCorruptRecord): Frame | undefined {
  return readOrReport(
    `A frame of job ${jobId}`,
    () => {
      const frame = frameOfText(text ?? '');
      if (isFrameOf(frame, jobId)) return frame;
      throw new Error('it has no number, no type, or the id of another job');
    },
    report,
  );
}

/** Inserts a gap frame before each frame that has missing numbers before it. */
export function withGaps(frames: readonly Frame[], jobId: string, after: number): StreamFrame[] {
  let next = after + 1;
  return frames.flatMap((frame): StreamFrame[] => {
    const from = next;
    next = frame.seq + 1;
    return frame.seq === from ? [frame] : [{ type: 'gap', jobId, from, to: frame.seq - 1 }, frame];
  });
}
