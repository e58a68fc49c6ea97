/** Jobs for a follower of all jobs. */
import { OPEN_STATUSES } from '../contracts/jobs/job.js';
import { jobsOfProject } from './jobs-of-project.js';
import { keys } from './keys.js';
import { execute, onRedis, type Redis } from './redis.js';

/** `newest`: submission number of the newest job of all projects, 0 if there is none. */
export type OpenJobs = Readonly<{ ids: readonly string[]; newest: number }>;

/** Finds the jobs of a project that have not ended, and all its jobs with a submission number above `newest`. */
export async function findOpenJobs(redis: Redis, newest: number, project: string | undefined): Promise<OpenJobs> {
  const above = Number.isFinite(newest) ? `(${newest}` : '+inf';
  const read = redis.multi().zrevrange(keys.jobs, 0, 0, 'WITHSCORES').zrangebyscore(keys.jobs, above, '+inf');
  for (const status of OPEN_STATUSES) read.zrange(keys.jobsIn(status), '0', '-1');
  const [last, ...lists] = (await execute(read)) as string[][];
  const ids = await jobsOfProject(redis, project, [...new Set(lists.flat())]);
  return { ids, newest: Number(last?.[1] ?? 0) };
}

/** Returns the highest submission number of these jobs, or infinity if none of them exists. */
export async function newestOf(redis: Redis, ids: readonly string[]): Promise<number> {
  const [first, ...others] = ids;
  if (first === undefined) return Number.POSITIVE_INFINITY;
  const numbers = await onRedis(() => redis.zmscore(keys.jobs, first, ...others));
  const known = numbers.filter((number) => number !== null).map(Number);
  return known.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...known);
}
