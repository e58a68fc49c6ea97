/** Audit log in a Redis stream: who changed what. Entries are only added; the oldest are removed beyond the limit. */
import { Compile } from 'typebox/compile';
import { AuditEntry, type AuditPage, type AuditQuery } from '../contracts/access/audit-entry.js';
import { keys, onRedis, type Redis, type ReportCorruptRecord, readOrReport, requireValid } from '../events/index.js';

const schema = Compile(AuditEntry);
/** Entries that one read of the whole log takes. */
const PAGE = 1_000;

export type AuditLog = ReturnType<typeof createAuditLog>;

/** `entries`: number of the newest entries that are kept, about. */
export function createAuditLog(
  redis: Redis,
  { entries, report }: Readonly<{ entries: number; report?: ReportCorruptRecord }>,
) {
  /** Returns entries older than `cursor`, newest first, and the id of the last one read. */
  async function read(cursor: string | undefined, limit: number) {
    const from = cursor === undefined ? '+' : `(${cursor}`;
    const found = await onRedis(() => redis.xrevrange(keys.audit, from, '-', 'COUNT', limit));
    return {
      entries: found.flatMap(([id, fields]) => entryOf(id, fields) ?? []),
      last: found.at(-1)?.[0],
      count: found.length,
    };
  }

  function entryOf(id: string, [, text = '']: readonly string[]): AuditEntry | undefined {
    const read = () => requireValid(schema, { id, ...(JSON.parse(text) as Omit<AuditEntry, 'id'>) });
    return readOrReport(`The entry ${id} of the audit log`, read, report);
  }

  return {
    async add(entry: Omit<AuditEntry, 'id'>): Promise<void> {
      await onRedis(() => redis.xadd(keys.audit, 'MAXLEN', '~', entries, '*', 'entry', JSON.stringify(entry)));
    },

    async page({ limit, cursor }: AuditQuery): Promise<AuditPage> {
      const { entries: page, last, count } = await read(cursor, limit);
      return { entries: page, ...(count === limit && last !== undefined && { nextCursor: last }) };
    },

    /** Yields the whole log, newest first. */
    async *all(): AsyncGenerator<AuditEntry> {
      let cursor: string | undefined;
      do {
        const { entries: page, last, count } = await read(cursor, PAGE);
        yield* page;
        cursor = count === PAGE ? last : undefined;
      } while (cursor !== undefined);
    },
  };
}
