/** Bounds in bytes, as Lua for the scripts of the journal, the log of deliveries and retention. */

/** Default of what the frames of one job may need, in bytes: steps of 20,000 fit in. */
export const FRAMES_BYTES = 8 * 2 ** 20;

/** What an entry of a stream needs besides its text, in bytes. */
const ENTRY_BYTES = 32;

/**
 * `keepWithin(prefix, id, kind, frame)` counts a frame that was appended, then gives up the oldest step frames of the job while
 * there are more than allowed, or all frames need more bytes than allowed.
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
 * `measure(prefix, id)` writes down how many bytes of memory a job that has ended needs, and keeps the sum of all such jobs in
 * step. It costs four commands, once at the end of a job and once for each delivery after it.
 */
export const MEASURE = `
local function measure(prefix, id)
  local job, bytes = prefix .. 'job:' .. id, 0
  for _, key in ipairs({job, prefix .. 'events:' .. id, prefix .. 'steps:' .. id, prefix .. 'deliveries:' .. id}) do
    local used = redis.pcall('MEMORY', 'USAGE', key)
    if type(used) == 'number' then bytes = bytes + used end
  end
  local before = tonumber(redis.call('HGET', job, 'bytes') or '0') or 0
  redis.call('HSET', job, 'bytes', bytes)
  redis.call('INCRBY', prefix .. 'ended:bytes', bytes - before)
end
`;
