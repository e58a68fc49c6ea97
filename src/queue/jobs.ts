/** What the API does with jobs: submit, get, list, change, cancel. */
import { randomUUID } from 'node:crypto';
import { JOB_STATUSES, type Job, type JobSpec, type JobStatus, type Metadata } from '../contracts/jobs/job.js';
import type { JobChange, PlannedChange } from '../contracts/jobs/live-change.js';
import type { CancelMode } from '../contracts/jobs/stop-reason.js';
import type { WebhookRequest } from '../contracts/jobs/webhook.js';
import { isPart } from '../contracts/references/path-part.js';
import { TrainyardError } from '../errors/errors.js';
import {
  createCorruptRecordLog,
  type Idempotency,
  isCorrupt,
  type Journal,
  keys,
  onRedis,
  type Redis,
} from '../events/index.js';
import type { Logger } from '../logging/logger.js';
import { type CancelOutcome, cancelJob } from './cancel.js';
import { type ChangeOutcome, changeJob, changesIn, plannedPatch } from './change.js';
import { queueFullError } from './depth.js';
import { idempotencyOf } from './idempotency.js';
import { createJobIndex, indexesOf, type JobFilter } from './job-index.js';
import type { QueueEntries, QueuePosition } from './queue-entries.js';
import { type JobRecord, recordOf, shownWebhooks } from './record.js';

/** Jobs looked at in one round trip. */
const CHUNK = 500;

export type JobPage = Readonly<{ jobs: Job[]; nextCursor?: string }>;

/** What is kept of a job besides its spec. Defaults: priority 0, no metadata, no changes, no webhooks, an id of its own. */
export type JobDetails = Readonly<{
  priority?: number;
  metadata?: Metadata;
  changes?: readonly PlannedChange[];
  webhooks?: readonly WebhookRequest[];
  id?: string;
}>;
/** A client's own key for a submission, and the request as the client meant it, defaults filled in. */
export type SubmissionKey = Readonly<{ key: string; request: unknown }>;
/** `replayed`: the job was there already, submitted with the same key and request. */
export type Submission = Readonly<{ job: Job; replayed: boolean }>;

export type JobsDeps = Readonly<{
  redis: Redis;
  journal: Journal;
  entries: QueueEntries;
  logger: Logger;
  /** Most jobs that may be queued; unset: any number. */
  queueDepth?: number;
}>;

export type Jobs = ReturnType<typeof createJobs>;

