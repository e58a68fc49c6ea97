/** Imports of data sets in Redis, so that every API process shows all of them. An import whose process died expires. */
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { DEFAULT_PROJECT } from '../contracts/access/project.js';
import {
  ENDED_IMPORT_SECONDS,
  ImportStatus,
  LOST_IMPORT_SECONDS,
  MAX_IMPORTS,
  OPEN_IMPORT_STATES,
} from '../contracts/datasets/dataset-import-status.js';
import { TrainyardError } from '../errors/errors.js';
import {
  execute,
  keys,
  onRedis,
  type Redis,
  type ReportCorruptRecord,
  readOrReport,
  requireValid,
} from '../events/index.js';

/** Accepts more fields, because API processes of a newer version may write them. */
const schema = Compile(Type.Object(ImportStatus.properties));

export type ImportRegistry = ReturnType<typeof createImportRegistry>;

/** Imports of a project. `report` is called for entries that are not imports. */
export function createImportRegistry(redis: Redis, report?: ReportCorruptRecord, project = DEFAULT_PROJECT) {
  const ids = keys.datasetImports(project);
  const keyOf = (id: string): string => keys.datasetImport(project, id);

  function statusOf(value: string | null | undefined): ImportStatus | undefined {
    if (value === null || value === undefined) return undefined;
    const what = `The import ${value.slice(0, 80)}`;
    return readOrReport(what, () => requireValid(schema, JSON.parse(value)), report);
  }

  /** Throws `import_not_found`. */
  async function get(id: string): Promise<ImportStatus> {
    const status = statusOf(await onRedis(() => redis.hget(keyOf(id), 'status')));
    if (status !== undefined) return status;
    throw new TrainyardError(
      'import_not_found',
      `There is no import ${id}: its service ended, or it ended more than an hour ago. GET /datasets lists the data sets.`,
    );
  }

  return {
    get,

    /** Returns the imports, newest first. */
    async list(): Promise<ImportStatus[]> {
      const newest = await onRedis(() => redis.zrevrange(ids, 0, MAX_IMPORTS - 1));
      if (newest.length === 0) return [];
      const reading = redis.multi();
      for (const id of newest) reading.hget(keyOf(id), 'status');
      const values = (await execute(reading)) as (string | null)[];
      const gone = newest.filter((_, index) => values[index] === null);
      if (gone.length > 0) await onRedis(() => redis.zrem(ids, ...gone));
      return values.map(statusOf).filter((status) => status !== undefined);
    },

    /** Stores the status of an import. Resolves with whether someone has asked to cancel it. */
    async save(status: ImportStatus): Promise<boolean> {
      const key = keyOf(status.id);
      const isOpen = OPEN_IMPORT_STATES.includes(status.state);
      const answers = await execute(
        redis
          .multi()
          .hget(key, 'cancel')
          .hset(key, 'status', JSON.stringify(status))
          .expire(key, isOpen ? LOST_IMPORT_SECONDS : ENDED_IMPORT_SECONDS)
          .zadd(ids, Date.parse(status.startedAt), status.id)
          .zremrangebyrank(ids, 0, -MAX_IMPORTS - 1),
      );
      return answers[0] !== null;
    },

    /** Asks the process of an import to cancel it, which happens within a second. No effect on an ended import. Throws `import_not_found`. */
    async cancel(id: string): Promise<ImportStatus> {
      const status = await get(id);
      const key = keyOf(id);
      if (OPEN_IMPORT_STATES.includes(status.state))
        await execute(redis.multi().hset(key, 'cancel', '1').expire(key, LOST_IMPORT_SECONDS));
      return status;
    },
  };
}
