/** Records of evaluations in Redis: one hash each, written by scripts that compare its attempt and state first. */
import { Compile } from 'typebox/compile';
import { DEFAULT_PROJECT } from '../contracts/access/project.js';
import {
  DatasetEvaluation,
  type EvaluationState,
  FAILED_EVALUATION_SECONDS,
} from '../contracts/models/dataset-evaluation.js';
import type { ModelReference } from '../contracts/references/model-reference.js';
import { isPart, partFault } from '../contracts/references/path-part.js';
import {
  type Idempotency,
  keys,
  onRedis,
  PREFIX,
  type Redis,
  type ReportCorruptRecord,
  readOrReport,
  requireValid,
} from '../events/index.js';

/** Time for which an idempotency key, the record of a success and the trace of a deletion are kept, in seconds: a day. */
const TRACE_SECONDS = 86_400;
/** Time after which the index of a version without new evaluations is dropped, in seconds: longer than any ended record. */
const INDEX_SECONDS = 2 * FAILED_EVALUATION_SECONDS;

/**
 * ARGV: prefix, id, project, index of the version's evaluations, version as `name@1`, record as JSON, priority, maximum number of open
 * evaluations ('' for no limit), digests of idempotency key and request ('' without a key).
 */
const CREATE = `
local prefix, id, project, index, reference, record, priority, depth, key, request = unpack(ARGV)
if key ~= '' then
  local known = redis.call('GET', prefix .. 'evaluation-key:' .. key)
  if known then
    local digest, of = unpack(redis.call('HMGET', prefix .. 'evaluation:' .. known, 'request', 'of'))
    if digest == request then return {'known', known, of} end
    if digest then return {'conflict', known} end
  end
end
local open = prefix .. 'evaluations:open'
if depth ~= '' and redis.call('ZCARD', open) >= tonumber(depth) then return {'full', redis.call('ZCARD', open)} end
local order = redis.call('INCR', prefix .. 'submitted')
redis.call('HSET', prefix .. 'evaluation:' .. id, 'record', record, 'state', 'queued', 'attempt', 0, 'losses', 0,
  'order', order, 'priority', priority, 'request', request, 'of', reference, 'project', project)
redis.call('ZADD', open, order, id)
redis.call('ZADD', index, order, id)
redis.call('EXPIRE', index, ${INDEX_SECONDS})
if key ~= '' then redis.call('SET', prefix .. 'evaluation-key:' .. key, id, 'EX', ${TRACE_SECONDS}) end
return {'created', order}
`;

/**
 * Writes a record whose state and attempt are as expected. ARGV: prefix, id, expected state, expected attempt, new state, new attempt,
 * losses, record as JSON, seconds after which the record expires ('' for an open one). Returns 1, or 0 if nothing was written.
 */
const WRITE = `
local prefix, id, state, attempt, nextState, nextAttempt, losses, record, expiry = unpack(ARGV)
local key = prefix .. 'evaluation:' .. id
local found = redis.call('HMGET', key, 'state', 'attempt')
if found[1] ~= state or found[2] ~= attempt then return 0 end
redis.call('HSET', key, 'record', record, 'state', nextState, 'attempt', nextAttempt, 'losses', losses)
if expiry ~= '' then
  redis.call('EXPIRE', key, expiry)
  redis.call('ZREM', prefix .. 'evaluations:open', id)
end
return 1
`;

/** Marks an evaluation as deleted, so that its worker stops. ARGV: prefix, id, index of the version's evaluations. Returns 0 if there is no such record. */
const DELETE = `
local prefix, id, index = unpack(ARGV)
local key = prefix .. 'evaluation:' .. id
redis.call('ZREM', prefix .. 'evaluations:open', id)
redis.call('ZREM', index, id)
if redis.call('EXISTS', key) == 0 then return 0 end
redis.call('HSET', key, 'state', 'deleted')
redis.call('EXPIRE', key, ${TRACE_SECONDS})
return 1
`;

type Scripts = Redis &
  Record<
    'trainyardCreateEvaluation' | 'trainyardWriteEvaluation' | 'trainyardDeleteEvaluation',
    (...args: (string | number)[]) => Promise<unknown>
  >;

/** `isDeleted`: someone has deleted the evaluation, and whatever is stored of it must go. */
export type EvaluationRecord = Readonly<{
  project: string;
  evaluation: DatasetEvaluation;
  isDeleted: boolean;
  /** Workers that were lost in the middle of it. */
  losses: number;
  order: number;
}>;

/** `known`: an earlier request with the same idempotency key has created it, of this version. */
export type EvaluationCreation =
  | Readonly<{ outcome: 'created'; order: number }>
  | Readonly<{ outcome: 'known'; id: string }>
  | Readonly<{ outcome: 'conflict'; id: string }>
  | Readonly<{ outcome: 'full'; open: number }>;

export type EvaluationRecords = ReturnType<typeof createEvaluationRecords>;

const schema = Compile(DatasetEvaluation);

/** Returns `name@1`. */
export const referenceOf = ({ name, version }: ModelReference): string => `${name}@${version}`;

