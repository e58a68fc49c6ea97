/**
 * Journal: the only writer of a job's status and frames. Each write is one atomic Lua script. It checks the fencing token and the job's
 * status, numbers the frame, appends it to the stream, patches the record, and publishes the frame.
 */
import { randomUUID } from 'node:crypto';
import type { JobEvent } from '../contracts/jobs/frame.js';
import { ENDED_STATUSES, type JobStatus } from '../contracts/jobs/job.js';
import type { CancelMode } from '../contracts/jobs/stop-reason.js';
import { onRecord } from './corrupt-records.js';
import { frameBody } from './frame-body.js';
import { keys, PREFIX } from './keys.js';
import { MESSAGE_NUMBERS } from './message-numbers.js';
import { QUEUE_ORDER } from './queue-order.js';
import { onRedis, type Redis } from './redis.js';
import { FRAMES_BYTES, keepWithin, MEASURE } from './sizes.js';
import { SORT_INDEXES } from './sort-indexes.js';

/** Fields of the record to set. `null` removes a field. */
export type Patch = Readonly<Record<string, string | number | null>>;

export type JobCreation = Readonly<{
  jobId: string;
  at: string;
  event: JobEvent;
  record: Patch;
  /** The indexes that list the job, apart from the indexes by status. */
  indexes?: readonly string[];
  /** Limit on queued jobs. Undefined: no limit. */
  depth?: number;
  /** If set, a second creation with the same key and request returns the first job. */
  idempotency?: Idempotency;
}>;

/** Digests of an idempotency key and of its request. */
export type Idempotency = Readonly<{ key: string; request: string }>;

/**
 * - `created`: `order` is the submission number, `position` the position in the queue from 1.
 * - `known`: the id exists, or the key was used with the same request.
 * - `conflict`: the key was used with another request.
 * - `full`: the queue is full.
 */
export type JobCreationResult =
  | Readonly<{ outcome: 'created'; order: number; position: number }>
  | Readonly<{ outcome: 'known'; jobId: string }>
  | Readonly<{ outcome: 'conflict'; jobId: string }>
  | Readonly<{ outcome: 'full'; queued: number }>;

export type JobWrite = Readonly<{
  jobId: string;
  /** The write is refused unless the job is in one of these statuses. */
  from: readonly JobStatus[];
  /** The new status. Undefined: the status stays. */
  to?: JobStatus;
  /** The write is refused if another attempt is the current one. Undefined: no check. */
  attempt?: number;
  /** Fencing token: the term in which the worker owns the job. Undefined: no check. */
  term?: number;
  /** The event of the frame to append. Undefined: no frame. */
  event?: JobEvent;
  /** ISO time of the event. Default: now. */
  at?: string | undefined;
  patch?: Patch;
  /**
   * Makes the write safe to repeat. A write with the token of the last write is not done again. Of tokens `<writer>:<number>`, a lower
   * number of the same writer is not done again either, because a stuck connection may deliver an old command late. Default: a random
   * token, which protects only against a repetition by the connection.
   */
  token?: string;
  /** Publishes the job's id on the channel of requests, so that its worker reads the record. */
  announce?: boolean;
  /** Whether to refuse the write if Redis is out of memory. Default: only for `step` frames, so that jobs can still end. */
  needsMemory?: boolean;
  /** The outcome is `stale` unless the job has this number of changes. Undefined: no check. */
  changes?: number;
  /** Last output of the trainer, as JSON. Undefined: the stored one stays. */
  log?: string | undefined;
  /** Limit on jobs in the status `to`. At the limit, the outcome is `full`. Undefined: no limit. */
  most?: number | undefined;
  /** Moves a queued job beside another one, which must have the priority that the job has after the write. */
  beside?: QueueNeighbour | undefined;
}>;

/** The queued job that another one is moved directly before or after, and its priority. The outcome is `stale` if it has another one. */
export type QueueNeighbour = Readonly<{ jobId: string; priority: number; side: 'before' | 'after' }>;

export type JobWriteResult = Readonly<{
  /**
   * - `written`: done, now or by an earlier write with the same token.
   * - `fenced`: another attempt is the current one, or another worker owns the job.
   * - `refused`: the job is in none of the `from` statuses, or a pause came after a cancel.
   * - `stale`: the job got another change meanwhile.
   * - `full`: the limit on jobs in the status `to` is reached.
   * - `absent`: the job to move beside is not queued.
   * - `missing`: there is no such job.
   */
  outcome: 'written' | 'fenced' | 'refused' | 'stale' | 'full' | 'absent' | 'missing';
  /** Number of the last frame. */
  seq: number;
  status: JobStatus | undefined;
  attempt: number;
  /** Undefined unless a cancel was requested. */
  cancelMode: CancelMode | undefined;
  /** Ids of the queued jobs that made room for a moved job. */
  shifted: readonly string[];
}>;

