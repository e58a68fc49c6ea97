/** Cache of API keys: a key that was seen in the last seconds needs no lookup, and a revoked key is refused within 2 seconds. */
import { LRUCache } from 'lru-cache';
import { coalesce } from '../concurrency/coalesce.js';
import { TrainyardError } from '../errors/errors.js';
import type { KeyRecords, StoredKey } from './key-records.js';

/** Age of a record from which it is read again, while the old one still counts. */
const REFRESH_MS = 1_000;
/** Age of a record from which a request waits until it was read again. */
const FRESH_MS = 1_800;
/** Time for which known keys keep working while Redis is away. */
export const REDIS_AWAY_MS = 60_000;
/** Records that the cache holds, unknown ids included. */
const MAX_ENTRIES = 10_000;

/** `isRead` of the record at `at`, in ms of the monotonic clock. */
type Entry = Readonly<{ stored: StoredKey | undefined; at: number }>;

/** Returns a lookup of keys by id. It throws `redis_unavailable` if the key is unknown and Redis cannot be used. */
export function createKnownKeys(records: Pick<KeyRecords, 'find' | 'noteUse'>) {
  const entries = new LRUCache<string, Entry>({ max: MAX_ENTRIES });

  const load = coalesce(async (id: string): Promise<StoredKey | undefined> => {
    const at = performance.now();
    const stored = await records.find(id);
    entries.set(id, { stored, at });
    // An unwritten time of use is written with the next refresh.
    if (stored !== undefined && stored.revokedAt === undefined) records.noteUse(stored).catch(() => undefined);
    return stored;
  });

  async function loadUnlessAway(id: string, { stored, at }: Entry): Promise<StoredKey | undefined> {
    try {
      return await load(id);
    } catch (error) {
      const isAway = error instanceof TrainyardError && error.code === 'redis_unavailable';
      if (isAway && stored !== undefined && performance.now() - at < REDIS_AWAY_MS) return stored;
      throw error;
    }
  }

  return {
    async find(id: string): Promise<StoredKey | undefined> {
      const entry = entries.get(id);
      if (entry === undefined) return load(id);
      const age = performance.now() - entry.at;
      if (age >= FRESH_MS) return loadUnlessAway(id, entry);
      if (age >= REFRESH_MS) load(id).catch(() => undefined);
      return entry.stored;
    },

    /** Reads the key again at its next use. */
    forget: (id: string): void => void entries.delete(id),
  };
}
