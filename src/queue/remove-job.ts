/** Removal of an ended job with everything that Redis has of it. */
import type { Job } from '../contracts/jobs/job.js';
import { ENDED, MESSAGE_NUMBERS, PREFIX, type Redis, SORT_INDEXES } from '../events/index.js';
import { indexesOfJob } from './job-index.js';

/**
 * ARGV: prefix, id, ISO time, then the indexes that list the job. Returns 1 if the job was removed. Returns 0 if it has not ended; the script
 * then only removes it from the list of ended jobs.
 */
const REMOVE = `${MESSAGE_NUMBERS}${SORT_INDEXES}
local ended = ${ENDED}
local prefix, id, at = ARGV[1], ARGV[2], ARGV[3]
local job = prefix .. 'job:' .. id
redis.call('ZREM', prefix .. 'ended', id)
local status, key, bytes = unpack(redis.call('HMGET', job, 'status', 'idempotencyKey', 'bytes'))
if not ended[status] then return 0 end
local isCounted = string.match(bytes or '', '^%d+$')
if isCounted and redis.call('DECRBY', prefix .. 'ended:bytes', bytes) <= 0 then redis.call('DEL', prefix .. 'ended:bytes') end
unsort(prefix, id)
redis.call('ZREM', prefix .. 'jobs', id)
redis.call('ZREM', prefix .. 'jobs:' .. status, id)
for i = 4, #ARGV do redis.call('ZREM', prefix .. 'jobs:' .. ARGV[i], id) end
if key then redis.call('DEL', prefix .. 'idempotency:' .. key) end
notify(prefix, id, 'deleted', at)
redis.call('DEL', job, prefix .. 'events:' .. id, prefix .. 'steps:' .. id, prefix .. 'log:' .. id, prefix .. 'deliveries:' .. id)
return 1
`;

type Scripts = Redis & { trainyardRemove(...args: string[]): Promise<number> };

export function createRemoval(redis: Redis) {
  redis.defineCommand('trainyardRemove', { numberOfKeys: 0, lua: REMOVE });
  const scripts = redis as Scripts;
  return {
    /** Returns whether the job was removed now. `job`: its record, if it is intact. Fails if the key of the record has another type. */
    async remove(id: string, job: Job | undefined): Promise<boolean> {
      const indexes = job === undefined ? [] : indexesOfJob(job);
      return (await scripts.trainyardRemove(PREFIX, id, new Date().toISOString(), ...indexes)) === 1;
    },
  };
}
