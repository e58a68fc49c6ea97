/** Indexes of jobs by name and metadata, and the paged search over several indexes by submission. */
import { DEFAULT_PROJECT } from '../contracts/access/project.js';
import type { Job, JobStatus } from '../contracts/jobs/job.js';
import type { Metadata } from '../contracts/jobs/job-texts.js';
import { onRedis, PREFIX, type Redis } from '../events/index.js';

/** A job must match every field. Of several statuses it must have one. */
export type JobFilter = Readonly<{
  /** Default: the jobs of all projects. */
  project?: string;
  status?: JobStatus | readonly JobStatus[];
  name?: string;
  /** Entries as `key:value`. */
  metadata?: readonly string[];
}>;

/** Index of the jobs of all projects but `default`. */
const OTHER_PROJECTS = 'projects';
const projectIndex = (project: string): string => `project:${project}`;
const nameIndex = (name: string): string => `name:${name}`;
export const metadataIndex = (label: string): string => `metadata:${label}`;

/** Returns the indexes that list a job, apart from the indexes by status. */
export const indexesOf = (project: string, name: string, metadata: Metadata): string[] => [
  ...(project === DEFAULT_PROJECT ? [] : [OTHER_PROJECTS, projectIndex(project)]),
  nameIndex(name),
  ...Object.entries(metadata).map(([key, value]) => metadataIndex(`${key}:${value}`)),
];

/** Returns the indexes that list a job until it is removed. */
export const indexesOfJob = ({ project, spec, metadata }: Pick<Job, 'project' | 'spec' | 'metadata'>): string[] =>
  indexesOf(project, spec.name, metadata);

/** Entries of an index that a script reads at once. */
export const CHUNK = 200;

/** Arguments of a script that select jobs: number of statuses, the statuses, an index whose jobs are left out, then other indexes. */
export function filterArguments({ project, status = [], name, metadata = [] }: JobFilter): (string | number)[] {
  const distinct = [...new Set([status].flat())];
  const isDefault = project === DEFAULT_PROJECT;
  const others = [
    ...(project === undefined || isDefault ? [] : [projectIndex(project)]),
    ...(name === undefined ? [] : [nameIndex(name)]),
    ...metadata.map(metadataIndex),
  ];
  return [distinct.length, ...distinct, isDefault ? OTHER_PROJECTS : '', ...others];
}

/**
 * Lua function `readFilter(prefix, first)`: reads the arguments of `filterArguments` from ARGV[first] on. Returns the indexes of which one
 * must list a job, the indexes of which each must, and the keys of the indexes of which none may.
 */
export const READ_FILTER = `
local function readFilter(prefix, first)
  local any, all, none, count = {}, {}, {}, tonumber(ARGV[first])
  for i = first + 1, first + count do any[#any + 1] = prefix .. 'jobs:' .. ARGV[i] end
  local left = prefix .. 'jobs:' .. ARGV[first + count + 1]
  if ARGV[first + count + 1] ~= '' and redis.call('EXISTS', left) == 1 then none[1] = left end
  for i = first + count + 2, #ARGV do all[#all + 1] = prefix .. 'jobs:' .. ARGV[i] end
  if #any == 1 then all[#all + 1] = table.remove(any) end
  return any, all, none
end
local function isIn(id, any, all, none)
  for _, key in ipairs(none) do if redis.call('ZSCORE', key, id) then return false end end
  for _, key in ipairs(all) do if not redis.call('ZSCORE', key, id) then return false end end
  for _, key in ipairs(any) do if redis.call('ZSCORE', key, id) then return true end end
  return #any == 0
end
`;

/**
 * ARGV: prefix, cursor ('(12', '+inf' or '-inf'), '1' for the oldest first, page size, an index whose jobs are left out ('' for none), then
 * the filter. Returns alternating ids and submission numbers. If there are only statuses, the script merges their indexes. Otherwise it
 * walks the smallest index and looks each id up in the others, so the smallest index bounds the cost of a call.
 */
const FIND = `${READ_FILTER}
local prefix, cursor, rises, most, without = unpack(ARGV, 1, 5)
most = tonumber(most)
local any, all, none = readFilter(prefix, 6)
if without ~= '' then none[#none + 1] = without end
local function page(key, from, size)
  if rises == '1' then return redis.call('ZRANGEBYSCORE', key, from, '+inf', 'WITHSCORES', 'LIMIT', 0, size) end
  return redis.call('ZREVRANGEBYSCORE', key, from, '-inf', 'WITHSCORES', 'LIMIT', 0, size)
end
if #all == 0 and #none == 0 then
  if #any == 0 then return page(prefix .. 'jobs', cursor, most) end
  local merged, found = {}, {}
  for _, key in ipairs(any) do
    local ids = page(key, cursor, most)
    for i = 1, #ids, 2 do merged[#merged + 1] = {ids[i], ids[i + 1]} end
  end
  table.sort(merged, function(a, b)
    if rises == '1' then a, b = b, a end
    return tonumber(a[2]) > tonumber(b[2])
  end)
  for i = 1, math.min(most, #merged) do
    found[#found + 1] = merged[i][1]
    found[#found + 1] = merged[i][2]
  end
  return found
end
table.sort(all, function(a, b) return redis.call('ZCARD', a) < redis.call('ZCARD', b) end)
local walked = table.remove(all, 1) or prefix .. 'jobs'
local found = {}
while true do
  local ids = page(walked, cursor, ${CHUNK})
  for i = 1, #ids, 2 do
    if isIn(ids[i], any, all, none) then
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

/** A job of a page, and the cursor of the page after it. */
export type FoundJob = Readonly<{ id: string; cursor: string }>;

export type SubmissionOrder = Readonly<{
  /** Finds only jobs behind this submission number. Default: from the start. */
  cursor?: string | undefined;
  /** Whether the oldest job comes first. Default false. */
  rises?: boolean;
  /** Key of a sorted set whose jobs are left out. Default: none. */
  without?: string;
}>;

/** Returns a search for ids of jobs in the order of their submission. It reads all indexes at one moment. */
export function createJobIndex(redis: Redis) {
  redis.defineCommand('trainyardFind', { numberOfKeys: 0, lua: FIND });
  const scripts = redis as Scripts;

  return async (filter: JobFilter, most: number, order: SubmissionOrder = {}): Promise<FoundJob[]> => {
    const { cursor, rises = false, without = '' } = order;
    const start = cursor === undefined ? `${rises ? '-' : '+'}inf` : `(${cursor}`;
    const found = await onRedis(() =>
      scripts.trainyardFind(PREFIX, start, rises ? '1' : '0', most, without, ...filterArguments(filter)),
    );
    return Array.from({ length: found.length / 2 }, (_, i) => ({
      id: found[2 * i] ?? '',
      cursor: found[2 * i + 1] ?? '',
    }));
  };
}
