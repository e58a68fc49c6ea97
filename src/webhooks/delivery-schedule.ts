/**
 * Schedule of webhook deliveries in Redis. Each receiver has its own queue, and receivers are served round-robin. A slow or silent receiver
 * gets one delivery at a time with growing pauses, so it cannot delay messages to others.
 */
import { keys, onRedis, PREFIX, type Redis } from '../events/index.js';
import type { Delivery, DeliveryTarget, ReceiverHealth } from './deliver.js';

/** Deliveries to one receiver at the same time, after its first prompt answer. */
const PER_RECEIVER = 4;
/** Pause after a receiver did not answer, in milliseconds. It doubles with each failure in a row. */
const PAUSE_MS = { first: 1_000, most: 60_000 } as const;
/** Time for which the failures of a receiver are stored while it has no deliveries, in milliseconds. */
const FAILURES_KEPT_MS = 3_600_000;

/**
 * `place` puts a receiver into one of two sorted sets, `well` or `unwell`, by the time of its next delivery. `unwell` receivers are slow or
 * silent. A receiver without deliveries, or with enough open ones, is in neither set. All times come from the clock of Redis, so that all
 * workers agree.
 */
const COMMON = `
local prefix = ARGV[1]
local seconds, micros = unpack(redis.call('TIME'))
local now = seconds * 1000 + math.floor(micros / 1000)
local leases, attempts = prefix .. 'receivers:leases', prefix .. 'receivers:attempts'
local function stateOf(receiver) return prefix .. 'receiver:' .. receiver end
local function waitingOf(receiver) return prefix .. 'receiver-waiting:' .. receiver end
local function place(receiver)
  local state, waiting = stateOf(receiver), waitingOf(receiver)
  redis.call('ZREM', prefix .. 'receivers:well', receiver)
  redis.call('ZREM', prefix .. 'receivers:unwell', receiver)
  local fields = redis.call('HMGET', state, 'busy', 'failures', 'answered', 'resumes', 'served')
  local busy, failures = tonumber(fields[1] or '0'), tonumber(fields[2] or '0')
  local first = redis.call('ZRANGE', waiting, 0, 0, 'WITHSCORES')
  if #first == 0 then
    if busy > 0 then return end
    if failures == 0 then redis.call('DEL', state) else redis.call('PEXPIRE', state, ${FAILURES_KEPT_MS}) end
    return
  end
  redis.call('PERSIST', state)
  if busy >= ((failures == 0 and fields[3]) and ${PER_RECEIVER} or 1) then return end
  local at = math.max(tonumber(first[2]), tonumber(fields[4] or '0'), tonumber(fields[5] or '0'))
  redis.call('ZADD', prefix .. 'receivers:' .. (failures == 0 and 'well' or 'unwell'), at, receiver)
end
`;

/** ARGV: prefix, id of the entry in the stream of frames, then triples of receiver, delivery and due time ('' for now). */
const ACCEPT = `${COMMON}
if ARGV[2] ~= '' and redis.call('XDEL', prefix .. 'webhook-frames', ARGV[2]) == 0 then return 0 end
for i = 3, #ARGV, 3 do
  redis.call('ZADD', waitingOf(ARGV[i]), 'NX', ARGV[i + 2] == '' and now or ARGV[i + 2], ARGV[i + 1])
  place(ARGV[i])
end
return 1
`;

/** ARGV: prefix, length of a lease in milliseconds, '1' to include `unwell` receivers. */
const CLAIM = `${COMMON}
for _, lease in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', now, 'LIMIT', 0, 100)) do
  local receiver, delivery = string.match(lease, '^(%S+) (.+)$')
  redis.call('ZREM', leases, lease)
  if receiver then
    redis.call('HINCRBY', stateOf(receiver), 'busy', -1)
    redis.call('ZADD', waitingOf(receiver), now, delivery)
    place(receiver)
  end
end
local soonest = -1
for _, line in ipairs(ARGV[3] == '1' and {'well', 'unwell'} or {'well'}) do
  local receiver, at = unpack(redis.call('ZRANGE', prefix .. 'receivers:' .. line, 0, 0, 'WITHSCORES'))
  local delivery = receiver and tonumber(at) <= now and redis.call('ZPOPMIN', waitingOf(receiver))[1]
  if delivery then
    local state = stateOf(receiver)
    redis.call('ZADD', leases, now + ARGV[2], receiver .. ' ' .. delivery)
    redis.call('HINCRBY', state, 'busy', 1)
    redis.call('HSET', state, 'served', now)
    place(receiver)
    local since = redis.call('HGET', state, 'since')
    return {line, receiver, delivery, redis.call('HGET', attempts, delivery) or '0', since and now - since or 0}
  end
  if receiver then
    local wait = math.max(0, tonumber(at) - now)
    if wait == 0 then place(receiver) end -- its deliveries were deleted
    if soonest < 0 or wait < soonest then soonest = wait end
  end
end
return {'', '', '', '', soonest}
`;

