/** Memory limits of jobs, as Lua for the scripts of the journal, the delivery log and retention. */

/** Default limit on the frames of one job, in bytes. About 20,000 step frames fit. */
export const FRAMES_BYTES = 8 * 2 ** 20;

/** Overhead of a stream entry besides its text, in bytes. */
const ENTRY_BYTES = 32;

/**
 * Lua function `keepWithin(prefix, id, kind, frame)`: counts an appended frame, then removes the oldest step frames of the job while
 * there are more than `steps`, or while all frames together exceed `bytes`.
 */
export const keepWithin = (steps: number, bytes: number): string => `
local function keepWithin(prefix, id, kind, frame)
  local job, key = prefix .. 'job:' .. id, prefix .. 'steps:' .. id
  local size = redis.call('HINCRBY', job, 'frameBytes', #frame + ${ENTRY_BYTES})
  if kind ~= 'steps' then return end
  local length = redis.call('XLEN', key)
  while length > 1 and (length > ${steps} or size > ${bytes}) do
    local oldest = redis.call('XRANGE', key, '-', '+', 'COUNT', 1)[1]
    redis.call('XDEL', key, oldest[1])
    size = redis.call('HINCRBY', job, 'frameBytes', -(#oldest[2][2] + ${ENTRY_BYTES}))
    length = length - 1
  end
end
`;

/**
 * Lua function `measure(prefix, id)`: stores the memory of an ended job in its record, and updates the sum over all ended jobs. It runs
 * five commands at the end of a job, and for each webhook delivery after it.
 */
export const MEASURE = `
local function measure(prefix, id)
  local job, bytes = prefix .. 'job:' .. id, 0
  for _, key in ipairs({job, prefix .. 'events:' .. id, prefix .. 'steps:' .. id, prefix .. 'log:' .. id, prefix .. 'deliveries:' .. id}) do
    local used = redis.pcall('MEMORY', 'USAGE', key)
    if type(used) == 'number' then bytes = bytes + used end
  end
  local before = tonumber(redis.call('HGET', job, 'bytes') or '0') or 0
  redis.call('HSET', job, 'bytes', bytes)
  redis.call('INCRBY', prefix .. 'ended:bytes', bytes - before)
end
`;
