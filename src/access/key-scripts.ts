/** Lua scripts that create and revoke API keys: each decides and writes in one step. */
import type { ApiKey } from '../contracts/access/api-key.js';
import { keys, onRedis, type Redis } from '../events/index.js';

/** Time for which the record of a revoked key is kept, so that its refusal can say so. In seconds: 30 days. */
const REVOKED_SECONDS = 2_592_000;

/**
 * KEYS: record, live keys, admin keys. ARGV: id, time in ms, the description, its hash, '1' for an admin key, most keys, '1' to create it
 * only if no admin key is live, the prefix of records. Returns 1 if the key was created.
 */
const CREATE = `
if redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[6]) then return 0 end
if ARGV[7] == '1' then
  for _, id in ipairs(redis.call('SMEMBERS', KEYS[3])) do
    local ends = redis.call('HGET', ARGV[8] .. id, 'endsAt')
    if not ends or tonumber(ends) > tonumber(ARGV[2]) then return 0 end
  end
end
redis.call('HSET', KEYS[1], 'key', ARGV[3], 'hash', ARGV[4])
if ARGV[9] ~= '' then redis.call('HSET', KEYS[1], 'endsAt', ARGV[9]) end
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
if ARGV[5] == '1' then redis.call('SADD', KEYS[3], ARGV[1]) end
return 1
`;

/**
 * KEYS: record, live keys, admin keys, record of the key that sends the request. ARGV: id, time in ms, its ISO text, seconds to keep the
 * record, the prefix of records. One script decides, so that two admins cannot revoke each other's key at the same time.
 */
const REVOKE = `
if redis.call('HEXISTS', KEYS[4], 'revokedAt') == 1 then return 'sender' end
if redis.call('EXISTS', KEYS[1]) == 0 then return 'unknown' end
if redis.call('HEXISTS', KEYS[1], 'revokedAt') == 1 then return 'unknown' end
if redis.call('SISMEMBER', KEYS[3], ARGV[1]) == 1 then
  local others = 0
  for _, id in ipairs(redis.call('SMEMBERS', KEYS[3])) do
    local ends = redis.call('HGET', ARGV[5] .. id, 'endsAt')
    if id ~= ARGV[1] and (not ends or tonumber(ends) > tonumber(ARGV[2])) then others = others + 1 end
  end
  if others == 0 then return 'last' end
end
redis.call('HSET', KEYS[1], 'revokedAt', ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[4])
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('SREM', KEYS[3], ARGV[1])
return 'revoked'
`;

type Revocation = 'sender' | 'unknown' | 'last' | 'revoked';

type Scripts = Redis & {
  trainyardCreateKey(...args: (string | number)[]): Promise<number>;
  trainyardRevokeKey(...args: (string | number)[]): Promise<Revocation>;
};

export function createKeyScripts(redis: Redis) {
  redis.defineCommand('trainyardCreateKey', { numberOfKeys: 3, lua: CREATE });
  redis.defineCommand('trainyardRevokeKey', { numberOfKeys: 4, lua: REVOKE });
  const scripts = redis as Scripts;
  const prefix = keys.apiKey('');

  return {
    /** Stores a key. Returns false if there are `most` keys, or if `onlyIfNoAdmin` is set and an admin key is live. */
    async add(
      key: ApiKey,
      hash: string,
      { most, onlyIfNoAdmin }: Readonly<{ most: number; onlyIfNoAdmin: boolean }>,
    ): Promise<boolean> {
      const isAdmin = key.scopes.includes('admin');
      const created = await onRedis(() =>
        scripts.trainyardCreateKey(
          ...[keys.apiKey(key.id), keys.apiKeys, keys.adminKeys, key.id, Date.now(), JSON.stringify(key), hash],
          ...[isAdmin ? '1' : '', most, onlyIfNoAdmin ? '1' : '', prefix],
          key.expiresAt === undefined ? '' : Date.parse(key.expiresAt),
        ),
      );
      return created === 1;
    },

    /** Revokes a key. `sender`: the key that asks for it was revoked. `unknown`: there is no live key. `last`: it is the last admin key. */
    revoke(id: string, senderId: string): Promise<Revocation> {
      const now = Date.now();
      return onRedis(() =>
        scripts.trainyardRevokeKey(
          ...[keys.apiKey(id), keys.apiKeys, keys.adminKeys, keys.apiKey(senderId)],
          ...[id, now, new Date(now).toISOString(), REVOKED_SECONDS, prefix],
        ),
      );
    },
  };
}
