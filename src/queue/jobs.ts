/** What the API does with jobs: submit, get, list, reprioritize, cancel. */
import { randomUUID } from 'node:crypto';
import { JOB_STATUSES, type Job, type JobSpec, type JobStatus, type Metadata } from '../contracts/job.js';
import { TrainyardError } from '../errors.js';
import { type Idempotency, type Journal, keys, onRedis, type Redis } from '../events/index.js';
import type { Logger } from '../logger.js';
import { idempotencyOf } from './idempotency.js';
import { createJobIndex, indexesOf, type JobFilter } from './job-index.js';
import { type JobRecord, recordOf } from './record.js';
import type { Place, Turns } from './turns.js';

/** Jobs looked at in one round trip. */
const CHUNK = 500;

export type JobPage = Readonly<{ jobs: Job[]; nextCursor?: string }>;
/** `accepted`: the job runs and will end soon. */
export type Cancellation = Readonly<{ outcome: 'cancelled' | 'accepted'; job: Job }>;

/** What is kept of a job besides its spec. Defaults: priority 0, no metadata, an id of its own. */
export type JobDetails = Readonly<{ priority?: number; metadata?: Metadata; id?: string }>;
/** A client's own key for a submission, and the request as the client meant it, defaults filled in. */
export type SubmissionKey = Readonly<{ key: string; request: unknown }>;
/** `replayed`: the job was there already, submitted with the same key and request. */
export type Submission = Readonly<{ job: Job; replayed: boolean }>;

export type JobsDeps = Readonly<{
  redis: Redis;
  journal: Journal;
  turns: Turns;
  logger: Logger;
  /** Most jobs that may be queued; unset: any number. */
  queueDepth?: number;
}>;

export type Jobs = ReturnType<typeof createJobs>;

