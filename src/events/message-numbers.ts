/** Numbers of all messages about jobs, as Lua. By them a follower of all jobs continues from a cursor, without positions in each job. */

/**
 * Lua functions:
 * - `headerOf(prefix, id, number)` returns the first part of a message: its number and, unless it is `default`, the job's project.
 * - `nextNumber(prefix, id)` returns the number of the next message about a job, and stores it as the job's latest.
 * - `notify(prefix, id, kind, at)` publishes a notice about a job: that it was `edited` or is `deleted`. Its record must still exist.
 */
export const MESSAGE_NUMBERS = `
local function nextNumber(prefix, id)
  local number = string.format('%.0f', redis.call('INCR', prefix .. 'messages'))
  redis.call('ZADD', prefix .. 'latest', number, id)
  return number
end
local function headerOf(prefix, id, number)
  local project = redis.call('HGET', prefix .. 'job:' .. id, 'project')
  return project and number .. '@' .. project .. ' ' or number .. ' '
end
local function notify(prefix, id, kind, at)
  local number = nextNumber(prefix, id)
  if kind == 'deleted' then redis.call('ZREM', prefix .. 'latest', id)
  else redis.call('HSET', prefix .. 'job:' .. id, 'noticeNumber', number) end
  redis.call('PUBLISH', prefix .. 'frames:' .. id, headerOf(prefix, id, number) .. '{"type":"notice","event":"' .. kind .. '","jobId":"' .. id .. '","at":"' .. at .. '"}')
end
`;

/**
 * ARGV: prefix, id, cursor. Returns the number of the job's last frame up to the cursor, 0 if there is none, and 1 if the job was edited
 * after the cursor. Searches both streams by bisection, because the numbers of messages rise with those of frames.
 */
export const PLACE = `
local prefix, id, cursor = ARGV[1], ARGV[2], tonumber(ARGV[3])
local last, notice = unpack(redis.call('HMGET', prefix .. 'job:' .. id, 'seq', 'noticeNumber'))
local function lastIn(key)
  local low, high, best = 1, tonumber(last or '0'), 0
  while low <= high do
    local middle = math.floor((low + high) / 2)
    local entry = redis.call('XREVRANGE', key, string.format('%.0f-0', middle), '-', 'COUNT', 1)[1]
    if not entry then low = middle + 1
    else
      local seq = tonumber(string.match(entry[1], '^%d+'))
      -- Frames of an older release have no number. They are older than every cursor.
      if tonumber(entry[2][4] or '0') <= cursor then best, low = math.max(best, seq), middle + 1 else high = seq - 1 end
    end
  end
  return best
end
local place = math.max(lastIn(prefix .. 'events:' .. id), lastIn(prefix .. 'steps:' .. id))
return {place, tonumber(notice or '0') > cursor and 1 or 0}
`;
