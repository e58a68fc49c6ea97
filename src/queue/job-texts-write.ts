/** Changes of a job's metadata and notes, in every status. */
import type { Job } from '../contracts/jobs/job.js';
import { MAX_LABELS, type Metadata, type TextChange } from '../contracts/jobs/job-texts.js';
import { TrainyardError } from '../errors/errors.js';
import { ENDED, MEASURE, MESSAGE_NUMBERS, onRedis, PREFIX, type Redis } from '../events/index.js';
import { metadataIndex } from './job-index.js';

/**
 * ARGV: prefix, id, ISO time, metadata as the caller read it, new metadata, whether to set the notes, the notes ('' removes them), number
 * of indexes to leave, these indexes, then the indexes to join. Returns `missing`, or `stale` if the metadata have changed meanwhile.
 * Publishes a notice, and no frame: the job may have ended.
 */
const WRITE_TEXTS = `${MEASURE}${MESSAGE_NUMBERS}
local ended = ${ENDED}
local prefix, id, at, known, metadata, setsNotes, notes, left = unpack(ARGV, 1, 8)
local job = prefix .. 'job:' .. id
local status, order, current = unpack(redis.call('HMGET', job, 'status', 'order', 'metadata'))
if not status then return 'missing' end
if (current or '{}') ~= known then return 'stale' end
redis.call('HSET', job, 'metadata', metadata)
if setsNotes == '1' then
  if notes == '' then redis.call('HDEL', job, 'notes') else redis.call('HSET', job, 'notes', notes) end
end
for i = 9, 8 + left do redis.call('ZREM', prefix .. 'jobs:' .. ARGV[i], id) end
for i = 9 + left, #ARGV do redis.call('ZADD', prefix .. 'jobs:' .. ARGV[i], order, id) end
if ended[status] then measure(prefix, id) end
notify(prefix, id, 'edited', at)
return 'written'
`;

type Outcome = 'written' | 'stale' | 'missing';
type Scripts = Redis & { trainyardWriteTexts(...args: (string | number)[]): Promise<Outcome> };

export type TextWriter = ReturnType<typeof createTextWriter>;

export function createTextWriter(redis: Redis, get: (id: string) => Promise<Job>) {
  redis.defineCommand('trainyardWriteTexts', { numberOfKeys: 0, lua: WRITE_TEXTS });
  const scripts = redis as Scripts;

  async function tryWrite({ id, metadata }: Job, change: TextChange): Promise<Outcome> {
    const next = merged(metadata, change.metadata);
    const [left, joined] = [difference(metadata, next), difference(next, metadata)];
    const setsNotes = change.notes === undefined ? '0' : '1';
    const texts = [JSON.stringify(metadata), JSON.stringify(next), setsNotes, change.notes ?? ''];
    return onRedis(() =>
      scripts.trainyardWriteTexts(PREFIX, id, new Date().toISOString(), ...texts, left.length, ...left, ...joined),
    );
  }

  return {
    /** Merges labels, and sets the notes. Throws `job_not_found` or `invalid_request`. Concurrent changes of other labels are kept. */
    async write(id: string, change: TextChange): Promise<void> {
      for (let outcome: Outcome = 'stale'; outcome !== 'written'; ) {
        const job = await get(id);
        requireFewLabels(job, change);
        outcome = await tryWrite(job, change);
      }
    },
  };
}

/** Throws `invalid_request` if the job would have too many labels. */
export function requireFewLabels({ metadata }: Pick<Job, 'metadata'>, change: TextChange): void {
  const count = Object.keys(merged(metadata, change.metadata)).length;
  if (count <= MAX_LABELS) return;
  const message = `would give the job ${count} labels, and ${MAX_LABELS} are allowed. Remove some with null`;
  const errors = [{ pointer: '/metadata', message }];
  throw new TrainyardError('invalid_request', `/metadata ${message}.`, { errors });
}

/** Applies a merge patch: null removes a label. */
function merged(metadata: Metadata, change: TextChange['metadata'] = {}): Metadata {
  const entries = Object.entries({ ...metadata, ...change });
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== null));
}

/** Returns the indexes of the labels that only the first metadata have. */
function difference(metadata: Metadata, other: Metadata): string[] {
  const labels = Object.entries(metadata).filter(([key, value]) => other[key] !== value);
  return labels.map(([key, value]) => metadataIndex(`${key}:${value}`));
}
