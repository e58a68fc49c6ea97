/** What the API does with jobs: submit, get, list, cancel. */
import { randomUUID } from 'node:crypto';
import type { Job, JobSpec, JobStatus } from '../contracts/job.js';
import { TrainyardError } from '../errors.js';
import { type Journal, keys, onRedis, type Redis } from '../events/index.js';
import type { Logger } from '../logger.js';
import { recordOf } from './record.js';
import type { Turns } from './turns.js';

export const JOB_STATUSES = [
  'queued',
  'running',
  'paused',
  'succeeded',
  'failed',
  'cancelled',
] as const satisfies readonly JobStatus[];

export type JobPage = Readonly<{ jobs: Job[]; nextCursor?: string }>;
/** `accepted`: the job runs and will end soon. */
export type Cancellation = Readonly<{ outcome: 'cancelled' | 'accepted'; job: Job }>;

export type Jobs = ReturnType<typeof createJobs>;

export function createJobs(deps: Readonly<{ redis: Redis; journal: Journal; turns: Turns; logger: Logger }>) {
  const { redis, journal, turns, logger } = deps;

  async function find(id: string): Promise<Job | undefined> {
    const fields = await journal.read(id);
    return fields === undefined ? undefined : recordOf(fields).job;
  }

  async function get(id: string): Promise<Job> {
    const job = await find(id);
    if (job === undefined) throw new TrainyardError('job_not_found', `There is no job ${id}.`);
    return job;
  }

  /** Ends a queued or paused job at once; flags a running one for the worker that holds it. */
  async function cancel(id: string): Promise<Cancellation> {
    const now = new Date().toISOString();
    const ended = await journal.change({
      jobId: id,
      from: ['queued', 'paused'],
      to: 'cancelled',
      event: { type: 'end', status: 'cancelled' },
      patch: { endedAt: now },
    });
    if (ended.outcome === 'written') {
      // The record has the last word: a turn that cannot be removed ends as soon as a worker takes it.
      await turns
        .remove(id)
        .catch((err: unknown) => logger.debug({ err, jobId: id }, 'turn of a cancelled job not removed'));
      logger.info({ jobId: id }, 'job cancelled');
      return { outcome: 'cancelled', job: await get(id) };
    }
    const flagged = await journal.change({
      jobId: id,
      from: ['running'],
      patch: ended.cancelRequested ? {} : { cancelRequestedAt: now },
      announceCancel: true,
    });
    if (flagged.outcome === 'written') {
      logger.info({ jobId: id }, 'cancellation of a running job requested');
      return { outcome: 'accepted', job: await get(id) };
    }
    if (flagged.outcome === 'missing') throw new TrainyardError('job_not_found', `There is no job ${id}.`);
    // It went back to the queue, or was paused, between the two changes.
    if (flagged.status === 'queued' || flagged.status === 'paused') return cancel(id);
    throw new TrainyardError(
      'job_ended',
      `Job ${id} is ${flagged.status}; only a queued, running or paused job can be cancelled.`,
    );
  }

  return {
    find,
    get,
    cancel,

    /** Queues a job. It is safe once this resolves, and also where only the answer was lost. */
    async submit(spec: JobSpec): Promise<Job> {
      const id = randomUUID();
      const createdAt = new Date().toISOString();
      await journal.create({
        jobId: id,
        at: createdAt,
        event: { type: 'status', status: 'queued', attempt: 0 },
        record: { id, spec: JSON.stringify(spec), createdAt },
      });
      // Without its turn the job is still kept: turns are restored when a process starts, and by workers now and then.
      await turns.add(id).catch((err: unknown) => logger.warn({ err, jobId: id }, 'job queued without its turn'));
      logger.info({ jobId: id, network: spec.network, dataset: spec.dataset.name }, 'job queued');
      // As it was written: an answer that had to be read again could fail, and the client would send the job once more.
      return { id, status: 'queued', spec, createdAt, attempt: 0 };
    },

    /** Newest first. `cursor` is the `nextCursor` of the page before. */
    async list(query: Readonly<{ limit: number; cursor?: string; status?: JobStatus }>): Promise<JobPage> {
      const { limit, cursor, status } = query;
      const index = status === undefined ? keys.jobs : keys.jobsIn(status);
      const from = cursor === undefined ? '+inf' : `(${cursor}`;
      const ids = await onRedis(() => redis.zrevrangebyscore(index, from, '-inf', 'LIMIT', 0, limit + 1));
      const records = (await Promise.all(ids.slice(0, limit).map((id) => journal.read(id))))
        .filter((fields) => fields !== undefined)
        .map(recordOf);
      const last = records.at(-1);
      const more = ids.length > limit && last !== undefined;
      return { jobs: records.map(({ job }) => job), ...(more && { nextCursor: String(last.order) }) };
    },

    /** How many jobs are in each status. */
    async counts(): Promise<Record<JobStatus, number>> {
      const counts = await onRedis(() => Promise.all(JOB_STATUSES.map((status) => redis.zcard(keys.jobsIn(status)))));
      return Object.fromEntries(JOB_STATUSES.map((status, i) => [status, counts[i] ?? 0])) as Record<JobStatus, number>;
    },

    /** Gives every job that should have a turn one: after a crash between record and turn, or a loss of BullMQ's keys. */
    async restoreTurns(): Promise<number> {
      const waiting = await onRedis(() => redis.zrange(keys.jobsIn('queued'), '0', '-1'));
      const running = await onRedis(() => redis.zrange(keys.jobsIn('running'), '0', '-1'));
      const restored = await turns.restore([...waiting, ...running]);
      if (restored > 0) logger.info({ restored }, 'turns restored');
      return restored;
    },
  };
}
