/** Indexes of jobs by name and metadata, and the paged search over several indexes. */
import type { Job, JobStatus, Metadata } from '../contracts/jobs/job.js';
import { onRedis, PREFIX, type Redis } from '../events/index.js';

/** A job must match every field. Of several statuses it must have one. */
export type JobFilter = Readonly<{
  status?: JobStatus | readonly JobStatus[];
  name?: string;
  /** Entries as `key:value`. */
  metadata?: readonly string[];
}>;

const nameIndex = (name: string): string => `name:${name}`;
const metadataIndex = (label: string): string => `metadata:${label}`;

/** Returns the indexes that list a job, apart from the indexes by status. */
export const indexesOf = (name: string, metadata: Metadata): string[] => [
  nameIndex(name),
  ...Object.entries(metadata).map(([key, value]) => metadataIndex(`${key}:${value}`)),
];

/** Returns the indexes that list a job until it is removed. */
export const indexesOfJob = ({ spec, metadata }: Pick<Job, 'spec' | 'metadata'>): string[] =>
  indexesOf(spec.name, metadata);

/** Entries of an index that the script reads at once. */
const CHUNK = 200;

/**
 * ARGV: prefix, cursor ('(12' or '+inf'), page size, number of statuses, the statuses, then other indexes. Returns alternating ids and
 * submission numbers, newest first. If there are only statuses, the script merges their indexes. Otherwise it walks the smallest index
 * and looks each id up in the others, so the smallest index bounds the cost of a call.
 */
const FIND = `
local prefix, cursor, most, count = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local any, all = {}, {}
for i = 5, 4 + count do any[#any + 1] = prefix .. 'jobs:' .. ARGV[i] end
for i = 5 + count, #ARGV do all[#all + 1] = prefix .. 'jobs:' .. ARGV[i] end
if #any == 1 then all[#all + 1] = table.remove(any) end
local function page(key, from, size)
  return redis.call('ZREVRANGEBYSCORE', key, from, '-inf', 'WITHSCORES', 'LIMIT', 0, size)
end
if #all == 0 then
  if #any == 0 then return page(prefix .. 'jobs', cursor, most) end
  local merged, found = {}, {}
  for _, key in ipairs(any) do
    local ids = page(key, cursor, most)
    for i = 1, #ids, 2 do merged[#merged + 1] = {ids[i], ids[i + 1]} end
  end
  table.sort(merged, function(a, b) return tonumber(a[2]) > tonumber(b[2]) end)
  for i = 1, math.min(most, #merged) do
    found[#found + 1] = merged[i][1]
    found[#found + 1] = merged[i][2]
  end
  return found
end
table.sort(all, function(a, b) return redis.call('ZCARD', a) < redis.call('ZCARD', b) end)
local function fits(id)
  for i = 2, #all do if not redis.call('ZSCORE', all[i], id) then return false end end
  if #any == 0 then return true end
  for _, key in ipairs(any) do if redis.call('ZSCORE', key, id) then return true end end
  return false
end
local found = {}
while true do
  local ids = page(all[1], cursor, ${CHUNK})
  for i = 1, #ids, 2 do
    if fits(ids[i]) then
      found[#found + 1] = ids[i]
      found[#found + 1] = ids[i + 1]
      if #found == 2 * most then return found end
    end
  end
  if #ids < ${2 * CHUNK} then return found end
  cursor = '(' .. ids[#ids]
end
`;

type Scripts = Redis & { trainyardFind(...args: (string | number)[]): Promise<string[]> };

/** Returns a search for ids of jobs, newest first. It reads all indexes at one moment. */
export function createJobIndex(redis: Redis) {
  redis.defineCommand('trainyardFind', { numberOfKeys: 0, lua: FIND });
  const scripts = redis as Scripts;

  /** `before`: finds only jobs with a lower submission number. */
  return async (filter: JobFilter, most: number, before?: string): Promise<{ id: string; order: string }[]> => {
    const { status = [], name, metadata = [] } = filter;
    const others = [...(name === undefined ? [] : [nameIndex(name)]), ...metadata.map(metadataIndex)];
    const distinct = [...new Set([status].flat())];
    const cursor = before === undefined ? '+inf' : `(${before}`;
    const found = await onRedis(() =>
      scripts.trainyardFind(PREFIX, cursor, most, distinct.length, ...distinct, ...others),
    );
    return Array.from({ length: found.length / 2 }, (_, i) => ({
      id: found[2 * i] ?? '',
      order: found[2 * i + 1] ?? '',
    }));
  };
}
