/** Submission of a job: writes its record and first frame, then its queue entry. */
import { randomUUID } from 'node:crypto';
import { DEFAULT_PROJECT } from '../contracts/access/project.js';
import type { Job, JobSpec, SubmittedRequest } from '../contracts/jobs/job.js';
import type { Metadata } from '../contracts/jobs/job-texts.js';
import type { PlannedChange } from '../contracts/jobs/live-change.js';
import type { WebhookRequest } from '../contracts/jobs/webhook.js';
import type { TrainingWork } from '../contracts/networks/training-work.js';
import { settingsOfSpec } from '../contracts/submission/submitted-request.js';
import { TrainyardError } from '../errors/errors.js';
import { type JobCreation, type Journal, keys, onRedis, type Patch, type Redis } from '../events/index.js';
import type { Logger } from '../logging/logger.js';
import { changesIn, plannedPatch } from './change.js';
import { queueFullError } from './depth.js';
import { idempotencyOf } from './idempotency.js';
import { indexesOf } from './job-index.js';
import type { QueueEntries } from './queue-entries.js';
import { shownWebhooks } from './record.js';

/** Fields of a job besides its spec. Defaults: project `default`, priority 0, no metadata, no changes, no webhooks, a random id, unknown work. */
export type JobDetails = Readonly<{
  project?: string;
  priority?: number;
  metadata?: Metadata;
  notes?: string;
  changes?: readonly PlannedChange[];
  webhooks?: readonly WebhookRequest[];
  id?: string;
  /** Settings as submitted. Default: every option of the spec. */
  request?: SubmittedRequest;
  /** Work of the network, from which the job's duration is estimated. */
  work?: TrainingWork;
}>;

/** Idempotency key of a client in a project, by default `default`, and its request with all defaults filled in. */
export type SubmissionKey = Readonly<{ project?: string; key: string; request: unknown }>;

/** `replayed`: the job existed, because it was submitted before with the same key and request. */
export type Submission = Readonly<{ job: Job; replayed: boolean }>;

export type SubmitDeps = Readonly<{
  redis: Redis;
  journal: Journal;
  entries: Pick<QueueEntries, 'add'>;
  find: (id: string) => Promise<Job | undefined>;
  get: (id: string) => Promise<Job>;
  restoreEntry: (id: string) => Promise<unknown>;
  logger: Logger;
  /** Limit on queued jobs. Undefined: no limit. */
  queueDepth: number | undefined;
}>;

type NewJob = Required<Omit<JobDetails, 'work' | 'request'>> &
  Pick<JobDetails, 'work' | 'request'> &
  Readonly<{ spec: JobSpec; createdAt: string; planned: Patch }>;

export function createSubmit(deps: SubmitDeps) {
  const { redis, journal, entries, find, get, restoreEntry, logger, queueDepth } = deps;

  return {
    /**
     * Queues a job. Once this resolves, the job is stored; it may also be stored if only the answer was lost. Throws `queue_full`, and
     * `idempotency_conflict` if the key belongs to another request.
     */
    async submit(spec: JobSpec, details: JobDetails = {}, once?: SubmissionKey): Promise<Submission> {
      const job = newJob(spec, details);
      const created = await journal.create(creationOf(job, once, queueDepth));
      if (created.outcome === 'full') throw queueFullError(created.queued);
      if (created.outcome === 'conflict') throw conflictError(created.jobId);
      if (created.outcome === 'known') return replayed(created.jobId, job);
      await addEntry(job, created.order);
      return { job: shownJob(job, created.position), replayed: false };
    },

    /** Returns the job that was submitted with this key, if there is one. Throws `idempotency_conflict`. */
    async replay(once: SubmissionKey): Promise<Job | undefined> {
      const digests = idempotencyOf(once);
      const id = await onRedis(() => redis.get(keys.idempotency(digests.key)));
      if (id === null) return undefined;
      const fields = await journal.read(id);
      if (fields !== undefined && fields['requestDigest'] !== digests.request) throw conflictError(id);
      return find(id);
    },
  };

  /** If the id is the job's own, its creation was sent twice because the first answer was lost. */
  async function replayed(jobId: string, { id }: NewJob): Promise<Submission> {
    if (jobId === id) await restoreEntry(id);
    return { job: await get(jobId), replayed: jobId !== id };
  }

  /** If this fails, the entry is restored later: by a starting process, or by a worker once a minute. */
  async function addEntry({ id, spec, priority }: NewJob, order: number): Promise<void> {
    await entries
      .add({ jobId: id, priority, place: order })
      .catch((err: unknown) => logger.warn({ err, jobId: id }, 'job queued without a queue entry'));
    logger.info({ jobId: id, network: spec.network, dataset: spec.dataset.name }, 'job queued');
  }
}

function newJob(spec: JobSpec, details: JobDetails): NewJob {
  const { project = DEFAULT_PROJECT, priority = 0, metadata = {}, notes = '', changes = [], webhooks = [] } = details;
  const { id = randomUUID(), work, request } = details;
  const createdAt = new Date().toISOString();
  const planned = plannedPatch(changes, createdAt);
  return {
    ...{ id, project, spec, priority, metadata, notes, changes, webhooks, createdAt, planned },
    ...(work && { work }),
    ...(request && { request }),
  };
}

function creationOf(job: NewJob, once: SubmissionKey | undefined, depth: number | undefined): JobCreation {
  const { id, project, spec, priority, metadata, notes, webhooks, createdAt, planned, work, request } = job;
  return {
    jobId: id,
    at: createdAt,
    event: { type: 'status', status: 'queued', attempt: 0 },
    record: {
      id,
      spec: JSON.stringify(spec),
      priority,
      metadata: JSON.stringify(metadata),
      createdAt,
      // Records of releases without projects have no such field.
      ...(project !== DEFAULT_PROJECT && { project }),
      ...(notes !== '' && { notes }),
      ...planned,
      ...(webhooks.length > 0 && { webhooks: JSON.stringify(webhooks) }),
      ...(work && { work: JSON.stringify(work) }),
      ...(request && { settings: JSON.stringify(request) }),
    },
    indexes: indexesOf(project, spec.name, metadata),
    ...(depth !== undefined && { depth }),
    ...(once && { idempotency: idempotencyOf(once) }),
  };
}

/** Returns the job as it was written. Reading it again could fail, and the client would submit the job a second time. */
function shownJob(
  { id, project, spec, request, priority, metadata, notes, webhooks, createdAt, planned }: NewJob,
  position: number,
): Job {
  const changes = changesIn(planned as Record<string, string>);
  return {
    id,
    project,
    status: 'queued',
    spec,
    request: request ?? settingsOfSpec({ spec, changes }),
    priority,
    metadata,
    ...(notes !== '' && { notes }),
    ...(webhooks.length > 0 && { webhooks: shownWebhooks(webhooks) }),
    position,
    createdAt,
    attempt: 0,
    changes,
  };
}

const conflictError = (id: string): TrainyardError =>
  new TrainyardError(
    'idempotency_conflict',
    `The Idempotency-Key belongs to job ${id}, which was submitted with another body. Use a new key for another job.`,
  );
