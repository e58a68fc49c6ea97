/** Record of a job: a Redis hash, its translation to the contract's Job, and the fields that each event changes. */
import { DEFAULT_PROJECT } from '../contracts/access/project.js';
import { type EpochEvent, type StepEvent, scoresOf, type TrainerEvent } from '../contracts/jobs/frame.js';
import type { Job, JobSpec, JobStatus, SubmittedRequest } from '../contracts/jobs/job.js';
import { JOB_STATUSES } from '../contracts/jobs/job.js';
import type { Metadata } from '../contracts/jobs/job-texts.js';
import type { EpochScores, Failure, Progress } from '../contracts/jobs/outcome.js';
import type { CancelMode, EndReason } from '../contracts/jobs/stop-reason.js';
import { shownWebhook, type Webhook, type WebhookRequest } from '../contracts/jobs/webhook.js';
import type { RunWork, TrainingWork } from '../contracts/networks/training-work.js';
import type { ModelReference } from '../contracts/references/model-reference.js';
import { isPart, partFault } from '../contracts/references/path-part.js';
import { settingsOfSpec, withDrawOf } from '../contracts/submission/submitted-request.js';
import { isBetter, modeOf } from '../contracts/training/training-options.js';
import { type Patch, readRecord, requireJobId } from '../events/index.js';
import { appliedPatch, changesIn } from './change.js';

/** The contract's Job and the fields that only the queue needs. */
export type JobRecord = Readonly<{
  job: Job;
  /**
   * Fencing token. Grows when a worker takes the job and when an attempt begins. Records without this field use the number of the
   * attempt.
   */
  term: number;
  restarts: number;
  losses: WorkerLosses;
  /** Submission number of the job, from 1. */
  order: number;
  /** Time of the last progress, in milliseconds since 1970. */
  progressAt?: number;
  /** Work of the job's network. Absent from records of older versions. */
  work?: TrainingWork;
}>;

/** Defaults for jobs that were queued before these options existed. */
const DEFAULTS_OF_OLDER_SPECS = { earlyStopping: null, maxSeconds: null } as const;

/** Worker losses in a row without progress, and the furthest progress at any of them. */
export type WorkerLosses = Readonly<{ count: number; furthest?: Progress }>;

/**
 * Translates the record that is stored under this id. Throws `record_corrupt` if this service cannot have written it, because ids, names
 * and numbers of a record become parts of file paths.
 */
export function recordOf(id: string, fields: Fields): JobRecord {
  requireJobId(id);
  return readRecord(`The record of job ${id}`, () => {
    const record = translate(fields);
    const fault = faultOf(id, record);
    if (fault !== undefined) throw new Error(fault);
    return record;
  });
}

type Fields = Readonly<Record<string, string>>;

/** Returns the first fault of a record, or undefined. */
function faultOf(id: string, { job, order, term, restarts, losses }: JobRecord): string | undefined {
  const { status, spec, attempt, microBatchSize = 1, model } = job;
  if (job.id !== id) return 'it has the id of another job';
  if (!JOB_STATUSES.includes(status)) return `there is no status ${status}`;
  if (!isPart('projectName', job.project)) return partFault('projectName', job.project);
  if (!isPart('modelName', spec.name)) return partFault('modelName', spec.name);
  if (!isPart('datasetName', spec.dataset.name)) return partFault('datasetName', spec.dataset.name);
  if (!isPart('attempt', attempt)) return partFault('attempt', attempt);
  if (model !== undefined && !(isPart('modelName', model.name) && isPart('version', model.version)))
    return 'its model has no valid name or version';
  const numbers = { order, term, restarts, microBatchSize, losses: losses.count, priority: job.priority };
  const [wrong] = Object.entries(numbers).find(([, number]) => !Number.isSafeInteger(number)) ?? [];
  return wrong && `${wrong} is not a whole number`;
}

function translate(fields: Fields): JobRecord {
  const { attempt, term, restarts, order, progressAt } = fields;
  return {
    job: jobIn(fields),
    term: Number(term ?? attempt),
    restarts: Number(restarts ?? 0),
    losses: parsed<WorkerLosses>(fields['losses']) ?? { count: 0 },
    order: Number(order),
    ...(progressAt !== undefined && { progressAt: Number(progressAt) }),
    ...workIn(fields),
  };
}

/** Returns the work of the job's network if every number of it is finite. */
function workIn(fields: Fields): Pick<JobRecord, 'work'> {
  const work = parsed<TrainingWork>(fields['work']);
  const phases: readonly (RunWork | undefined)[] = Array.isArray(work?.phases) ? work.phases : [];
  const numbers = [work?.step, work?.scoring, ...phases].flatMap((run) => [run?.perImage, run?.perRun, run?.nodes]);
  return work !== undefined && numbers.every(Number.isFinite) ? { work } : {};
}

function jobIn(fields: Fields): Job {
  const { id = '', status, spec, createdAt = '', attempt, microBatchSize, webhooks } = fields;
  const resolved = { ...DEFAULTS_OF_OLDER_SPECS, ...(JSON.parse(spec ?? 'null') as JobSpec) };
  const changes = changesIn(fields);
  return {
    id,
    project: fields['project'] ?? DEFAULT_PROJECT,
    status: status as JobStatus,
    spec: resolved,
    request: withDrawOf(
      resolved,
      parsed<SubmittedRequest>(fields['settings']) ?? settingsOfSpec({ spec: resolved, changes }),
    ),
    priority: Number(fields['priority'] ?? 0),
    metadata: parsed<Metadata>(fields['metadata']) ?? {},
    ...(fields['notes'] !== undefined && { notes: fields['notes'] }),
    ...(webhooks !== undefined && { webhooks: shownWebhooks(JSON.parse(webhooks)) }),
    createdAt,
    ...timesAndRequestsIn(fields),
    attempt: Number(attempt),
    ...(microBatchSize !== undefined && { microBatchSize: Number(microBatchSize) }),
    ...(fields['progress'] !== undefined && { progress: JSON.parse(fields['progress']) as Progress }),
    changes,
    ...resultsIn(fields),
  };
}