/** Default limit on the `step` frames of one job. The oldest are removed. */
export const STEP_FRAMES = 20_000;

/**
 * Lua function that appends a frame. Step frames have their own stream, so that removing the oldest is cheap and never removes another
 * frame. `kind` is the stream, `events` or `steps`; or `gap` for a frame in `events` that also gets its number as `from` and `to`. In the same
 * step the function records the frame for webhooks.
 */
const appendFrame = ({ stepFrames, frameBytes, isFollowedByWebhook = false }: JournalSettings): string => `
${MESSAGE_NUMBERS}${keepWithin(stepFrames, frameBytes ?? FRAMES_BYTES)}${recordForWebhooks(isFollowedByWebhook)}
local function append(prefix, id, seq, kind, body)
  local numbers = '{"seq":' .. seq .. ','
  if kind == 'gap' then numbers, kind = numbers .. '"from":' .. seq .. ',"to":' .. seq .. ',', 'events' end
  local frame = numbers .. string.sub(body, 2)
  local key = prefix .. kind .. ':' .. id
  local number = nextNumber(prefix, id)
  redis.call('XADD', key, seq .. '-0', 'frame', frame, 'number', number)
  keepWithin(prefix, id, kind, frame)
  redis.call('PUBLISH', prefix .. 'frames:' .. id, headerOf(prefix, id, number) .. frame)
  if kind ~= 'steps' then recordForWebhooks(prefix, id, seq) end
end
`;

/** Limit on the frames that wait for webhooks while no worker runs, about 10 MB. Beyond it the oldest are not posted. */
const WEBHOOK_FRAMES = 100_000;

/**
 * Lua function that records a frame for webhooks, if the job or the service has any. It is part of the journal, not a hook that
 * `webhooks/` passes in: a process that creates a journal without the hook would lose messages silently.
 */
const recordForWebhooks = (isFollowed: boolean): string => `
local function recordForWebhooks(prefix, id, seq)
  if ${isFollowed} or redis.call('HEXISTS', prefix .. 'job:' .. id, 'webhooks') == 1 then
    redis.call('XADD', prefix .. 'webhook-frames', 'MAXLEN', '~', ${WEBHOOK_FRAMES}, '*', 'job', id, 'seq', seq)
  end
end
`;

/** Statuses of ended jobs, as a set in Lua. */
export const ENDED = `{${ENDED_STATUSES.map((status) => `${status} = true`).join(', ')}}`;

/**
 * ARGV: prefix, id, body of the first frame, limit on queued jobs, digests of key and request ('' for none), number of indexes, the
 * indexes, then pairs of field and value.
 */
const CREATE = `${QUEUE_ORDER}${SORT_INDEXES}
local prefix, id, body, depth, key, request, indexes = unpack(ARGV, 1, 7)
local job = prefix .. 'job:' .. id
if redis.call('EXISTS', job) == 1 then return {'known', id, 0} end
if key ~= '' then
  local known = redis.call('GET', prefix .. 'idempotency:' .. key)
  if known then
    local same = redis.call('HGET', prefix .. 'job:' .. known, 'requestDigest') == request
    return {same and 'known' or 'conflict', known, 0}
  end
end
local queued = redis.call('ZCARD', prefix .. 'jobs:queued')
if depth ~= '' and queued >= tonumber(depth) then return {'full', '', queued} end
local order = redis.call('INCR', prefix .. 'submitted')
redis.call('HSET', job, 'status', 'queued', 'attempt', 0, 'seq', 1, 'order', order)
for i = 8 + indexes, #ARGV, 2 do redis.call('HSET', job, ARGV[i], ARGV[i + 1]) end
if key ~= '' then
  redis.call('HSET', job, 'idempotencyKey', key, 'requestDigest', request)
  redis.call('SET', prefix .. 'idempotency:' .. key, id)
end
for i = 8, 7 + indexes do redis.call('ZADD', prefix .. 'jobs:' .. ARGV[i], order, id) end
redis.call('ZADD', prefix .. 'jobs', order, id)
redis.call('ZADD', prefix .. 'jobs:queued', order, id)
sortBySpec(prefix, id)
enqueue(prefix, id)
append(prefix, id, 1, 'events', body)
return {'created', order, redis.call('ZRANK', prefix .. 'queue', id) + 1}
`;

