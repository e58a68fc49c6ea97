/**
 * The only writer of a job's status and frames. Each write is one Lua script: it checks the fencing token and the status the job
 * is in, numbers the frame, appends it to the job's stream, patches the record and publishes the frame, all or nothing.
 */
import { randomUUID } from 'node:crypto';
import type { JobEvent } from '../contracts/jobs/frame.js';
import { ENDED_STATUSES, type JobStatus } from '../contracts/jobs/job.js';
import type { CancelMode } from '../contracts/jobs/stop-reason.js';
import { onRecord } from './corrupt-records.js';
import { frameBody } from './frame-body.js';
import { keys, PREFIX } from './keys.js';
import { onRedis, type Redis } from './redis.js';
import { FRAMES_BYTES, keepWithin, MEASURE } from './sizes.js';

/** Fields of the record to set; `null` removes one. */
export type Patch = Readonly<Record<string, string | number | null>>;

export type JobCreation = Readonly<{
  jobId: string;
  at: string;
  event: JobEvent;
  record: Patch;
  /** The indexes that list the job besides those by status. */
  indexes?: readonly string[];
  /** Most jobs that may be queued; unset: any number. */
  depth?: number;
  /** Digests of an idempotency key and of the request it stands for: one job for both. */
  idempotency?: Idempotency;
}>;

export type Idempotency = Readonly<{ key: string; request: string }>;

/** `order`: the job's place among all that were ever submitted. `position`: among the queued, 1 is next. */
export type JobCreationResult =
  | Readonly<{ outcome: 'created'; order: number; position: number }>
  /** `known`: the id, or the key with the same request; `conflict`: the key with another request. */
  | Readonly<{ outcome: 'known' | 'conflict'; jobId: string }>
  | Readonly<{ outcome: 'full'; queued: number }>;

export type JobWrite = Readonly<{
  jobId: string;
  /** The statuses the job may be in for this change. */
  from: readonly JobStatus[];
  /** Unset: the status stays. */
  to?: JobStatus;
  /** The attempt this writer believes to be the current one. Unset: any. */
  attempt?: number;
  /** Fencing token of a worker: the term in which it holds the job. Unset: any. */
  term?: number;
  /** The frame to append. Unset: the record changes silently. */
  event?: JobEvent;
  /** When the event happened, an ISO time. Default: now. */
  at?: string | undefined;
  patch?: Patch;
  /**
   * Makes the change safe to repeat: a worker sends its changes one after the other, and one that has the token of the last change is
   * not done again. Of tokens that end in `:<number>` and begin alike, a lower number is not done again either: a connection
   * that was stuck may deliver an old command late. Unset: only the connection repeats the change, if it was lost meanwhile.
   */
  token?: string;
  /** Publish the job's id on the channel of requests: the worker that holds it looks at its record. */
  announce?: boolean;
  /** Refuse the change when Redis is out of memory. Default: only of `step` frames; all others go through, so that jobs can end. */
  needsMemory?: boolean;
  /** How many changes the job must have had so far; otherwise the outcome is `stale`. Unset: any number. */
  changes?: number;
  /** Most jobs that may be in the status `to`; if as many are, the outcome is `full`. Unset: any number. */
  most?: number | undefined;
}>;

export type JobWriteResult = Readonly<{
  /**
   * `fenced`: another attempt is the current one, or another worker holds the job. `refused`: the job is in none of the `from`
   * statuses, or is being cancelled and was to be paused. `stale`: it was changed meanwhile. `full`: as many jobs as there may
   * be are in the status `to`.
   */
  outcome: 'written' | 'fenced' | 'refused' | 'stale' | 'full' | 'missing';
  /** Of the last frame. */
  seq: number;
  status: JobStatus | undefined;
  attempt: number;
  /** Present where cancelling was asked for. */
  cancelMode: CancelMode | undefined;
}>;

/** `step` frames kept of one job; beyond it the oldest go. */
export const STEP_FRAMES = 20_000;

/**
 * Step frames lie in a stream of their own, so that the oldest are dropped at the cost of one entry each, and no other
 * frame ever is. `kind` is `events`, `steps`, or `gap` for a frame among the events that has its number as `from` and `to`
 * too. What webhooks are to be told of is written down in the same moment.
 */
