/** Order of the queued jobs, as Lua for the scripts of the journal. */

/**
 * The queue is a sorted set of the queued jobs, by priority, highest (100) first, then by place. The place of a job is its submission number
 * until the job is moved. Both together fit exactly into a double, also for the negative places before the first submission. A place
 * belongs to one job of a priority: another job that takes it shifts the first one.
 *
 * Lua functions:
 * - `enqueue(prefix, id)` puts a job at its place. A queued job that has this place shifts towards the front.
 * - `moveBeside(prefix, id, other, side)` moves a queued job directly `before` or `after` another queued job of the same priority. The jobs
 *   up to the next free place shift by one. If the job comes from behind in the same priority, they shift towards its old place; otherwise
 *   towards the front, because later submissions need the places at the end. Returns the ids of the shifted jobs.
 */
export const QUEUE_ORDER = `
local GROUP = 2 ^ 40
local function startOf(prefix, id)
  return (100 - tonumber(redis.call('HGET', prefix .. 'job:' .. id, 'priority') or '0')) * GROUP
end
local function occupy(prefix, id, score, step)
  local queue, start, shifted = prefix .. 'queue', startOf(prefix, id), {}
  local moving = {id}
  while #moving > 0 do
    local occupants = {}
    for _, each in ipairs(redis.call('ZRANGE', queue, score, score, 'BYSCORE')) do
      if each ~= id then occupants[#occupants + 1] = each end
    end
    for _, each in ipairs(moving) do
      redis.call('ZADD', queue, score, each)
      if each ~= id then
        redis.pcall('HSET', prefix .. 'job:' .. each, 'place', string.format('%.0f', score - start))
        shifted[#shifted + 1] = each
      end
    end
    moving, score = occupants, score + step
  end
  return shifted
end
local function enqueue(prefix, id)
  local place, order = unpack(redis.call('HMGET', prefix .. 'job:' .. id, 'place', 'order'))
  occupy(prefix, id, startOf(prefix, id) + (tonumber(place) or tonumber(order)), -1)
end
local function moveBeside(prefix, id, other, side)
  local queue, start = prefix .. 'queue', startOf(prefix, other)
  local from, to = tonumber(redis.call('ZSCORE', queue, id) or '0'), tonumber(redis.call('ZSCORE', queue, other))
  local isBehind = from > to and from < start + GROUP / 2
  local score = to
  if isBehind and side == 'after' then score = to + 1 elseif not isBehind and side == 'before' then score = to - 1 end
  redis.call('ZREM', queue, id)
  redis.call('HSET', prefix .. 'job:' .. id, 'place', string.format('%.0f', score - start))
  return occupy(prefix, id, score, isBehind and 1 or -1)
end
`;
