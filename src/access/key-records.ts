/** Records of API keys in Redis. A record has a hash of the secret, never the secret. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { Compile } from 'typebox/compile';
import { ApiKey, type ApiKeyRequest, type NewApiKey } from '../contracts/access/api-key.js';
import { DEFAULT_PROJECT } from '../contracts/access/project.js';
import { SCOPES_OF_ROLE } from '../contracts/access/roles.js';
import { TrainyardError } from '../errors/errors.js';
import { keys, onRedis, type Redis, type ReportCorruptRecord, readOrReport, requireValid } from '../events/index.js';
import { createKeyScripts } from './key-scripts.js';
import { createKeyText, type KeyParts } from './key-text.js';

/** Maximum number of keys that are not revoked. */
export const MAX_KEYS = 1_000;
/** Maximum age of `lastUsedAt`, in ms. */
const LAST_USE_MS = 60_000;

/** A key as it is stored: `hash` is the HMAC-SHA256 of its secret. */
export type StoredKey = Readonly<{ key: ApiKey; hash: string; revokedAt?: string }>;

export type KeyRecords = ReturnType<typeof createKeyRecords>;

const schema = Compile(ApiKey);

export function createKeyRecords(redis: Redis, hashing: Buffer, report?: ReportCorruptRecord) {
  const scripts = createKeyScripts(redis);
  const hashOf = (secret: string): Buffer => createHmac('sha256', hashing).update(secret).digest();

  /** Returns undefined if there is no such key. A corrupt record counts as none, and is reported. */
  async function find(id: string): Promise<StoredKey | undefined> {
    return storedKeyOf(id, await onRedis(() => redis.hgetall(keys.apiKey(id))));
  }

  function storedKeyOf(id: string, fields: Readonly<Record<string, string>>): StoredKey | undefined {
    const { key, hash = '', revokedAt, lastUsedAt } = fields;
    if (key === undefined) return undefined;
    return readOrReport(
      `The API key ${id}`,
      () => ({
        key: requireValid(schema, { ...(JSON.parse(key) as ApiKey), ...(lastUsedAt !== undefined && { lastUsedAt }) }),
        hash,
        ...(revokedAt !== undefined && { revokedAt }),
      }),
      report,
    );
  }

  const add = (key: ApiKey, secret: string, onlyIfNoAdmin: boolean): Promise<boolean> =>
    scripts.add(key, hashOf(secret).toString('hex'), { most: MAX_KEYS, onlyIfNoAdmin });

  return {
    find,

    /** Throws `key_limit`. */
    async create(request: ApiKeyRequest, createdBy: string): Promise<NewApiKey> {
      const { text, id, secret } = createKeyText();
      const key = keyOf(request, { id, createdBy });
      if (await add(key, secret, false)) return { ...key, key: text };
      throw new TrainyardError(
        'key_limit',
        `There are ${MAX_KEYS} API keys, the most that this service stores. Revoke keys that nobody uses.`,
      );
    },

    /** Stores a key with the role `admin` if no other key with that scope is live. Returns whether it was stored. */
    createFirstAdmin: ({ id, secret }: KeyParts): Promise<boolean> =>
      add(keyOf({ name: 'first admin', role: 'admin' }, { id, createdBy: 'trainyard' }), secret, true),

    /** Compares in constant time. */
    matches: ({ secret }: KeyParts, { hash }: StoredKey): boolean => areEqual(Buffer.from(hash, 'hex'), hashOf(secret)),

    /** Returns all keys that are not revoked, the newest first. */
    async list(): Promise<ApiKey[]> {
      const ids = await onRedis(() => redis.zrevrange(keys.apiKeys, 0, MAX_KEYS - 1));
      const found = await Promise.all(ids.map(find));
      return found.flatMap((stored) => (stored === undefined ? [] : [stored.key]));
    },

    /**
     * Revokes a key. `senderId`: id of the key that sends the request. Throws `key_not_found`, `last_admin_key` if no other admin key is
     * live, and `unauthorized` if the sender's key was revoked meanwhile.
     */
    async revoke(id: string, senderId: string): Promise<void> {
      const outcome = await scripts.revoke(id, senderId);
      if (outcome === 'sender') throw new TrainyardError('unauthorized', 'Your API key was revoked a moment ago.');
      if (outcome === 'unknown')
        throw new TrainyardError('key_not_found', `There is no API key ${id}. GET /keys lists the keys.`);
      if (outcome === 'last')
        throw new TrainyardError(
          'last_admin_key',
          'This is the last key with the scope admin: without it nobody could create another. Create one first.',
        );
    },

    /** Records the time of a use if the last one is more than a minute old. */
    async noteUse({ key }: StoredKey): Promise<void> {
      const now = Date.now();
      if (key.lastUsedAt !== undefined && now - Date.parse(key.lastUsedAt) < LAST_USE_MS) return;
      await onRedis(() => redis.hset(keys.apiKey(key.id), 'lastUsedAt', new Date(now).toISOString()));
    },
  };
}

const areEqual = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b);

/** Fills in defaults. A key has the scopes of its role, or the listed ones. */
function keyOf(
  { role, scopes, ...rest }: ApiKeyRequest,
  { id, createdBy }: Readonly<{ id: string; createdBy: string }>,
) {
  const { name, project = DEFAULT_PROJECT, expiresAt } = rest;
  return {
    ...{ id, name, project, createdBy, createdAt: new Date().toISOString() },
    ...(role !== undefined && { role }),
    scopes: role === undefined ? (scopes ?? []) : [...SCOPES_OF_ROLE[role]],
    ...(expiresAt !== undefined && { expiresAt }),
  } satisfies ApiKey;
}
