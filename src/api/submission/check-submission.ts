/** Checks of a submission: completes the request, looks its data set up, builds its network and compares it with the live workers. */
import type { Caller } from '../../concurrency/fair-limit.js';
import type { DatasetInfo } from '../../contracts/datasets/dataset.js';
import { JobRequest, type JobSpec, resolveJob } from '../../contracts/jobs/job.js';
import type { WebhookRequest } from '../../contracts/jobs/webhook.js';
import type { TrainingPlan } from '../../contracts/processes/build.js';
import { choosePrecision } from '../../contracts/service/live-worker.js';
import { hasStartingPoint, type JobSubmission } from '../../contracts/submission/job-from.js';
import type { TrainyardError } from '../../errors/errors.js';
import type { AppDeps } from '../deps.js';
import { createValidatorCompiler, refuseFields } from '../http/validation.js';
import { lookUpDataset, requireFiles } from './dataset-lookup.js';
import { completeRequest, findStartingPoint, resolveStart, type StartingPoint } from './find-starting-point.js';
import { checkChanges, checkSpec } from './spec-checks.js';
import { checkWorkers } from './worker-checks.js';

export type CheckDeps = Pick<AppDeps, 'jobs' | 'workers' | 'builds' | 'datasets' | 'starts' | 'resolver'>;

/** A request with its data set, and the checkpoint or model that it starts from. */
type ResolvedRequest = Readonly<{ request: JobRequest; dataset: DatasetInfo; start?: StartingPoint }>;

/** A request that has passed every check. */
export type CheckedSubmission = Readonly<{
  spec: JobSpec;
  plan: TrainingPlan;
  /** The file that the job starts from. */
  startFile?: string;
}>;

const validateRequest = createValidatorCompiler()({
  schema: JobRequest,
  method: 'POST',
  url: '/jobs',
  httpPart: 'body',
});

/** Completes a request that starts from a checkpoint or a model, and looks its data set up. */
async function resolveRequest(body: JobSubmission, deps: CheckDeps): Promise<ResolvedRequest> {
  if (!hasStartingPoint(body)) return { request: body, dataset: await lookUpDataset(body, deps.datasets) };
  const start = await findStartingPoint(body, deps);
  const { request, dataset } = await completeRequest(start, deps.datasets);
  const { error } = validateRequest(request) as { error?: TrainyardError };
  if (error !== undefined) throw error;
  return { request, dataset, start };
}

/** Resolves and checks a request: one lookup of its data set, one build of its network. */
export async function checkSubmission(
  body: JobSubmission,
  caller: Caller,
  deps: CheckDeps,
): Promise<CheckedSubmission> {
  const { request, dataset, start } = await resolveRequest(body, deps);
  const workers = await deps.workers.list();
  const resolved = resolveJob(request, choosePrecision(request.precision, workers), undefined, dataset);
  const plan = await checkSpec(resolved, { dataset, workers, builds: deps.builds, caller });
  checkChanges(resolved, request.changes ?? []);
  await requireFiles(dataset.name, deps.datasets);
  const from = start && resolveStart(start, resolved, dataset);
  checkWorkers(resolved, workers, plan);
  return { spec: from ? { ...resolved, from } : resolved, plan, ...(start && { startFile: start.path }) };
}

/** Throws `invalid_request` with a pointer to each webhook field that `webhooks` refuses. */
export function checkWebhooks(requested: readonly WebhookRequest[] = [], webhooks: AppDeps['webhooks']): void {
  const errors = requested.flatMap((webhook, index) =>
    [...webhooks.check(webhook)].map(({ field, message }) => ({ pointer: `/webhooks/${index}/${field}`, message })),
  );
  if (errors.length > 0) throw refuseFields(errors);
}
