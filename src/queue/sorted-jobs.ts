/** Paged search for jobs in the order of a value, such as their best accuracy. */
import type { JobSort, JobSortField } from '../contracts/submission/job-sort.js';
import { TrainyardError } from '../errors/errors.js';
import { keys, onRedis, PREFIX, type Redis, SORT_INDEXES } from '../events/index.js';
import { CHUNK, createJobIndex, type FoundJob, filterArguments, type JobFilter, READ_FILTER } from './job-index.js';

/** Fields whose sorted set is not an index of its own. */
const OTHER_KEYS: Partial<Record<JobSortField, string>> = {
  created: keys.jobs,
  ended: keys.ended,
  position: keys.queue,
};
/** Fields that every job has. */
const COMPLETE: readonly JobSortField[] = ['name', 'dataset', 'network'];

/** Version of the indexes. A higher one has them built again. */
const VERSION = '1';
/** Jobs that are indexed in one round trip. */
const REINDEXED = 200;

/** Cursor behind a job with a value: the value and the member of the sorted set. */
const VALUE_CURSOR = /^([^~]+)~(.+)$/;

/**
 * ARGV: prefix, key of the sorted set, '1' for the smallest first, value and member of the cursor ('' for the start), page size, then the
 * filter. Returns id, value and member of each job. Finds the place of the cursor by bisection, also if its member has gone. Compares
 * bytes, as sorted sets do: Lua's own comparison depends on the locale of Redis.
 */
const FIND_SORTED = `${READ_FILTER}
local prefix, key, rises, value, member, most = unpack(ARGV, 1, 6)
local any, all, none = readFilter(prefix, 7)
local size = redis.call('ZCARD', key)
local function precedes(a, b)
  for i = 1, math.min(#a, #b) do
    local left, right = string.byte(a, i), string.byte(b, i)
    if left ~= right then return left < right end
  end
  return #a < #b
end
local function ranksBefore()
  local low, high = redis.call('ZCOUNT', key, '-inf', '(' .. value), redis.call('ZCOUNT', key, '-inf', value)
  while low < high do
    local middle = math.floor((low + high) / 2)
    local each = redis.call('ZRANGE', key, middle, middle)[1]
    if precedes(each, member) or rises == '1' and each == member then low = middle + 1 else high = middle end
  end
  return low
end
local start = 0
if value ~= '' then start = rises == '1' and ranksBefore() or size - ranksBefore() end
local found = {}
for from = start, size - 1, ${CHUNK} do
  local page = redis.call(rises == '1' and 'ZRANGE' or 'ZREVRANGE', key, from, from + ${CHUNK - 1}, 'WITHSCORES')
  for i = 1, #page, 2 do
    local id = string.match(page[i], '[^!]+$')
    if isIn(id, any, all, none) then
      for _, each in ipairs({id, page[i + 1], page[i]}) do found[#found + 1] = each end
      if #found == 3 * most then return found end
    end
  end
end
return found
`;

/** ARGV: prefix, ids. Indexes these jobs by the values in their records. */
const REINDEX = `${SORT_INDEXES}
for i = 2, #ARGV do
  sortBySpec(ARGV[1], ARGV[i])
  sortByResults(ARGV[1], ARGV[i])
end
`;

type Scripts = Redis & {
  trainyardFindSorted(...args: (string | number)[]): Promise<string[]>;
  trainyardReindex(...args: string[]): Promise<null>;
};

/** Returns a search for ids of jobs in an order. Jobs without a value come last, the newest first. */
export function createSortedJobs(redis: Redis) {
  redis.defineCommand('trainyardFindSorted', { numberOfKeys: 0, lua: FIND_SORTED });
  redis.defineCommand('trainyardReindex', { numberOfKeys: 0, lua: REINDEX });
  const scripts = redis as Scripts;
  const findBySubmission = createJobIndex(redis);
  let isIndexed = false;

  /** Indexes the jobs of older releases. */
  async function indexOldJobs(): Promise<void> {
    if (isIndexed) return;
    if ((await redis.get(keys.sorted)) !== VERSION) {
      const ids = await redis.zrange(keys.jobs, '0', '-1');
      for (let start = 0; start < ids.length; start += REINDEXED)
        await scripts.trainyardReindex(PREFIX, ...ids.slice(start, start + REINDEXED));
      await redis.set(keys.sorted, VERSION);
    }
    isIndexed = true;
  }

  async function withValue(filter: JobFilter, key: string, rises: boolean, most: number, cursor: string | undefined) {
    const [, value = '', member = ''] = VALUE_CURSOR.exec(cursor ?? '') ?? [];
    const order = [key, rises ? '1' : '0', value, member, most];
    const found = await onRedis(() => scripts.trainyardFindSorted(PREFIX, ...order, ...filterArguments(filter)));
    return Array.from({ length: found.length / 3 }, (_, i): FoundJob => {
      const [id = '', score, name] = found.slice(3 * i, 3 * i + 3);
      return { id, cursor: `${score}~${name}` };
    });
  }

  /** `cursor`: that of the last job of the page before. Throws `invalid_request` if it belongs to another order. */
  return async (filter: JobFilter, sort: JobSort, most: number, cursor?: string): Promise<FoundJob[]> => {
    const field = sort.replace(/^-/, '') as JobSortField;
    const rises = sort === field;
    const isBehindValues = cursor !== undefined && !VALUE_CURSOR.test(cursor);
    if (field === 'created') {
      if (cursor !== undefined && !isBehindValues) throw wrongCursor(sort);
      return findBySubmission(filter, most, { cursor, rises });
    }
    await onRedis(indexOldJobs);
    const key = OTHER_KEYS[field] ?? `${keys.jobsBy('by')}:${field}`;
    const found = isBehindValues ? [] : await withValue(filter, key, rises, most, cursor);
    if (found.length === most || COMPLETE.includes(field)) return found;
    const others = { cursor: isBehindValues ? cursor : undefined, without: key };
    return [...found, ...(await findBySubmission(filter, most - found.length, others))];
  };
}

function wrongCursor(sort: JobSort): TrainyardError {
  const message = `belongs to another order than ${sort}. Send the cursor with the same sort as its page`;
  return new TrainyardError('invalid_request', `?cursor ${message}.`, { errors: [{ pointer: '?cursor', message }] });
}