const appendFrame = ({ stepFrames, frameBytes, isFollowedByWebhook = false }: JournalSettings): string => `
${keepWithin(stepFrames, frameBytes ?? FRAMES_BYTES)}
local function append(prefix, id, seq, kind, body)
  local numbers = '{"seq":' .. seq .. ','
  if kind == 'gap' then numbers, kind = numbers .. '"from":' .. seq .. ',"to":' .. seq .. ',', 'events' end
  local frame = numbers .. string.sub(body, 2)
  local key = prefix .. kind .. ':' .. id
  redis.call('XADD', key, seq .. '-0', 'frame', frame)
  keepWithin(prefix, id, kind, frame)
  redis.call('PUBLISH', prefix .. 'frames:' .. id, frame)
  if kind == 'steps' then return end
  if ${isFollowedByWebhook} or redis.call('HEXISTS', prefix .. 'job:' .. id, 'webhooks') == 1 then
    redis.call('XADD', prefix .. 'webhook-frames', 'MAXLEN', '~', ${WEBHOOK_FRAMES}, '*', 'job', id, 'seq', seq)
  end
end
`;

/** Frames set aside for webhooks while no worker runs: some 10 MB. Beyond it the oldest are not posted. */
const WEBHOOK_FRAMES = 100_000;

/** The statuses of jobs that are over, as a set in Lua. */
export const ENDED = `{${ENDED_STATUSES.map((status) => `${status} = true`).join(', ')}}`;

/** Higher priorities first (100 is the highest), then the order of submission; both fit exactly into a double. */
const ENQUEUE = `
local function enqueue(prefix, id)
  local priority, order = unpack(redis.call('HMGET', prefix .. 'job:' .. id, 'priority', 'order'))
  redis.call('ZADD', prefix .. 'queue', (100 - tonumber(priority or '0')) * 2 ^ 40 + tonumber(order), id)
end
`;

/**
 * ARGV: prefix, id, body of the first frame, depth, digests of key and request ('' for none), number of indexes, the
 * indexes, then field and value pairs of the record.
 */
const CREATE = `${ENQUEUE}
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
enqueue(prefix, id)
append(prefix, id, 1, 'events', body)
return {'created', order, redis.call('ZRANK', prefix .. 'queue', id) + 1}
`;

/** Whether a token stands for a change that was done: the last one, or one of the same writer with a number before it. */
const IS_DONE = `
local function isDone(token, last)
  if token == last then return true end
  local writer, number = string.match(token, '^(.*):(%d+)$')
  local lastWriter, lastNumber = string.match(last or '', '^(.*):(%d+)$')
  return writer ~= nil and writer == lastWriter and tonumber(number) <= tonumber(lastNumber)
end
`;

/**
 * ARGV: prefix, id, attempt, term, ',from,from,', to, body, kind, the field of the token, token, announce, number of changes, most jobs
 * in `to`, then field and value pairs ('' removes the field). The time from the request of a cancel to its end is by the clock of
 * Redis, whoever writes either.
 */
const CHANGE = `${MEASURE}${ENQUEUE}${IS_DONE}
local ended = ${ENDED}
local prefix, id, fence, term, from, to, body, kind, tokens, token, announce, changes, most = unpack(ARGV, 1, 13)
local job = prefix .. 'job:' .. id
local status, attempt, order, last, held = unpack(redis.call('HMGET', job, 'status', 'attempt', 'order', tokens, 'term'))
if not status then return {'missing', '0', '', '0', ''} end
local seconds, micros = unpack(redis.call('TIME'))
local now = seconds * 1000 + math.floor(micros / 1000)
local function answer(outcome)
  local is = redis.call('HMGET', job, 'seq', 'status', 'attempt', 'cancelMode')
  return {outcome, is[1], is[2], is[3], is[4] or ''}
end
if isDone(token, last) then return answer('written') end
if fence ~= '' and fence ~= attempt or term ~= '' and term ~= (held or attempt) then return answer('fenced') end
if not string.find(from, ',' .. status .. ',', 1, true) then return answer('refused') end
local mode = redis.call('HGET', job, 'cancelMode')
if to == 'paused' and mode then return answer('refused') end -- nobody would end it
if changes ~= '' and changes ~= (redis.call('HGET', job, 'changes') or '0') then return answer('stale') end
if most ~= '' and to ~= status and redis.call('ZCARD', prefix .. 'jobs:' .. to) >= tonumber(most) then return answer('full') end
for i = 14, #ARGV, 2 do
  if ARGV[i] == 'cancelMode' and mode == 'discard' then -- which is final
  elseif ARGV[i + 1] == '' then redis.call('HDEL', job, ARGV[i]) else redis.call('HSET', job, ARGV[i], ARGV[i + 1]) end
end
redis.call('HSET', job, tokens, token)
if to ~= '' and to ~= status then
  redis.call('HSET', job, 'status', to)
  redis.call('ZREM', prefix .. 'jobs:' .. status, id)
  redis.call('ZADD', prefix .. 'jobs:' .. to, order, id)
end
if (to ~= '' and to or status) == 'queued' then enqueue(prefix, id) else redis.call('ZREM', prefix .. 'queue', id) end
if ended[to] then redis.call('ZADD', prefix .. 'ended', now, id) end
if redis.call('HEXISTS', job, 'cancelMode') == 1 then
  redis.call('HSETNX', job, 'cancelRequestedMs', now)
  local asked = redis.call('HGET', job, 'cancelRequestedMs')
  if to == 'cancelled' then body = '{"milliseconds":' .. math.max(0, now - asked) .. ',' .. string.sub(body, 2) end
end
if body ~= '' then append(prefix, id, redis.call('HINCRBY', job, 'seq', 1), kind, body) end
if ended[to] then measure(prefix, id) end
if announce == '1' then redis.call('PUBLISH', prefix .. 'requests', id) end
return answer('written')
`;