function defineScripts(redis: Redis): Scripts {
  const scripts = [
    ['trainyardCreateEvaluation', CREATE],
    ['trainyardWriteEvaluation', WRITE],
    ['trainyardDeleteEvaluation', DELETE],
  ] as const;
  for (const [name, lua] of scripts) redis.defineCommand(name, { numberOfKeys: 0, lua });
  return redis as Scripts;
}

/** `report` is called for records that this service cannot have written. */
export function createEvaluationRecords(redis: Redis, report?: ReportCorruptRecord) {
  const scripts = defineScripts(redis);

  /** Returns the record of an evaluation; undefined if there is none, or if it is corrupt. */
  async function read(id: string): Promise<EvaluationRecord | undefined> {
    const fields = await onRedis(() => redis.hgetall(keys.evaluation(id))).catch(
      (error: Error): Record<string, string> => {
        if (!error.message.includes('WRONGTYPE')) throw error;
        return { record: 'null' };
      },
    );
    if (fields['record'] === undefined) return undefined;
    return readOrReport(`The record of evaluation ${id}`, () => recordOf(id, fields), report);
  }

  return {
    read,

    /** Writes a new record in the state `queued`. `depth`: most open evaluations of all projects. */
    async create(
      { project, evaluation }: Pick<EvaluationRecord, 'project' | 'evaluation'>,
      depth: number | undefined,
      idempotency: Idempotency | undefined,
    ): Promise<EvaluationCreation> {
      const { id, model, priority } = evaluation;
      const reference = referenceOf(model);
      const { key = '', request = '' } = idempotency ?? {};
      const index = keys.evaluationsOf(project, reference);
      const args = [project, index, reference, JSON.stringify(evaluation), priority, depth ?? '', key, request];
      const answer = (await onRedis(() => scripts.trainyardCreateEvaluation(PREFIX, id, ...args))) as [
        string,
        string | number,
      ];
      const [outcome, value] = answer;
      if (outcome === 'created') return { outcome, order: Number(value) };
      if (outcome === 'full') return { outcome, open: Number(value) };
      return { outcome: outcome === 'known' ? 'known' : 'conflict', id: String(value) };
    },

    /**
     * Writes the next state of an evaluation. Resolves with false if it is no longer as `before`: another worker has begun it, or it was
     * deleted.
     */
    async write(before: EvaluationRecord, next: DatasetEvaluation, losses = before.losses): Promise<boolean> {
      const { id, state, attempt } = before.evaluation;
      const expiry = EXPIRY[next.state];
      const args = [state, attempt, next.state, next.attempt, losses, JSON.stringify(next), expiry ?? ''];
      return (await onRedis(() => scripts.trainyardWriteEvaluation(PREFIX, id, ...args))) === 1;
    },

    /** Marks an evaluation as deleted. Resolves with false if there is no record of it. */
    async delete(project: string, model: ModelReference, id: string): Promise<boolean> {
      const index = keys.evaluationsOf(project, referenceOf(model));
      return (await onRedis(() => scripts.trainyardDeleteEvaluation(PREFIX, id, index))) === 1;
    },

    /** Returns the records of a version, newest first. */
    async listOf(project: string, model: ModelReference): Promise<EvaluationRecord[]> {
      const index = keys.evaluationsOf(project, referenceOf(model));
      const ids = await onRedis(() => redis.zrevrange(index, 0, '-1'));
      const found = await Promise.all(ids.map(read));
      const gone = ids.filter((_, index) => found[index] === undefined);
      if (gone.length > 0) await onRedis(() => redis.zrem(index, ...gone));
      return found.filter((record) => record !== undefined);
    },

    /** Returns the ids of all queued and running evaluations. */
    openIds: (): Promise<string[]> => onRedis(() => redis.zrange(keys.openEvaluations, '0', '-1')),

    /** Takes an id without a record off the list of open ones. */
    async forget(id: string): Promise<void> {
      await onRedis(() => redis.zrem(keys.openEvaluations, id));
    },
  };
}

const EXPIRY: Partial<Record<EvaluationState, number>> = {
  succeeded: TRACE_SECONDS,
  failed: FAILED_EVALUATION_SECONDS,
};

/** Throws if this service cannot have written the fields, because ids and names become parts of paths. */
function recordOf(id: string, fields: Readonly<Record<string, string>>): EvaluationRecord {
  const stored = requireValid(schema, JSON.parse(fields['record'] ?? 'null'));
  const evaluation = { ...stored, attempt: Number(fields['attempt']) };
  const { project = DEFAULT_PROJECT } = fields;
  if (!isPart('projectName', project)) throw new Error(partFault('projectName', project));
  const [losses, order] = [Number(fields['losses'] ?? 0), Number(fields['order'])];
  if (stored.id !== id || !isPart('jobId', id)) throw new Error('it has the id of another evaluation');
  if (![evaluation.attempt, losses, order].every(Number.isSafeInteger))
    throw new Error('a count is not a whole number');
  return { project, evaluation, isDeleted: fields['state'] === 'deleted', losses, order };
}
