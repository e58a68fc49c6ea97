/** Retention: removes jobs that ended long ago, are more than are kept or need too many bytes, with all that belongs to them. */
import type { Job } from '../contracts/jobs/job.js';
import {
  createCorruptRecordLog,
  ENDED,
  keys,
  MEASURE,
  onRedis,
  PREFIX,
  type Redis,
  readOrReport,
} from '../events/index.js';
import type { Logger } from '../logging/logger.js';
import { indexesOfJob } from './job-index.js';
import { recordOf } from './record.js';

const MS_PER_DAY = 86_400_000;
/** Jobs removed in one round trip. */
const CHUNK = 100;

export type Retention = Readonly<{
  /** Jobs that ended longer ago are removed; 0: none for its age. */
  days: number;
  /** Jobs that have ended and are kept, the latest; 0: any number. */
  count: number;
  /** What all jobs that have ended may need together, in bytes of Redis; 0: any number. Default 0. */
  bytes?: number;
}>;

/**
 * ARGV: prefix, id, then the indexes that list the job. Returns 1 where the job was removed, and 0 where it has not ended
 * (then it is only taken off the list of those that have).
 */
const REMOVE = `
local ended = ${ENDED}
local prefix, id = ARGV[1], ARGV[2]
local job = prefix .. 'job:' .. id
redis.call('ZREM', prefix .. 'ended', id)
local status, key, bytes = unpack(redis.call('HMGET', job, 'status', 'idempotencyKey', 'bytes'))
if not ended[status] then return 0 end
local isCounted = string.match(bytes or '', '^%d+$')
if isCounted and redis.call('DECRBY', prefix .. 'ended:bytes', bytes) <= 0 then redis.call('DEL', prefix .. 'ended:bytes') end
redis.call('ZREM', prefix .. 'jobs', id)
redis.call('ZREM', prefix .. 'jobs:' .. status, id)
for i = 3, #ARGV do redis.call('ZREM', prefix .. 'jobs:' .. ARGV[i], id) end
if key then redis.call('DEL', prefix .. 'idempotency:' .. key) end
redis.call('DEL', job, prefix .. 'events:' .. id, prefix .. 'steps:' .. id, prefix .. 'deliveries:' .. id)
return 1
`;

/** ARGV: prefix, then ids of jobs that have ended. Measures those that ended in a release that did not. */
const MEASURE_OLD = `${MEASURE}
for i = 2, #ARGV do
  local job = ARGV[1] .. 'job:' .. ARGV[i]
  local isRecord = redis.call('TYPE', job).ok == 'hash'
  if isRecord and redis.call('HEXISTS', job, 'bytes') == 0 then measure(ARGV[1], ARGV[i]) end
end
`;

/**
 * ARGV: prefix, most jobs that have ended, bytes that they may need together (0: any number), most answers. Answers the ids of those
 * that ended first and are to go. In one step: with numbers of different moments, sweeps of several workers would remove too many.
 */
const SURPLUS = `
local prefix, count, bytes, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local listed = prefix .. 'ended'
local surplus = count > 0 and redis.call('ZCARD', listed) - count or 0
if surplus > 0 then return redis.call('ZRANGE', listed, 0, math.min(surplus, most) - 1) end
local excess = bytes > 0 and tonumber(redis.call('GET', prefix .. 'ended:bytes') or '0') - bytes or 0
if excess <= 0 then return {} end
local due = {}
for _, id in ipairs(redis.call('ZRANGE', listed, 0, most - 1)) do
  if excess <= 0 then break end
  due[#due + 1] = id
  local size = redis.pcall('HGET', prefix .. 'job:' .. id, 'bytes') -- a key of another type has none
  if type(size) == 'string' then excess = excess - (tonumber(size) or 0) end
end
return due
`;

type Scripts = Redis & {
  trainyardRemove(...args: string[]): Promise<number>;
  trainyardMeasureOld(...args: string[]): Promise<null>;
  trainyardSurplus(...args: (string | number)[]): Promise<string[]>;
};

export type RetentionDeps = Retention &
  Readonly<{
    redis: Redis;
    logger: Logger;
    /** Told of each job that was removed here. */
    onRemoved?: (job: Job) => void;
  }>;

export function createRetention(deps: RetentionDeps) {
  const { redis, logger, days, count, bytes = 0, onRemoved } = deps;
  redis.defineCommand('trainyardRemove', { numberOfKeys: 0, lua: REMOVE });
  redis.defineCommand('trainyardMeasureOld', { numberOfKeys: 0, lua: MEASURE_OLD });
  redis.defineCommand('trainyardSurplus', { numberOfKeys: 0, lua: SURPLUS });
  const scripts = redis as Scripts;
  let isMeasured = false;
  const report = createCorruptRecordLog(logger);

  /** Undefined if there is no such job, or if its record is corrupt: that one goes too, and nothing else is done about it. */
  async function jobOf(id: string): Promise<Job | undefined> {
    const fields = await redis.hgetall(keys.job(id));
    if (fields['spec'] === undefined) return undefined;
    return readOrReport(`The record of job ${id}`, () => recordOf(id, fields).job, report);
  }

  /** Of a key of another type than ours only the entry in the list goes. */
  async function removeListed(id: string): Promise<boolean> {
    try {
      return await remove(id);
    } catch (error) {
      if (!(error instanceof Error && error.message.includes('WRONGTYPE'))) throw error;
      report(`The record of job ${id}`, error);
      await redis.zrem(keys.ended, id);
      return false;
    }
  }

  async function remove(id: string): Promise<boolean> {
    const job = await jobOf(id);
    const isRemoved = (await scripts.trainyardRemove(PREFIX, id, ...(job ? indexesOfJob(job) : []))) === 1;
    if (isRemoved && job !== undefined) onRemoved?.(job);
    return isRemoved;
  }

  /** Ids of the next jobs to go, those that ended first. */
  async function due(now: number): Promise<string[]> {
    const old =
      days === 0 ? [] : await redis.zrangebyscore(keys.ended, '-inf', `(${now - days * MS_PER_DAY}`, 'LIMIT', 0, CHUNK);
    return old.length > 0 ? old : scripts.trainyardSurplus(PREFIX, count, bytes, CHUNK);
  }

  async function measureOld(): Promise<void> {
    for (let start = 0; ; start += CHUNK) {
      const ids = await redis.zrange(keys.ended, String(start), String(start + CHUNK - 1));
      if (ids.length === 0) break;
      await scripts.trainyardMeasureOld(PREFIX, ...ids);
    }
    isMeasured = true;
  }

  return {
    /**
     * Removes what is due at `now` (ms), each job at once and whole; answers how many. A job that is queued or runs is never
     * removed, and models stay. Several processes may do it at the same time.
     */
    async sweep(now = Date.now()): Promise<number> {
      if (!isMeasured) await onRedis(measureOld);
      let removed = 0;
      for (let ids = await onRedis(() => due(now)); ids.length > 0; ids = await onRedis(() => due(now))) {
        const results = await onRedis(() => Promise.all(ids.map(removeListed)));
        removed += results.filter(Boolean).length;
      }
      if (removed > 0) logger.info({ removed }, 'old jobs removed');
      return removed;
    },
  };
}