export function createJobs(deps: JobsDeps) {
  const { redis, journal, entries, logger, queueDepth } = deps;
  const findIds = createJobIndex(redis);
  const report = createCorruptRecordLog(logger);

  /** The record, and the job's position while it is queued, which may be a moment older. */
  async function read(id: string): Promise<JobRecord | undefined> {
    const [fields, rank] = await onRedis(() => Promise.all([journal.read(id), redis.zrank(keys.queue, id)]));
    if (fields === undefined) return undefined;
    const record = recordOf(id, fields);
    if (record.job.status !== 'queued' || rank === null) return record;
    return { ...record, job: { ...record.job, position: rank + 1 } };
  }

  /** The same; undefined, and reported, if the record is corrupt. */
  async function readSound(id: string): Promise<JobRecord | undefined> {
    try {
      return await read(id);
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      report(`The record of job ${id}`, error);
      return undefined;
    }
  }

  const find = async (id: string): Promise<Job | undefined> => (await read(id))?.job;

  async function get(id: string): Promise<Job> {
    const job = await find(id);
    if (job === undefined) throw notFound(id);
    return job;
  }

  /** Returns those of the ids that belong to jobs, without reading the records. */
  async function known(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const [first, ...others] = ids;
    if (first === undefined) return new Set();
    const orders = await onRedis(() => redis.zmscore(keys.jobs, first, ...others));
    return new Set(ids.filter((_, index) => orders[index] !== null));
  }

  async function submit(spec: JobSpec, details: JobDetails = {}, once?: SubmissionKey): Promise<Submission> {
    const { priority = 0, metadata = {}, changes = [], webhooks = [], id = randomUUID() } = details;
    const createdAt = new Date().toISOString();
    const planned = plannedPatch(changes, createdAt);
    const idempotency: Idempotency | undefined = once && idempotencyOf(once.key, once.request);
    const created = await journal.create({
      jobId: id,
      at: createdAt,
      event: { type: 'status', status: 'queued', attempt: 0 },
      record: {
        id,
        spec: JSON.stringify(spec),
        priority,
        metadata: JSON.stringify(metadata),
        createdAt,
        ...planned,
        ...(webhooks.length > 0 && { webhooks: JSON.stringify(webhooks) }),
      },
      indexes: indexesOf(spec.name, metadata),
      ...(queueDepth !== undefined && { depth: queueDepth }),
      ...(idempotency && { idempotency }),
    });
    switch (created.outcome) {
      case 'full':
        throw queueFullError(created.queued);
      case 'conflict':
        throw conflict(created.jobId);
      case 'known':
        // Its own id where Redis had been asked twice, because the first answer was lost.
        if (created.jobId === id) await restorePlaces([id]);
        return { job: await get(created.jobId), replayed: created.jobId !== id };
      case 'created':
        // Without its turn the job is still kept: turns are restored when a process starts, and by workers now and then.
        await entries
          .add({ jobId: id, priority, order: created.order })
          .catch((err: unknown) => logger.warn({ err, jobId: id }, 'job queued without its turn'));
        logger.info({ jobId: id, network: spec.network, dataset: spec.dataset.name }, 'job queued');
    }
    // As it was written: an answer that had to be read again could fail, and the client would send the job once more.
    const { position } = created;
    const listed = changesIn(planned as Record<string, string>);
    return {
      job: {
        id,
        status: 'queued',
        spec,
        priority,
        metadata,
        ...(webhooks.length > 0 && { webhooks: shownWebhooks(webhooks) }),
        position,
        createdAt,
        attempt: 0,
        changes: listed,
      },
      replayed: false,
    };
  }

  /** The fields of a job's place; none if its key is not a record. */
  const placeOf = (id: string): Promise<(string | null)[]> =>
    redis.hmget(keys.job(id), 'priority', 'order').catch((error: Error) => {
      if (error.message.includes('WRONGTYPE')) return ['', ''];
      throw error;
    });

  /** Sees to it that these jobs have turns, each in its place; answers how many had none. */
  async function restorePlaces(ids: readonly string[]): Promise<number> {
    const places: QueuePosition[] = [];
    for (let start = 0; start < ids.length; start += CHUNK) {
      const chunk = ids.slice(start, start + CHUNK);
      const found = await onRedis(() => Promise.all(chunk.map(placeOf)));
      for (const [index, [priority, order]] of found.entries()) {
        const place = { jobId: chunk[index] ?? '', priority: Number(priority ?? 0), order: Number(order) };
        if (isPlace(place)) places.push(place);
        else report(`The place of job ${place.jobId}`, new Error('its id, priority or order is none'));
      }
    }
    return entries.restore(places);
  }

  return {
    find,
    get,
    known,

    /** Throws `job_not_found` unless there is a job for each id. */
    async requireKnown(ids: readonly string[]): Promise<void> {
      const found = await known(ids);
      const missing = ids.find((id) => !found.has(id));
      if (missing !== undefined) throw notFound(missing);
    },

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

    /** Changes a job that has not ended: its priority while it is queued, and values of its run. */
    async change(id: string, change: JobChange): Promise<ChangeOutcome> {
      const restorePlace = () =>
        restorePlaces([id]).catch((err: unknown) => logger.warn({ err, jobId: id }, 'turn not moved yet'));
      const changing = await changeJob(id, change, { journal, find, restorePlace });
      logger.info({ jobId: id, change, number: changing.job.changes.length }, 'job changed');
      return changing;
    },

    /** Cancels a job that has not ended. Default mode: `discard`. */
    async cancel(id: string, mode: CancelMode = 'discard'): Promise<CancelOutcome> {
      // The record has the last word: a turn that cannot be removed ends as soon as a worker takes it.
      const removeTurn = () =>
        entries
          .remove(id)
          .catch((err: unknown) => logger.debug({ err, jobId: id }, 'turn of a cancelled job not removed'));
      const restoreEntry = () =>
        restorePlaces([id]).catch((err: unknown) => logger.warn({ err, jobId: id }, 'job queued without its turn'));
      const cancellation = await cancelJob(id, mode, { journal, get, removeTurn, restoreEntry, queueDepth });
      logger.info({ jobId: id, mode, outcome: cancellation.outcome }, 'job cancelled');
      return cancellation;
    },

    /** Newest first. `cursor` is the `nextCursor` of the page before. */
    async list(query: JobFilter & Readonly<{ limit: number; cursor?: string }>): Promise<JobPage> {
      const { limit, cursor, ...filter } = query;
      const found = await findIds(filter, limit + 1, cursor);
      const page = found.slice(0, limit);
      const records = (await Promise.all(page.map(({ id }) => readSound(id)))).filter((record) => record !== undefined);
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
    restoreEntry: (id: string): Promise<number> => restorePlaces([id]),

    /** Gives every job that should have a turn one: after a crash between record and turn, or a loss of BullMQ's keys. */
    async restoreEntries(): Promise<number> {
      const waiting = await onRedis(() => redis.zrange(keys.jobsIn('queued'), '0', '-1'));
      const running = await onRedis(() => redis.zrange(keys.jobsIn('running'), '0', '-1'));
      const restored = await restorePlaces([...waiting, ...running]);
      if (restored > 0) logger.info({ restored }, 'turns restored');
      return restored;
    },
  };
}

/** Whether BullMQ takes a turn at this place: it refuses ids and numbers that a job of ours never has. */
const isPlace = ({ jobId, priority, order }: QueuePosition): boolean =>
  isPart('jobId', jobId) && Math.abs(priority) <= 100 && Number.isSafeInteger(order);

const notFound = (id: string): TrainyardError => new TrainyardError('job_not_found', `There is no job ${id}.`);

const conflict = (id: string): TrainyardError =>
  new TrainyardError(
    'idempotency_conflict',
    `The Idempotency-Key belongs to job ${id}, which was submitted with another body: take a new key for another job.`,
  );