/** Lua function: whether a write is done, because its token is the last one, or has a lower number of the same writer. */
const IS_DONE = `
local function isDone(token, last)
  if token == last then return true end
  local writer, number = string.match(token, '^(.*):(%d+)$')
  local lastWriter, lastNumber = string.match(last or '', '^(.*):(%d+)$')
  return writer ~= nil and writer == lastWriter and tonumber(number) <= tonumber(lastNumber)
end
`;

/**
 * ARGV: prefix, id, attempt, term, ',from,from,', to, body, kind, field of the token, token, announce, number of changes, limit on jobs in
 * `to`, last output ('' keeps the stored one), the job to move beside with its priority and the side ('' for none), ISO time, then pairs of
 * field and value ('' removes the field). The duration of a cancel comes from the clock of Redis, because different machines write its request and
 * its end.
 */
const WRITE = `${MEASURE}${QUEUE_ORDER}${SORT_INDEXES}${IS_DONE}
local ended = ${ENDED}
local prefix, id, fence, term, from, to, body, kind, tokens, token, announce, changes, most, log = unpack(ARGV, 1, 14)
local other, otherPriority, side, at = unpack(ARGV, 15, 18)
local job = prefix .. 'job:' .. id
local status, attempt, order, last, currentTerm = unpack(redis.call('HMGET', job, 'status', 'attempt', 'order', tokens, 'term'))
if not status then return {'missing', '0', '', '0', '', {}} end
local seconds, micros = unpack(redis.call('TIME'))
local now = seconds * 1000 + math.floor(micros / 1000)
local function answer(outcome, shifted)
  local is = redis.call('HMGET', job, 'seq', 'status', 'attempt', 'cancelMode')
  return {outcome, is[1], is[2], is[3], is[4] or '', shifted or {}}
end
if isDone(token, last) then return answer('written') end
if fence ~= '' and fence ~= attempt or term ~= '' and term ~= (currentTerm or attempt) then return answer('fenced') end
if not string.find(from, ',' .. status .. ',', 1, true) then return answer('refused') end
local mode = redis.call('HGET', job, 'cancelMode')
if to == 'paused' and mode then return answer('refused') end -- a paused job has no worker that could end it
if changes ~= '' and changes ~= (redis.call('HGET', job, 'changes') or '0') then return answer('stale') end
if most ~= '' and to ~= status and redis.call('ZCARD', prefix .. 'jobs:' .. to) >= tonumber(most) then return answer('full') end
if other ~= '' then
  local is = redis.call('HMGET', prefix .. 'job:' .. other, 'status', 'priority')
  if is[1] ~= 'queued' then return answer('absent') end
  if otherPriority ~= (is[2] or '0') then return answer('stale') end
  enqueue(prefix, other)
end
if log ~= '' then redis.call('SET', prefix .. 'log:' .. id, log) end
local hasResults = false
for i = 19, #ARGV, 2 do
  hasResults = hasResults or RESULTS[ARGV[i]]
  if ARGV[i] == 'cancelMode' and mode == 'discard' then -- discard is final
  elseif ARGV[i + 1] == '' then redis.call('HDEL', job, ARGV[i]) else redis.call('HSET', job, ARGV[i], ARGV[i + 1]) end
end
if hasResults then sortByResults(prefix, id) end
redis.call('HSET', job, tokens, token)
if to ~= '' and to ~= status then
  redis.call('HSET', job, 'status', to)
  redis.call('ZREM', prefix .. 'jobs:' .. status, id)
  redis.call('ZADD', prefix .. 'jobs:' .. to, order, id)
end
local shifted
if other ~= '' then shifted = moveBeside(prefix, id, other, side)
elseif (to ~= '' and to or status) == 'queued' then enqueue(prefix, id)
else redis.call('ZREM', prefix .. 'queue', id) end
if ended[to] then redis.call('ZADD', prefix .. 'ended', now, id) end
if redis.call('HEXISTS', job, 'cancelMode') == 1 then
  redis.call('HSETNX', job, 'cancelRequestedMs', now)
  local requested = redis.call('HGET', job, 'cancelRequestedMs')
  if to == 'cancelled' then body = '{"milliseconds":' .. math.max(0, now - requested) .. ',' .. string.sub(body, 2) end
end
if body ~= '' then append(prefix, id, redis.call('HINCRBY', job, 'seq', 1), kind, body) end
if ended[to] then measure(prefix, id) end
if other ~= '' then notify(prefix, id, 'edited', at) end
if announce == '1' then redis.call('PUBLISH', prefix .. 'requests', id) end
return answer('written', shifted)
`;

/** First lines of scripts (Redis 7). If Redis is out of memory, it refuses `strict` scripts and runs `allowOom` scripts. */
const FLAGS = { strict: '#!lua\n', allowOom: '#!lua flags=allow-oom\n' } as const;