export function createJobs(deps: JobsDeps) {
  const { redis, journal, turns, logger, queueDepth } = deps;
  const findIds = createJobIndex(redis);

  /** The record, and the job's position while it is queued, which may be a moment older. */
  async function read(id: string): Promise<JobRecord | undefined> {
    const [fields, rank] = await onRedis(() => Promise.all([journal.read(id), redis.zrank(keys.queue, id)]));
    if (fields === undefined) return undefined;
    const record = recordOf(fields);
    if (record.job.status !== 'queued' || rank === null) return record;
    return { ...record, job: { ...record.job, position: rank + 1 } };
  }

  const find = async (id: string): Promise<Job | undefined> => (await read(id))?.job;

  async function get(id: string): Promise<Job> {
    const job = await find(id);
    if (job === undefined) throw notFound(id);
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
    if (flagged.outcome === 'missing') throw notFound(id);
    // It went back to the queue, or was paused, between the two changes.
    if (flagged.status === 'queued' || flagged.status === 'paused') return cancel(id);
    throw new TrainyardError(
      'job_ended',
      `Job ${id} is ${flagged.status}; only a queued, running or paused job can be cancelled.`,
    );
  }

  async function submit(spec: JobSpec, details: JobDetails = {}, once?: SubmissionKey): Promise<Submission> {
    const { priority = 0, metadata = {}, id = randomUUID() } = details;
    const createdAt = new Date().toISOString();
    const idempotency: Idempotency | undefined = once && idempotencyOf(once.key, once.request);
    const created = await journal.create({
      jobId: id,
      at: createdAt,
      event: { type: 'status', status: 'queued', attempt: 0 },
      record: { id, spec: JSON.stringify(spec), priority, metadata: JSON.stringify(metadata), createdAt },
      indexes: indexesOf(spec.name, metadata),
      ...(queueDepth !== undefined && { depth: queueDepth }),
      ...(idempotency && { idempotency }),
    });
    switch (created.outcome) {
      case 'full':
        throw full(created.queued);
      case 'conflict':
        throw conflict(created.jobId);
      case 'known':
        // Its own id where Redis had been asked twice, because the first answer was lost.
        if (created.jobId === id) await restorePlaces([id]);
        return { job: await get(created.jobId), replayed: created.jobId !== id };
      case 'created':
        // Without its turn the job is still kept: turns are restored when a process starts, and by workers now and then.
        await turns
          .add({ jobId: id, priority, order: created.order })
          .catch((err: unknown) => logger.warn({ err, jobId: id }, 'job queued without its turn'));
        logger.info({ jobId: id, network: spec.network, dataset: spec.dataset.name }, 'job queued');
    }
    // As it was written: an answer that had to be read again could fail, and the client would send the job once more.
    const { position } = created;
    return {
      job: { id, status: 'queued', spec, priority, metadata, position, createdAt, attempt: 0 },
      replayed: false,
    };
  }

  /** Sees to it that these jobs have turns, each in its place; answers how many had none. */
  async function restorePlaces(ids: readonly string[]): Promise<number> {
    const places: Place[] = [];
    for (let start = 0; start < ids.length; start += CHUNK) {
      const chunk = ids.slice(start, start + CHUNK);
      const found = await onRedis(() => Promise.all(chunk.map((id) => redis.hmget(keys.job(id), 'priority', 'order'))));
      for (const [index, [priority, order]] of found.entries())
        places.push({ jobId: chunk[index] ?? '', priority: Number(priority ?? 0), order: Number(order) });
    }
    return turns.restore(places);
  }

  return {
    find,
    get,
    cancel,

    /**
     * Queues a job, which is safe once this resolves, and also where only the answer was lost. Throws `queue_full`, and
     * `idempotency_conflict` where the key stands for another request.
     */
    submitOnce: submit,

    submit: async (spec: JobSpec, details?: JobDetails): Promise<Job> => (await submit(spec, details)).job,

    /** The job that was submitted with this key, as it is now, if there is one. Throws `idempotency_conflict`. */
    async replay({ key, request }: SubmissionKey): Promise<Job | undefined> {
      const digests = idempotencyOf(key, request);
      const id = await onRedis(() => redis.get(keys.idempotency(digests.key)));
      if (id === null) return undefined;
      const fields = await journal.read(id);
      if (fields !== undefined && fields['requestDigest'] !== digests.request) throw conflict(id);
      return find(id);
    },

    /** Changes the priority of a queued job. Throws `job_not_queued`. */
    async reprioritize(id: string, priority: number): Promise<Job> {
      const event = { type: 'change', changes: { priority } } as const;
      const { outcome, status } = await journal.change({ jobId: id, from: ['queued'], event, patch: { priority } });
      if (outcome === 'missing') throw notFound(id);
      if (outcome !== 'written')
        throw new TrainyardError(
          'job_not_queued',
          `Job ${id} is ${status}; the priority of a queued job can be changed.`,
        );
      await restorePlaces([id]).catch((err: unknown) => logger.warn({ err, jobId: id }, 'turn not moved yet'));
      logger.info({ jobId: id, priority }, 'priority changed');
      return get(id);
    },

    /** Newest first. `cursor` is the `nextCursor` of the page before. */
    async list(query: JobFilter & Readonly<{ limit: number; cursor?: string }>): Promise<JobPage> {
      const { limit, cursor, ...filter } = query;
      const found = await findIds(filter, limit + 1, cursor);
      const page = found.slice(0, limit);
      const records = (await Promise.all(page.map(({ id }) => read(id)))).filter((record) => record !== undefined);
      const last = page.at(-1);
      const more = found.length > limit && last !== undefined;
      return { jobs: records.map(({ job }) => job), ...(more && { nextCursor: last.order }) };
    },

    /** How many jobs are in each status. */
    async counts(): Promise<Record<JobStatus, number>> {
      const counts = await onRedis(() => Promise.all(JOB_STATUSES.map((status) => redis.zcard(keys.jobsIn(status)))));
      return Object.fromEntries(JOB_STATUSES.map((status, i) => [status, counts[i] ?? 0])) as Record<JobStatus, number>;
    },

    /** Gives a queued job its turn, in its place, where it has none. */
    restoreTurn: (id: string): Promise<number> => restorePlaces([id]),

    /** Gives every job that should have a turn one: after a crash between record and turn, or a loss of BullMQ's keys. */
    async restoreTurns(): Promise<number> {
      const waiting = await onRedis(() => redis.zrange(keys.jobsIn('queued'), '0', '-1'));
      const running = await onRedis(() => redis.zrange(keys.jobsIn('running'), '0', '-1'));
      const restored = await restorePlaces([...waiting, ...running]);
      if (restored > 0) logger.info({ restored }, 'turns restored');
      return restored;
    },
  };
}

const notFound = (id: string): TrainyardError => new TrainyardError('job_not_found', `There is no job ${id}.`);

const conflict = (id: string): TrainyardError =>
  new TrainyardError(
    'idempotency_conflict',
    `The Idempotency-Key belongs to job ${id}, which was submitted with another body: take a new key for another job.`,
  );

const full = (queued: number): TrainyardError =>
  new TrainyardError(
    'queue_full',
    `There are ${queued} queued jobs, the most that may be; try again when some have run.`,
  );
