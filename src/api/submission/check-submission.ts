/** Checks of a submission: completes the request, looks its data set up, builds its network and compares it with the live workers. */
import type { Caller } from '../../concurrency/fair-limit.js';
import type { DatasetInfo } from '../../contracts/datasets/dataset.js';
import { JobRequest, type JobSpec, resolveJob } from '../../contracts/jobs/job.js';
import { epochsOf } from '../../contracts/jobs/phases.js';
import type { WebhookRequest } from '../../contracts/jobs/webhook.js';
import type { TrainingPlan } from '../../contracts/processes/build.js';
import { choosePrecision, type WorkerInfo } from '../../contracts/service/live-worker.js';
import { hasStartingPoint, type JobSubmission } from '../../contracts/submission/job-from.js';
import { type FieldError, TrainyardError } from '../../errors/errors.js';
import type { AppDeps } from '../deps.js';
import { createValidatorCompiler, refuseFields } from '../http/validation.js';
import { lookUpDataset, requireFiles } from './dataset-lookup.js';
import { completeRequest, findStartingPoint, resolveStart, type StartingPoint } from './find-starting-point.js';
import { changeErrors, checkSpec } from './spec-checks.js';
import { memoryErrors, precisionErrors } from './worker-checks.js';

export type CheckDeps = Pick<
  AppDeps,
  'jobs' | 'workers' | 'builds' | 'datasets' | 'starts' | 'resolver' | 'store' | 'webhooks'
>;

/** A request with its data set, and the checkpoint or model that it starts from. */
type ResolvedRequest = Readonly<{ request: JobRequest; dataset: DatasetInfo; start?: StartingPoint }>;

/** A request that has passed every check. */
export type CheckedSubmission = Readonly<{
  spec: JobSpec;
  plan: TrainingPlan;
  /** Live workers with which the job was compared. */
  workers: readonly WorkerInfo[];
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
  const errors = webhookErrors(body.webhooks, deps.webhooks);
  const { request, dataset, start } = await withErrors(errors, () => resolveRequest(body, deps));
  const workers = await deps.workers.list();
  const resolved = resolveJob(request, choosePrecision(request.precision, workers), undefined, dataset);
  const changes = request.changes ?? [];
  errors.push(...phaseErrors(request), ...changeErrors(resolved, changes), ...precisionErrors(resolved, workers));
  errors.push(...(await nameErrors(resolved, dataset, deps.store)));
  const context = { dataset, workers, changes, builds: deps.builds, caller };
  const plan = await withErrors(errors, () => checkSpec(resolved, context));
  errors.push(...memoryErrors(resolved, plan));
  if (errors.length > 0) throw refuseFields(errors);
  await requireFiles(dataset.name, deps.datasets);
  const from = start && resolveStart(start, resolved, dataset);
  const spec = from ? { ...resolved, from } : resolved;
  return { spec, plan, workers, ...(start && { startFile: start.path }) };
}

/** Runs `check`. If it throws errors of fields, adds `errors` to them, so that a client learns of all wrong fields at once. */
async function withErrors<Result>(errors: readonly FieldError[], check: () => Promise<Result>): Promise<Result> {
  try {
    return await check();
  } catch (error) {
    if (errors.length === 0 || !(error instanceof TrainyardError) || error.errors === undefined) throw error;
    throw refuseFields([...error.errors, ...errors]);
  }
}

/** Returns an error if `epochs` are not those of the phases together. */
function phaseErrors({ phases, epochs }: JobRequest): FieldError[] {
  const sum = epochsOf(phases ?? []);
  if (phases === undefined || epochs === undefined || epochs === sum) return [];
  const message = `must be ${sum}, the epochs of all phases together, or left out, not ${epochs}`;
  return [{ pointer: '/epochs', message }];
}

/** Returns an error if the newest version of the job's model name has other classes than the job's data set. */
async function nameErrors(
  { name }: JobSpec,
  { classes }: DatasetInfo,
  store: CheckDeps['store'],
): Promise<FieldError[]> {
  const message = await store.nameFault(name, classes);
  return message === undefined ? [] : [{ pointer: '/name', message }];
}

/** Returns an error for each webhook field that `webhooks` refuses. */
const webhookErrors = (requested: readonly WebhookRequest[] = [], webhooks: AppDeps['webhooks']): FieldError[] =>
  requested.flatMap((webhook, index) =>
    [...webhooks.check(webhook)].map(({ field, message }) => ({ pointer: `/webhooks/${index}/${field}`, message })),
  );