type WriteScript = (
  ...args: (string | number)[]
) => Promise<[JobWriteResult['outcome'], string, string, string, string, string[]]>;

type Scripts = Redis & {
  trainyardCreate(...args: (string | number)[]): Promise<[JobCreationResult['outcome'], string | number, number]>;
  trainyardWrite: WriteScript;
  trainyardWriteAnyway: WriteScript;
};

export type Journal = ReturnType<typeof createJournal>;

export type JournalSettings = Readonly<{
  /** Limit on the step frames of one job, at least 1. */
  stepFrames: number;
  /** Limit on all frames of one job, in bytes. Only `step` frames are removed. Default 8 MiB. */
  frameBytes?: number;
  /** Whether the frames of all jobs are recorded for webhooks. Default false: only frames of jobs with webhooks. */
  isFollowedByWebhook?: boolean;
}>;

export function createJournal(redis: Redis, settings: JournalSettings = { stepFrames: STEP_FRAMES }) {
  const append = appendFrame(settings);
  redis.defineCommand('trainyardCreate', { numberOfKeys: 0, lua: FLAGS.strict + append + CREATE });
  redis.defineCommand('trainyardWrite', { numberOfKeys: 0, lua: FLAGS.strict + append + WRITE });
  redis.defineCommand('trainyardWriteAnyway', { numberOfKeys: 0, lua: FLAGS.allowOom + append + WRITE });
  const scripts = redis as Scripts;

  return {
    /** Creates a record in status `queued` with its first frame. Does nothing if the job exists or the queue is full. */
    async create(creation: JobCreation): Promise<JobCreationResult> {
      const { jobId, at, event, record, indexes = [], depth = '', idempotency } = creation;
      const body = frameBody(event, { jobId, at });
      const { key = '', request = '' } = idempotency ?? {};
      const rest = [indexes.length, ...indexes, ...pairs(record)];
      const [outcome, first, second] = await onRedis(() =>
        scripts.trainyardCreate(PREFIX, jobId, body, depth, key, request, ...rest),
      );
      if (outcome === 'created') return { outcome, order: Number(first), position: second };
      return outcome === 'full' ? { outcome, queued: second } : { outcome, jobId: String(first) };
    },

    /** Writes to a job. An unsuccessful outcome has changed nothing. */
    async write(write: JobWrite): Promise<JobWriteResult> {
      const { jobId, from, to = '', event, patch = {}, token, announce = false } = write;
      const { attempt = '', term = '', changes = '', most = '', log = '', beside } = write;
      const at = write.at ?? new Date().toISOString();
      const body = event === undefined ? '' : frameBody(event, { jobId, at });
      const { needsMemory = event?.type === 'step' } = write;
      const [outcome, seq, status, current, cancelMode, shifted] = await onRedis(() =>
        scripts[needsMemory ? 'trainyardWrite' : 'trainyardWriteAnyway'](
          PREFIX,
          jobId,
          attempt,
          term,
          `,${from.join(',')},`,
          to,
          body,
          kindOf(event),
          // Workers and clients have separate fields, so that neither overwrites the last token of the other.
          token === undefined ? 'request' : 'token',
          token ?? randomUUID(),
          announce ? '1' : '0',
          changes,
          most,
          log,
          beside?.jobId ?? '',
          beside?.priority ?? '',
          beside?.side ?? '',
          at,
          ...pairs(patch),
        ),
      );
      return {
        outcome,
        seq: Number(seq),
        status: status === '' ? undefined : (status as JobStatus),
        attempt: Number(current),
        cancelMode: cancelMode === '' ? undefined : (cancelMode as CancelMode),
        shifted,
      };
    },

    /** Reads the fields of a record. Resolves with undefined if there is none. Throws `record_corrupt` if its key has another type. */
    async read(jobId: string): Promise<Readonly<Record<string, string>> | undefined> {
      const record = await onRecord(`The record of job ${jobId}`, () => redis.hgetall(keys.job(jobId)));
      return Object.keys(record).length === 0 ? undefined : record;
    },
  };
}

/**
 * Returns the kind that the Lua script expects: the stream that stores the event (`steps` or `events`), or `gap` for a gap event. The
 * script stores a gap event in `events` and writes its number as `from` and `to`.
 */
function kindOf(event: JobEvent | undefined): 'steps' | 'gap' | 'events' {
  if (event?.type === 'step') return 'steps';
  return event?.type === 'gap' ? 'gap' : 'events';
}

const pairs = (fields: Patch): (string | number)[] =>
  Object.entries(fields).flatMap(([field, value]) => [field, value === null ? '' : value]);
