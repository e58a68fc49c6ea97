/**
 * Indexes by which jobs are listed in order, as Lua for the scripts that write records: one sorted set for each field, derived from the
 * record in the same script. A number is the score of the id. For a text the score is 0, and the member is the text, `!` and the id: `!`
 * precedes every character of a name. Numbers in texts are padded with zeros, so that `run-9` precedes `run-10`.
 */

/** Fields of the record from which the results of a job are sorted. */
const RESULT_FIELDS = ['scores', 'bestScores', 'startedAt', 'endedAt'];

/**
 * Lua functions:
 * - `sortBySpec(prefix, id)` indexes the fields that never change.
 * - `sortByResults(prefix, id)` indexes scores and duration. Call it after a write of one of `RESULTS`.
 * - `unsort(prefix, id)` removes a job from all indexes. Its record must still exist.
 */
export const SORT_INDEXES = `
local RESULTS = {${RESULT_FIELDS.map((field) => `${field} = true`).join(', ')}}
local function decoded(text)
  local isJson, value = pcall(cjson.decode, text)
  return isJson and type(value) == 'table' and value or {}
end
local function textMember(text, id)
  return string.gsub(text, '%d+', function(digits) return string.rep('0', 12 - #digits) .. digits end) .. '!' .. id
end
local function sortBy(prefix, id, field, value)
  local key = prefix .. 'jobs:by:' .. field
  if type(value) == 'number' then redis.call('ZADD', key, value, id)
  elseif type(value) == 'string' then redis.call('ZADD', key, 0, textMember(value, id))
  else redis.call('ZREM', key, id) end
end
local function part(value, name)
  return type(value) == 'table' and value[name] or nil
end
local function specOf(prefix, id)
  return decoded(redis.pcall('HGET', prefix .. 'job:' .. id, 'spec'))
end
-- Milliseconds since 1970 of an ISO time in UTC. Days by Howard Hinnant's days_from_civil.
local function milliseconds(iso)
  local year, month, day, hour, minute, second = string.match(iso or '', '^(%d+)-(%d+)-(%d+)T(%d+):(%d+):([%d.]+)Z$')
  if not year then return nil end
  year = month + 0 <= 2 and year - 1 or year + 0
  local ofYear = math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  local days = 365 * year + math.floor(year / 4) - math.floor(year / 100) + math.floor(year / 400) + ofYear - 719468
  return math.floor(((days * 24 + hour) * 60 + minute) * 60000 + second * 1000 + 0.5)
end
local function sortBySpec(prefix, id)
  local spec = specOf(prefix, id)
  sortBy(prefix, id, 'name', spec.name)
  sortBy(prefix, id, 'dataset', part(spec.dataset, 'name'))
  sortBy(prefix, id, 'network', spec.network)
  sortBy(prefix, id, 'learningRate', part(spec.optimizer, 'learningRate'))
  sortBy(prefix, id, 'batchSize', spec.batchSize)
end
local function sortByResults(prefix, id)
  local scores, best, started, ended = unpack(redis.pcall('HMGET', prefix .. 'job:' .. id, 'scores', 'bestScores', 'startedAt', 'endedAt'))
  local last, from, to = decoded(scores), milliseconds(started), milliseconds(ended)
  sortBy(prefix, id, 'bestAccuracy', decoded(best).validationAccuracy)
  sortBy(prefix, id, 'validationAccuracy', last.validationAccuracy)
  sortBy(prefix, id, 'testAccuracy', last.testAccuracy)
  sortBy(prefix, id, 'trainLoss', last.trainLoss)
  sortBy(prefix, id, 'duration', from and to and to - from or nil)
end
local function unsort(prefix, id)
  local spec = specOf(prefix, id)
  for field, text in pairs({name = spec.name, dataset = part(spec.dataset, 'name'), network = spec.network}) do
    redis.call('ZREM', prefix .. 'jobs:by:' .. field, textMember(tostring(text), id))
  end
  for _, field in ipairs({'learningRate', 'batchSize', 'bestAccuracy', 'validationAccuracy', 'testAccuracy', 'trainLoss', 'duration'}) do
    redis.call('ZREM', prefix .. 'jobs:by:' .. field, id)
  end
end
`;