/** ARGV: prefix, receiver, delivery, health ('' if unknown), pause before the next attempt ('' for none), '1' to count this attempt. */
const RELEASE = `${COMMON}
local receiver, delivery, health, retry, counts = unpack(ARGV, 2, 6)
local state = stateOf(receiver)
if redis.call('ZREM', leases, receiver .. ' ' .. delivery) == 0 then return 0 end
redis.call('HINCRBY', state, 'busy', -1)
if health == 'prompt' then
  redis.call('HDEL', state, 'failures', 'since', 'resumes')
  redis.call('HSET', state, 'answered', 1)
elseif health ~= '' then
  local failures = redis.call('HINCRBY', state, 'failures', 1)
  redis.call('HSETNX', state, 'since', now)
  local pause = math.min(${PAUSE_MS.most}, ${PAUSE_MS.first} * 2 ^ math.min(failures - 1, 20))
  redis.call('HSET', state, 'resumes', health == 'silent' and now + pause or now)
end
if retry == '' then redis.call('HDEL', attempts, delivery)
else
  redis.call('ZADD', waitingOf(receiver), now + retry, delivery)
  if counts == '1' then redis.call('HINCRBY', attempts, delivery, 1) end
end
place(receiver)
return 1
`;

type Scripts = Redis & {
  trainyardAccept(...args: (string | number)[]): Promise<number>;
  trainyardClaim(...args: (string | number)[]): Promise<[string, string, string, string, number]>;
  trainyardRelease(...args: (string | number)[]): Promise<number>;
};

/** A delivery that one worker makes now. */
export type DeliveryClaim = Readonly<{
  receiver: string;
  delivery: Delivery;
  /** Number of the attempt, from 1. */
  attempt: number;
  isUnresponsive: boolean;
  /** Time for which the receiver has been slow or silent, in milliseconds. 0 if it is neither. */
  unresponsiveMs: number;
}>;

/** End of a claim. With `retryMs`, the delivery is due again after that time. `counts: false` does not count the attempt. */
export type DeliveryRelease = Readonly<{ health?: ReceiverHealth; retryMs?: number; counts?: boolean }>;

export type DeliverySchedule = ReturnType<typeof createSchedule>;

/** If a claim is not released within `leaseMs`, because its worker died, another worker gets it. */
export function createSchedule(redis: Redis, { leaseMs }: Readonly<{ leaseMs: number }>) {
  redis.defineCommand('trainyardAccept', { numberOfKeys: 0, lua: ACCEPT });
  redis.defineCommand('trainyardClaim', { numberOfKeys: 0, lua: CLAIM });
  redis.defineCommand('trainyardRelease', { numberOfKeys: 0, lua: RELEASE });
  const scripts = redis as Scripts;

  return {
    /**
     * Adds deliveries to the queues of their receivers, and removes their `entry` from the stream of frames. Does nothing if another
     * worker has removed the entry. Without `entry` it adds the deliveries. `dueAt` is in milliseconds since 1970, default now.
     */
    async accept(targets: readonly DeliveryTarget[], { entry = '', dueAt = '' as number | '' } = {}): Promise<void> {
      const rows = targets.flatMap(({ receiver, delivery }) => [receiver, textOf(delivery), dueAt]);
      await onRedis(() => scripts.trainyardAccept(PREFIX, entry, ...rows));
    },

    /** Leases the next delivery. If none is due, `waitMs` is the time until the next one; undefined if there is none. */
    async claim(includeUnresponsive: boolean): Promise<Readonly<{ claim?: DeliveryClaim; waitMs?: number }>> {
      const [health, receiver, delivery, attempts, ms] = await onRedis(() =>
        scripts.trainyardClaim(PREFIX, leaseMs, includeUnresponsive ? '1' : '0'),
      );
      if (health === '') return ms < 0 ? {} : { waitMs: ms };
      return {
        claim: {
          receiver,
          delivery: deliveryOf(delivery),
          attempt: Number(attempts) + 1,
          isUnresponsive: health === 'unwell',
          unresponsiveMs: ms,
        },
      };
    },

    async release(
      { receiver, delivery }: DeliveryClaim,
      { health, retryMs, counts = true }: DeliveryRelease,
    ): Promise<void> {
      await onRedis(() =>
        scripts.trainyardRelease(PREFIX, receiver, textOf(delivery), health ?? '', retryMs ?? '', counts ? '1' : '0'),
      );
    },

    /** Sets the number of attempts of a delivery that comes from an earlier release. */
    async setAttempts(delivery: Delivery, attempts: number): Promise<void> {
      await onRedis(() => redis.hset(keys.deliveryAttempts, textOf(delivery), attempts));
    },
  };
}

const textOf = ({ jobId, seq, hook }: Delivery): string => `${jobId} ${seq} ${hook}`;

function deliveryOf(text: string): Delivery {
  const [jobId = '', seq = '0', hook = ''] = text.split(' ');
  return { jobId, seq: Number(seq), hook };
}
