/** Moves of a job within the queue: before or after another queued job. */
import type { Job } from '../contracts/jobs/job.js';
import type { JobMove } from '../contracts/jobs/job-move.js';
import { TrainyardError } from '../errors/errors.js';
import { type Journal, jobsOfProject, keys, onRedis, type QueueNeighbour, type Redis } from '../events/index.js';
import { priorityWrite, requireQueued } from './change.js';

/** Entries of the queue that are read at once in the search for its first job. */
const READ_AT_ONCE = 100;

type Side = QueueNeighbour['side'];

export type MoveDeps = Readonly<{
  redis: Redis;
  journal: Journal;
  find: (id: string) => Promise<Job | undefined>;
  get: (id: string) => Promise<Job>;
  /** Moves queue entries to the positions in their records. */
  moveEntries: (ids: readonly string[]) => Promise<unknown>;
}>;

/**
 * Moves a queued job directly before or after another queued job of its project, and gives it the priority of that job. Other jobs keep their order.
 * Throws `job_not_found`; `invalid_request` if the other job does not exist or is the same; `job_not_queued` or `job_state` if one of both
 * cannot be moved. A refused move changes nothing. Repeats the checks if a job changes meanwhile.
 */
export async function moveJob(id: string, target: JobMove, deps: MoveDeps): Promise<Job> {
  for (;;) {
    const job = await deps.get(id);
    requireQueued(job, 'Only a queued job can be moved.');
    const neighbour = await neighbourOf(job, target, deps);
    if (neighbour === undefined) return job;
    const { outcome, shifted } = await deps.journal.write({
      ...priorityWrite(job, neighbour.priority),
      beside: neighbour,
    });
    if (outcome !== 'written') continue;
    await deps.moveEntries([id, ...shifted]);
    return (await deps.find(id)) ?? job;
  }
}

/** Returns the job to move beside, or undefined if the job is there already. */
async function neighbourOf(job: Job, target: JobMove, deps: MoveDeps): Promise<QueueNeighbour | undefined> {
  const side: Side = target.after === undefined ? 'before' : 'after';
  const other = target.to === 'top' ? await firstBesides(job, deps) : await otherOf(job, target, side, deps);
  if (other === undefined) return undefined;
  const ahead = (other.position ?? 0) - (job.position ?? 0);
  if (ahead === (side === 'before' ? 1 : -1)) return undefined;
  return { jobId: other.id, priority: other.priority, side };
}

/** Returns the first queued job of the project, or undefined if that is this job. Skips entries of the queue without a queued job. */
async function firstBesides({ id, project }: Job, { redis, find }: MoveDeps): Promise<Job | undefined> {
  for (let start = 0; ; start += READ_AT_ONCE) {
    const read = await onRedis(() => redis.zrange(keys.queue, String(start), String(start + READ_AT_ONCE - 1)));
    for (const first of await jobsOfProject(redis, project, read)) {
      if (first === id) return undefined;
      const job = await find(first);
      if (job?.status === 'queued') return job;
    }
    if (read.length < READ_AT_ONCE) return undefined;
  }
}

/** Returns the job that the request names. */
async function otherOf({ id, project }: Job, target: JobMove, side: Side, { find }: MoveDeps): Promise<Job> {
  const named = target[side] ?? '';
  const pointer = `/${side}`;
  const refuse = (message: string): never => {
    throw new TrainyardError('invalid_request', `${pointer} ${message}.`, { errors: [{ pointer, message }] });
  };
  if (named === id) refuse('must name another job than the one to move');
  const other = await find(named);
  // A job of another project is as unknown as any.
  if (other?.project !== project) return refuse(`must name a queued job: there is no job ${named}`);
  if (other.status === 'queued') return other;
  const message = `${pointer} must name a queued job: job ${named} is ${other.status}. Nothing was moved.`;
  throw new TrainyardError('job_not_queued', message, { errors: [{ pointer, message: 'must name a queued job' }] });
}
