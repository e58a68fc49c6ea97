/** Submission of a job: checks the request, then plans the job or puts it into the queue. */
import { randomUUID } from 'node:crypto';
import type { FastifyBaseLogger } from 'fastify';
import type { Caller } from '../../concurrency/fair-limit.js';
import { type Job, type JobRequest, resolveJob, stepsOf } from '../../contracts/jobs/job.js';
import type { WorkerInfo } from '../../contracts/service/live-worker.js';
import type { JobSubmission } from '../../contracts/submission/job-from.js';
import type { JobPlan, WorkerFit } from '../../contracts/submission/job-plan.js';
import { settingsOf } from '../../contracts/submission/submitted-request.js';
import { TrainyardError } from '../../errors/errors.js';
import type { AppDeps } from '../deps.js';
import { type CheckDeps, type CheckedSubmission, checkSubmission } from './check-submission.js';
import { lookUpDataset } from './dataset-lookup.js';

type SubmissionDeps = CheckDeps & Pick<AppDeps, 'estimates' | 'requireSpace'> & Readonly<{ logger: FastifyBaseLogger }>;

type Jobs = AppDeps['jobs'];

/** A job that was submitted; `replayed` if it was there before, submitted with the same idempotency key. */
export type SubmittedJob = Readonly<{ job: Job; replayed: boolean }>;

/** Lookups of a checkpoint that its running job replaces in the meantime. */
const MAX_LOOKUPS = 5;

export type Submissions = ReturnType<typeof createSubmissions>;

export function createSubmissions(deps: SubmissionDeps) {
  const { jobs, estimates } = deps;

  return {
    /** Checks a request and returns what the job would take; queues nothing. Throws what `submit` throws. */
    async plan(body: JobSubmission, caller: Caller): Promise<JobPlan> {
      const { spec, plan, workers } = await checkSubmission(body, caller, deps);
      const [seconds, estimate] = await Promise.all([estimates.seconds(spec), estimates.duration(spec, plan.work)]);
      const { parameters, memory, learningRate, largestBatchSize } = plan;
      return {
        spec,
        parameters,
        memory,
        workers: workers.map((worker) => fitOf(worker, memory.totalBytes)),
        ...(largestBatchSize !== undefined && { largestBatchSize }),
        steps: stepsOf(spec),
        learningRate: [...learningRate],
        ...(estimate && { estimate }),
        ...(seconds !== undefined && { estimatedSeconds: Math.round(10 * seconds) / 10 }),
      };
    },

    /**
     * Checks a request and queues the job. With the key of an earlier submission of the same request it returns that job, even if the
     * request could not be queued now. Throws `invalid_request` with a pointer to each wrong field, `idempotency_conflict`,
     * `dataset_corrupt`, `insufficient_storage`, `queue_full`, `redis_unavailable` or `unavailable`.
     */
    async submit(body: JobSubmission, key: string | undefined, caller: Caller): Promise<SubmittedJob> {
      const once = key === undefined ? undefined : { key, request: comparable(body) };
      const earlier = once && (await jobs.replay(once));
      if (earlier !== undefined) return { job: earlier, replayed: true };
      await deps.requireSpace?.();
      const id = randomUUID();
      return submitChecked(deps, id, await checkAndKeepStart(deps, id, body, caller), body, once);
    },
  };
}

/** Checks a request and links the file that the job starts from, which a running job may replace at any moment. */
async function checkAndKeepStart(
  deps: SubmissionDeps,
  id: string,
  body: JobSubmission,
  caller: Caller,
): Promise<CheckedSubmission> {
  for (let left = MAX_LOOKUPS; left > 0; left--) {
    const checked = await checkSubmission(body, caller, deps);
    if (checked.startFile === undefined || (await deps.starts.keep(id, checked.startFile))) return checked;
  }
  throw new TrainyardError(
    'unavailable',
    'A newer checkpoint replaced the one to start from while the request was checked: send the request again.',
  );
}

/** Queues the job. Cancels and refuses it if its data set was removed meanwhile: the removal could not see the job. */
async function enqueue(deps: SubmissionDeps, ...submission: Parameters<Jobs['submitOnce']>): Promise<SubmittedJob> {
  const submitted = await deps.jobs.submitOnce(...submission);
  if (submitted.replayed) return submitted;
  try {
    await lookUpDataset(submitted.job.spec, deps.datasets);
  } catch (error) {
    // The job may have failed already.
    await deps.jobs.cancel(submitted.job.id).catch((err: unknown) => deps.logger.debug({ err }, 'job not cancelled'));
    throw error;
  }
  return submitted;
}

/** Queues a checked job under `id`. Drops the link to its start file unless the job was queued. */
async function submitChecked(
  deps: SubmissionDeps,
  id: string,
  { spec, plan, startFile }: CheckedSubmission,
  body: JobSubmission,
  once: Parameters<Jobs['submitOnce']>[2],
): Promise<SubmittedJob> {
  const { priority = 0, metadata = {}, notes = '', changes = [], webhooks = [] } = body;
  const details = { id, priority, metadata, notes, changes, webhooks, work: plan.work, request: settingsOf(body) };
  const submitted = await enqueue(deps, spec, details, once).catch(async (error: unknown) => {
    // If only Redis' answer was lost, the job is queued and needs the file.
    const isRefused = error instanceof TrainyardError && error.code !== 'redis_unavailable';
    if (startFile !== undefined && isRefused) await deps.starts.drop(id);
    throw error;
  });
  if (submitted.job.id !== id && startFile !== undefined) await deps.starts.drop(id);
  return submitted;
}

/** Compares the memory of a worker with the memory that a job needs. */
function fitOf({ host, pid, device, processor, memoryBytes, fault }: WorkerInfo, neededBytes: number): WorkerFit {
  const fits = neededBytes <= memoryBytes;
  const shown = { host, pid, device, processor, neededBytes, availableBytes: memoryBytes, fits };
  return fault === undefined ? shown : { ...shown, fault };
}

/**
 * Returns the request in the form in which two requests with the same idempotency key are compared. Fills in defaults; but a `from`
 * reference stays unresolved, because the checkpoint or model that it refers to may change between the requests.
 */
function comparable({
  priority = 0,
  metadata = {},
  notes = '',
  changes = [],
  webhooks = [],
  ...settings
}: JobSubmission): object {
  return {
    spec: 'from' in settings ? settings : resolveJob(settings as JobRequest),
    priority,
    metadata,
    ...(notes !== '' && { notes }),
    ...(changes.length > 0 && { changes }),
    ...(webhooks.length > 0 && { webhooks }),
  };
}
