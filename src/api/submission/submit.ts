/** Submission of a job: resolves the request, checks it, and either plans the job or puts it into the queue. */
import { randomUUID } from 'node:crypto';
import type { FastifyBaseLogger } from 'fastify';
import type { Caller } from '../../concurrency/fair-limit.js';
import type { DatasetInfo } from '../../contracts/datasets/dataset.js';
import { type Job, JobRequest, type JobSpec, resolveJob, stepsOf } from '../../contracts/jobs/job.js';
import type { WebhookRequest } from '../../contracts/jobs/webhook.js';
import type { TrainingPlan } from '../../contracts/processes/build.js';
import { choosePrecision } from '../../contracts/service/live-worker.js';
import { hasStartingPoint, type JobSubmission } from '../../contracts/submission/job-from.js';
import type { JobPlan } from '../../contracts/submission/job-queries.js';
import { TrainyardError } from '../../errors/errors.js';
import type { AppDeps } from '../deps.js';
import { createValidatorCompiler, refuseFields } from '../http/validation.js';
import { lookUpDataset, requireFiles } from './dataset-lookup.js';
import { completeRequest, findStartingPoint, resolveStart, type StartingPoint } from './find-starting-point.js';
import { checkChanges, checkSpec } from './spec-checks.js';
import { checkWorkers } from './worker-checks.js';

type SubmissionDeps = Pick<
  AppDeps,
  'jobs' | 'workers' | 'builds' | 'datasets' | 'starts' | 'resolver' | 'estimates' | 'webhooks' | 'requireSpace'
> &
  Readonly<{ logger: FastifyBaseLogger }>;

/** A job that was submitted; `replayed` if it was there before, submitted with the same idempotency key. */
export type SubmittedJob = Readonly<{ job: Job; replayed: boolean }>;

/** A request with its data set, and the checkpoint or model that it starts from. */
type ResolvedRequest = Readonly<{ request: JobRequest; dataset: DatasetInfo; start?: StartingPoint }>;

/** A request that has passed every check. */
type CheckedSubmission = Readonly<{
  spec: JobSpec;
  plan: TrainingPlan;
  /** The file that the job starts from. */
  startFile?: string;
}>;

/** Lookups of a checkpoint that its running job replaces in the meantime. */
const MAX_LOOKUPS = 5;

const validateRequest = createValidatorCompiler()({
  schema: JobRequest,
  method: 'POST',
  url: '/jobs',
  httpPart: 'body',
});

export type Submissions = ReturnType<typeof createSubmissions>;

export function createSubmissions(deps: SubmissionDeps) {
  const { jobs, datasets, starts, estimates } = deps;

  /** Completes a request that starts from a checkpoint or a model, and looks its data set up. */
  async function resolveRequest(body: JobSubmission): Promise<ResolvedRequest> {
    if (!hasStartingPoint(body)) return { request: body, dataset: await lookUpDataset(body, datasets) };
    const start = await findStartingPoint(body, deps);
    const { request, dataset } = await completeRequest(start, datasets);
    const { error } = validateRequest(request) as { error?: TrainyardError };
    if (error !== undefined) throw error;
    return { request, dataset, start };
  }

  /** Resolves and checks a request: one lookup of its data set, one build of its network. */
  async function check(body: JobSubmission, caller: Caller): Promise<CheckedSubmission> {
    const { request, dataset, start } = await resolveRequest(body);
    const workers = await deps.workers.list();
    const resolved = resolveJob(request, choosePrecision(request.precision, workers), undefined, dataset);
    const plan = await checkSpec(resolved, { dataset, workers, builds: deps.builds, caller });
    checkChanges(resolved, request.changes ?? []);
    await requireFiles(dataset.name, datasets);
    const from = start && resolveStart(start, resolved, dataset);
    checkWorkers(resolved, workers, plan);
    return { spec: from ? { ...resolved, from } : resolved, plan, ...(start && { startFile: start.path }) };
  }

  /** Checks a request and links the file that the job starts from, which a running job may replace at any moment. */
  async function checkAndKeepStart(id: string, body: JobSubmission, caller: Caller): Promise<CheckedSubmission> {
    for (let left = MAX_LOOKUPS; left > 0; left--) {
      const checked = await check(body, caller);
      if (checked.startFile === undefined || (await starts.keep(id, checked.startFile))) return checked;
    }
    throw new TrainyardError(
      'unavailable',
      'A newer checkpoint replaced the one to start from while the request was checked: send the request again.',
    );
  }

  /** Queues the job. Cancels and refuses it if its data set was removed meanwhile: the removal could not see the job. */
  async function enqueue(...submission: Parameters<typeof jobs.submitOnce>): Promise<SubmittedJob> {
    const submitted = await jobs.submitOnce(...submission);
    if (submitted.replayed) return submitted;
    try {
      await lookUpDataset(submitted.job.spec, datasets);
    } catch (error) {
      // The job may have failed already.
      await jobs.cancel(submitted.job.id).catch((err: unknown) => deps.logger.debug({ err }, 'job not cancelled'));
      throw error;
    }
    return submitted;
  }

  /** Queues a checked job under `id`. Drops the link to its start file unless the job was queued. */
  async function submitChecked(
    id: string,
    { spec, startFile }: CheckedSubmission,
    { priority = 0, metadata = {}, changes = [], webhooks = [] }: JobSubmission,
    once: Parameters<typeof jobs.submitOnce>[2],
  ): Promise<SubmittedJob> {
    const details = { id, priority, metadata, changes, webhooks };
    const submitted = await enqueue(spec, details, once).catch(async (error: unknown) => {
      // If only Redis' answer was lost, the job is queued and needs the file.
      const isRefused = error instanceof TrainyardError && error.code !== 'redis_unavailable';
      if (startFile !== undefined && isRefused) await starts.drop(id);
      throw error;
    });
    if (submitted.job.id !== id && startFile !== undefined) await starts.drop(id);
    return submitted;
  }

  function checkWebhooks(webhooks: readonly WebhookRequest[] = []): void {
    const errors = webhooks.flatMap((webhook, index) =>
      [...deps.webhooks.check(webhook)].map(({ field, message }) => ({
        pointer: `/webhooks/${index}/${field}`,
        message,
      })),
    );
    if (errors.length > 0) throw refuseFields(errors);
  }

  return {
    /** Checks a request and returns what the job would take; queues nothing. Throws what `submit` throws. */
    async plan(body: JobSubmission, caller: Caller): Promise<JobPlan> {
      checkWebhooks(body.webhooks);
      const { spec, plan } = await check(body, caller);
      const seconds = await estimates.seconds(spec);
      return {
        spec,
        parameters: plan.parameters,
        memory: plan.memory,
        steps: stepsOf(spec),
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
      checkWebhooks(body.webhooks);
      await deps.requireSpace?.();
      const id = randomUUID();
      return submitChecked(id, await checkAndKeepStart(id, body, caller), body, once);
    },
  };
}

/**
 * Returns the request in the form in which two requests with the same idempotency key are compared. Fills in defaults; but a `from`
 * reference stays unresolved, because the checkpoint or model that it refers to may change between the requests.
 */
function comparable({ priority = 0, metadata = {}, changes = [], webhooks = [], ...settings }: JobSubmission): object {
  return {
    spec: 'from' in settings ? settings : resolveJob(settings as JobRequest),
    priority,
    metadata,
    ...(changes.length > 0 && { changes }),
    ...(webhooks.length > 0 && { webhooks }),
  };
}
