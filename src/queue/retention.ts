/** Retention: removes ended jobs that are too old, too many or too large, with everything that belongs to them. */
import type { Job } from '../contracts/jobs/job.js';
import { createCorruptRecordLog, keys, MEASURE, onRedis, PREFIX, type Redis, readOrReport } from '../events/index.js';
import type { Logger } from '../logging/logger.js';
import { recordOf } from './record.js';
import { createRemoval } from './remove-job.js';

const MS_PER_DAY = 86_400_000;
/** Jobs that are removed in one round trip. */
const CHUNK = 100;

/** Limits on the jobs that have ended. */
export type RetentionLimits = Readonly<{
  /** Age in days. 0: no limit. */
  days: number;
  /** Number of jobs. The newest are kept. 0: no limit. */
  count: number;
  /** Memory in Redis of all ended jobs together, in bytes. Default 0: no limit. */
  bytes?: number;
}>;

/** ARGV: prefix, then ids of ended jobs. Measures the jobs that have no size yet, because an older release did not measure. */
const MEASURE_OLD = `${MEASURE}
for i = 2, #ARGV do
  local job = ARGV[1] .. 'job:' .. ARGV[i]
  local isRecord = redis.call('TYPE', job).ok == 'hash'
  if isRecord and redis.call('HEXISTS', job, 'bytes') == 0 then measure(ARGV[1], ARGV[i]) end
end
`;

/**
 * ARGV: prefix, limit on ended jobs, limit on their bytes (0: no limit), limit on the result. Returns the ids of the jobs to remove,
 * oldest first. One script reads all numbers at one moment; otherwise concurrent sweeps of several workers would remove too many.
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
  local size = redis.pcall('HGET', prefix .. 'job:' .. id, 'bytes') -- a key of another type has no size
  if type(size) == 'string' then excess = excess - (tonumber(size) or 0) end
end
return due
`;

type Scripts = Redis & {
  trainyardMeasureOld(...args: string[]): Promise<null>;
  trainyardSurplus(...args: (string | number)[]): Promise<string[]>;
};

export type RetentionDeps = RetentionLimits &
  Readonly<{
    redis: Redis;
    logger: Logger;
    /** Called for each job that this process removed. */
    onRemoved?: (job: Job) => void;
  }>;

export function createRetention(deps: RetentionDeps) {
  const { redis, logger, days, count, bytes = 0, onRemoved } = deps;
  const removal = createRemoval(redis);
  redis.defineCommand('trainyardMeasureOld', { numberOfKeys: 0, lua: MEASURE_OLD });
  redis.defineCommand('trainyardSurplus', { numberOfKeys: 0, lua: SURPLUS });
  const scripts = redis as Scripts;
  let isMeasured = false;
  const report = createCorruptRecordLog(logger);

  /** Returns undefined if the job does not exist or its record is corrupt. A corrupt record is removed too, without `onRemoved`. */
  async function jobOf(id: string): Promise<Job | undefined> {
    const fields = await redis.hgetall(keys.job(id));
    if (fields['spec'] === undefined) return undefined;
    return readOrReport(`The record of job ${id}`, () => recordOf(id, fields).job, report);
  }

  /** Removes a listed job. If its key has another type, removes only the entry in the list. */
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
    const isRemoved = await removal.remove(id, job);
    if (isRemoved && job !== undefined) onRemoved?.(job);
    return isRemoved;
  }

  /** Returns the ids of the next jobs to remove, oldest first. */
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
     * Removes the jobs that exceed a limit at `now` (milliseconds since 1970), each in one atomic step. Returns how many. Never removes
     * a job that has not ended, nor a model. Several processes may sweep at the same time.
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