function timesAndRequestsIn(fields: Fields) {
  const { startedAt, endedAt, cancelRequestedAt, pauseRequestedAt, cancelMode } = fields;
  return {
    ...(startedAt !== undefined && { startedAt }),
    ...(endedAt !== undefined && { endedAt }),
    ...(cancelRequestedAt !== undefined && { cancelRequestedAt }),
    ...(pauseRequestedAt !== undefined && { pauseRequestedAt }),
    ...(cancelMode !== undefined && { cancelMode: cancelMode as CancelMode }),
  };
}

function resultsIn(fields: Fields) {
  const scores = parsed<EpochScores>(fields['scores']);
  const bestScores = parsed<EpochScores>(fields['bestScores']);
  const model = parsed<ModelReference>(fields['model']);
  const reason = parsed<EndReason>(fields['reason']);
  const error = parsed<Failure>(fields['error']);
  return {
    ...(scores && { scores }),
    ...(bestScores && { bestScores }),
    ...(model && { model }),
    ...(reason && { reason }),
    ...(error && { error }),
  };
}

/** Returns webhooks without their secrets. */
export const shownWebhooks = (webhooks: readonly WebhookRequest[]): Webhook[] => webhooks.map(shownWebhook);

const parsed = <T>(text: string | undefined): T | undefined =>
  text === undefined ? undefined : (JSON.parse(text) as T);

/** Returns the progress that a step event reports. */
export const progressOf = ({ epoch, step, steps, imagesPerSecond }: StepEvent): Progress => ({
  epoch,
  step,
  steps,
  imagesPerSecond,
});

/** Returns the fields of the record that an event of a trainer changes. */
export function patchOf(event: TrainerEvent): Patch {
  switch (event.type) {
    case 'resume':
    case 'start':
      return {};
    case 'step': {
      return { progress: JSON.stringify(progressOf(event)), progressAt: Date.now() };
    }
    case 'gap': {
      const { epoch, step, steps } = event;
      return { progress: JSON.stringify({ epoch, step, steps } satisfies Progress), progressAt: Date.now() };
    }
    case 'epoch':
      return { scores: JSON.stringify(scoresOf(event)), progressAt: Date.now() };
    case 'change':
      return appliedPatch(event);
    default:
      return event satisfies never;
  }
}

/** Returns whether the stream already has an event. An attempt that resumes from a checkpoint repeats such events. */
export function isPublished(
  event: TrainerEvent,
  { progress, scores, changes }: Pick<Job, 'progress' | 'scores' | 'changes'>,
): boolean {
  switch (event.type) {
    case 'resume':
    case 'start':
      return false;
    case 'step':
    case 'gap': {
      const { epoch = 0, step = 0 } = progress ?? {};
      return event.epoch < epoch || (event.epoch === epoch && event.step <= step);
    }
    case 'epoch': {
      // The time limit can end a run within an epoch. If the run continues, the epoch is reported again with more steps.
      const { epoch = 0, step = Number.POSITIVE_INFINITY } = scores ?? {};
      return event.epoch < epoch || (event.epoch === epoch && (event.step ?? Number.POSITIVE_INFINITY) <= step);
    }
    case 'change':
      return changes[event.number - 1]?.step !== undefined;
    default:
      return event satisfies never;
  }
}

/** Metric by which an epoch counts as the best: that of early stopping. */
export const bestMetricOf = ({ earlyStopping }: Pick<JobSpec, 'earlyStopping'>) =>
  earlyStopping?.metric ?? 'validationAccuracy';

/**
 * Returns a function that marks the best epoch so far, and adds the best scores of a job to the fields that an event changes. It applies
 * the rule of checkpoints: the first epoch with the best validation score, without epochs that the time limit has cut.
 */
export function createBestScores({ spec, bestScores }: Pick<Job, 'spec' | 'bestScores'>) {
  const metric = bestMetricOf(spec);
  let best = bestScores?.[metric];
  return (event: TrainerEvent): ScoredEvent => {
    const patch = patchOf(event);
    const value = event.type === 'epoch' && event.step === undefined ? event[metric] : undefined;
    if (event.type !== 'epoch' || !Number.isFinite(value) || value === undefined) return { event, patch };
    if (best !== undefined && !isBetter(value, best, modeOf(metric))) return { event, patch };
    best = value;
    return { event: { ...event, best: true }, patch: { ...patch, bestScores: JSON.stringify(scoresOf(event)) } };
  };
}

/** An event of a trainer, marked if it is the best epoch so far, and the fields of the record that it changes. */
type ScoredEvent = Readonly<{ event: TrainerEvent | (EpochEvent & { best: true }); patch: Patch }>;

/** Removes the rate from the progress, because the trainer has ended or hangs. */
export function withoutRate(progress: Progress | undefined): Patch {
  if (progress === undefined) return {};
  const { imagesPerSecond: _, ...position } = progress;
  return { progress: JSON.stringify(position) };
}

/** Removes the start of an attempt that ended without a result. The progress of the job stays. */
export const clearedStart: Patch = { startedAt: null };