/** First lines of scripts (Redis 7): out of memory, Redis refuses a `strict` script, and runs one that is small and ends something. */
const FLAGS = { strict: '#!lua\n', allowOom: '#!lua flags=allow-oom\n' } as const;

type ChangeScript = (
  ...args: (string | number)[]
) => Promise<[JobWriteResult['outcome'], string, string, string, string]>;

type Scripts = Redis & {
  trainyardCreate(...args: (string | number)[]): Promise<[JobCreationResult['outcome'], string | number, number]>;
  trainyardChange: ChangeScript;
  trainyardChangeAnyway: ChangeScript;
};

export type Journal = ReturnType<typeof createJournal>;

export type JournalSettings = Readonly<{
  /** Step frames kept of one job, at least 1. */
  stepFrames: number;
  /** What all frames of one job may need, in bytes; `step` frames make room. Default 8 MiB. */
  frameBytes?: number;
  /** Whether frames of all jobs are set aside for a webhook; else those of jobs that have some. Default false. */
  isFollowedByWebhook?: boolean;
}>;

export function createJournal(redis: Redis, settings: JournalSettings = { stepFrames: STEP_FRAMES }) {
  const append = appendFrame(settings);
  redis.defineCommand('trainyardCreate', { numberOfKeys: 0, lua: FLAGS.strict + append + CREATE });
  redis.defineCommand('trainyardChange', { numberOfKeys: 0, lua: FLAGS.strict + append + CHANGE });
  redis.defineCommand('trainyardChangeAnyway', { numberOfKeys: 0, lua: FLAGS.allowOom + append + CHANGE });
  const scripts = redis as Scripts;

  return {
    /** Writes a new record in status `queued` with its first frame, unless there is one already or the queue is full. */
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

    async write(change: JobWrite): Promise<JobWriteResult> {
      const { jobId, from, to = '', event, patch = {}, token, announce = false } = change;
      const { attempt = '', term = '', changes = '', most = '' } = change;
      const body = event === undefined ? '' : frameBody(event, { jobId, at: change.at ?? new Date().toISOString() });
      const { needsMemory = event?.type === 'step' } = change;
      const [outcome, seq, status, current, cancelMode] = await onRedis(() =>
        scripts[needsMemory ? 'trainyardChange' : 'trainyardChangeAnyway'](
          PREFIX,
          jobId,
          attempt,
          term,
          `,${from.join(',')},`,
          to,
          body,
          kindOf(event),
          // Workers and clients ask at the same time: neither forgets what the other was answered.
          token === undefined ? 'request' : 'token',
          token ?? randomUUID(),
          announce ? '1' : '0',
          changes,
          most,
          ...pairs(patch),
        ),
      );
      return {
        outcome,
        seq: Number(seq),
        status: status === '' ? undefined : (status as JobStatus),
        attempt: Number(current),
        cancelMode: cancelMode === '' ? undefined : (cancelMode as CancelMode),
      };
    },

    /** Resolves with the record as it is stored, or undefined. Throws `record_corrupt` if its key has another type. */
    async read(jobId: string): Promise<Readonly<Record<string, string>> | undefined> {
      const record = await onRecord(`The record of job ${jobId}`, () => redis.hgetall(keys.job(jobId)));
      return Object.keys(record).length === 0 ? undefined : record;
    },
  };
}

/** Where a frame is kept, and how it is numbered. */
function kindOf(event: JobEvent | undefined): 'steps' | 'gap' | 'events' {
  if (event?.type === 'step') return 'steps';
  return event?.type === 'gap' ? 'gap' : 'events';
}

const pairs = (fields: Patch): (string | number)[] =>
  Object.entries(fields).flatMap(([field, value]) => [field, value === null ? '' : value]);
