/** Reads jobs from their records and indexes. */
import { DEFAULT_PROJECT } from '../contracts/access/project.js';
import { JOB_STATUSES, type Job, type JobStatus } from '../contracts/jobs/job.js';
import type { JobSort } from '../contracts/submission/job-sort.js';
import { TrainyardError } from '../errors/errors.js';
import { isCorrupt, type Journal, keys, onRedis, type Redis, type ReportCorruptRecord } from '../events/index.js';
import type { JobFilter } from './job-index.js';
import { type JobRecord, recordOf } from './record.js';
import { createSortedJobs } from './sorted-jobs.js';

/** One page of jobs. `nextCursor` is absent on the last page. */
export type JobPage = Readonly<{ jobs: Job[]; nextCursor?: string }>;

export function createJobReader(
  deps: Readonly<{ redis: Redis; journal: Pick<Journal, 'read'>; report: ReportCorruptRecord }>,
) {
  const { redis, journal, report } = deps;
  const findIds = createSortedJobs(redis);

  /** Reads a record, and the position of a queued job. The position may be slightly older than the record. */
  async function read(id: string): Promise<JobRecord | undefined> {
    const [fields, rank] = await onRedis(() => Promise.all([journal.read(id), redis.zrank(keys.queue, id)]));
    if (fields === undefined) return undefined;
    const record = recordOf(id, fields);
    if (record.job.status !== 'queued' || rank === null) return record;
    return { ...record, job: { ...record.job, position: rank + 1 } };
  }

  /** Returns undefined for a corrupt record, and reports it. */
  async function readIfIntact(id: string): Promise<JobRecord | undefined> {
    try {
      return await read(id);
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      report(`The record of job ${id}`, error);
      return undefined;
    }
  }

  const find = async (id: string): Promise<Job | undefined> => (await read(id))?.job;

  /** Returns the ids that belong to jobs, without reading the records. */
  async function existing(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const [first, ...others] = ids;
    if (first === undefined) return new Set();
    const orders = await onRedis(() => redis.zmscore(keys.jobs, first, ...others));
    return new Set(ids.filter((_, index) => orders[index] !== null));
  }

  /** Throws `job_not_found` unless there is a job for each id. */
  async function requireAll(ids: readonly string[]): Promise<void> {
    const found = await existing(ids);
    const missing = ids.find((id) => !found.has(id));
    if (missing !== undefined) throw notFoundError(missing);
  }

  return {
    /** Resolves with undefined if there is no such job. Throws `record_corrupt`. */
    find,
    existing,

    /** Throws `job_not_found` and `record_corrupt`. */
    async get(id: string): Promise<Job> {
      const job = await find(id);
      if (job === undefined) throw notFoundError(id);
      return job;
    },

    requireAll,

    /**
     * Returns a page. `cursor` is the `nextCursor` of the page before. Default order: newest first. Leaves corrupt records out. Throws
     * `invalid_request` if the cursor belongs to another order.
     */
    async list(query: JobFilter & Readonly<{ limit: number; cursor?: string; sort?: JobSort }>): Promise<JobPage> {
      const { limit, cursor, sort = '-created', ...filter } = query;
      const found = await findIds(filter, sort, limit + 1, cursor);
      const page = found.slice(0, limit);
      const records = (await Promise.all(page.map(({ id }) => readIfIntact(id)))).filter(
        (record) => record !== undefined,
      );
      const last = page.at(-1);
      const hasMore = found.length > limit && last !== undefined;
      return { jobs: records.map(({ job }) => job), ...(hasMore && { nextCursor: last.cursor }) };
    },

    /** Returns the number of jobs in each status, of a project or of all. */
    async counts(project?: string): Promise<Record<JobStatus, number>> {
      const counts = await onRedis(() => Promise.all(JOB_STATUSES.map((status) => countIn(redis, status, project))));
      return Object.fromEntries(JOB_STATUSES.map((status, i) => [status, counts[i] ?? 0])) as Record<JobStatus, number>;
    },
  };
}

async function countIn(redis: Redis, status: JobStatus, project: string | undefined): Promise<number> {
  const all = keys.jobsIn(status);
  if (project === undefined) return redis.zcard(all);
  if (project !== DEFAULT_PROJECT) return redis.zintercard(2, all, keys.jobsOf(project));
  return (await redis.zcard(all)) - (await redis.zintercard(2, all, keys.jobsOfOthers));
}

/** Error for an id that is no job, or a job of another project. */
export const notFoundError = (id: string): TrainyardError =>
  new TrainyardError('job_not_found', `There is no job ${id}.`);
