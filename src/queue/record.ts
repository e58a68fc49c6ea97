/** The job's record: a Redis hash, its translation to the Job of the contract, and what each event changes in it. */

import { type StepEvent, scoresOf, type TrainerEvent } from '../contracts/jobs/frame.js';
import type { Job, JobSpec, JobStatus, Metadata } from '../contracts/jobs/job.js';
import { JOB_STATUSES } from '../contracts/jobs/job.js';
import type { EpochScores, Failure, Progress } from '../contracts/jobs/outcome.js';
import type { CancelMode, EndReason } from '../contracts/jobs/stop-reason.js';
import { shownWebhook, type Webhook, type WebhookRequest } from '../contracts/jobs/webhook.js';
import type { ModelReference } from '../contracts/references/model-reference.js';
import { isPart, partFault } from '../contracts/references/path-part.js';
import { type Patch, readRecord, requireJobId } from '../events/index.js';
import { appliedPatch, changesIn } from './change.js';

/** A job as the queue sees it: the contract's Job, and what only the queue needs. */
export type JobRecord = Readonly<{
  job: Job;
  /** Grows with each worker that takes the job, and with each attempt: the fencing token of workers. Older records have the attempt's number. */
  term: number;
  restarts: number;
  losses: Losses;
  order: number;
  progressAt?: number;
}>;

/** What a job that was queued before an option was there has of it. */
const LATER = { earlyStopping: null, maxSeconds: null } as const;

/** How often in a row the job lost its worker without getting further, and how far it was at most. */
export type Losses = Readonly<{ count: number; furthest?: Progress }>;

/**
 * Translates the record that is stored under this id. Throws `record_corrupt` if it is not as this service writes one: its id,
 * names and numbers become parts of paths.
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

/** Says what of a record no job can have; undefined if all is well. */
function faultOf(id: string, { job, order, term, restarts, losses }: JobRecord): string | undefined {
  const { status, spec, attempt, microBatchSize = 1, model } = job;
  if (job.id !== id) return 'its id is another';
  if (!JOB_STATUSES.includes(status)) return `there is no status ${status}`;
  if (!isPart('modelName', spec.name)) return partFault('modelName', spec.name);
  if (!isPart('datasetName', spec.dataset.name)) return partFault('datasetName', spec.dataset.name);
  if (!isPart('attempt', attempt)) return partFault('attempt', attempt);
  if (model !== undefined && !(isPart('modelName', model.name) && isPart('version', model.version)))
    return 'its model is none';
  const numbers = { order, term, restarts, microBatchSize, losses: losses.count, priority: job.priority };
  const [wrong] = Object.entries(numbers).find(([, number]) => !Number.isSafeInteger(number)) ?? [];
  return wrong && `${wrong} is not a whole number`;
}

function translate(fields: Fields): JobRecord {
  const { id = '', status, spec, createdAt = '', attempt, term, restarts, order } = fields;
  const { startedAt, endedAt, cancelRequestedAt, pauseRequestedAt } = fields;
  const progress = parsed<Progress>(fields['progress']);
  const scores = parsed<EpochScores>(fields['scores']);
  const model = parsed<ModelReference>(fields['model']);
  const reason = parsed<EndReason>(fields['reason']);
  const cancelMode = fields['cancelMode'] as CancelMode | undefined;
  const error = parsed<Failure>(fields['error']);
  const job: Job = {
    id,
    status: status as JobStatus,
    spec: { ...LATER, ...(JSON.parse(spec ?? 'null') as JobSpec) },
    priority: Number(fields['priority'] ?? 0),
    metadata: parsed<Metadata>(fields['metadata']) ?? {},
    ...(fields['webhooks'] !== undefined && { webhooks: shownWebhooks(JSON.parse(fields['webhooks'])) }),
    createdAt,
    ...(startedAt !== undefined && { startedAt }),
    ...(endedAt !== undefined && { endedAt }),
    ...(cancelRequestedAt !== undefined && { cancelRequestedAt }),
    ...(pauseRequestedAt !== undefined && { pauseRequestedAt }),
    ...(cancelMode !== undefined && { cancelMode }),
    attempt: Number(attempt),
    ...(fields['microBatchSize'] !== undefined && { microBatchSize: Number(fields['microBatchSize']) }),
    ...(progress && { progress }),
    changes: changesIn(fields),
    ...(scores && { scores }),
    ...(model && { model }),
    ...(reason && { reason }),
    ...(error && { error }),
  };
  const losses = parsed<Losses>(fields['losses']) ?? { count: 0 };
  const progressAt = fields['progressAt'];
  return {
    job,
    term: Number(term ?? attempt),
    restarts: Number(restarts ?? 0),
    losses,
    order: Number(order),
    ...(progressAt !== undefined && { progressAt: Number(progressAt) }),
  };
}

/** Without their secrets. */
export const shownWebhooks = (webhooks: readonly WebhookRequest[]): Webhook[] => webhooks.map(shownWebhook);

const parsed = <T>(text: string | undefined): T | undefined =>
  text === undefined ? undefined : (JSON.parse(text) as T);

/** How far a step event says that a job has come. */
export const progressOf = ({ epoch, step, steps, imagesPerSecond }: StepEvent): Progress => ({
  epoch,
  step,
  steps,
  imagesPerSecond,
});

/** What an event of a trainer changes in the record. */
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

/** Whether the stream had an event already: an attempt that goes on from a checkpoint comes by places it was told of. */
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
      // One that the clock had ended within comes once more where the run has gone on, with more steps.
      const { epoch = 0, step = Number.POSITIVE_INFINITY } = scores ?? {};
      return event.epoch < epoch || (event.epoch === epoch && (event.step ?? Number.POSITIVE_INFINITY) <= step);
    }
    case 'change':
      return changes[event.number - 1]?.step !== undefined;
    default:
      return event satisfies never;
  }
}

/** How far a job has come, without the rate of a trainer that has ended or hangs. */
export function withoutRate(progress: Progress | undefined): Patch {
  if (progress === undefined) return {};
  const { imagesPerSecond: _, ...place } = progress;
  return { progress: JSON.stringify(place) };
}

/** What is forgotten when an attempt ends without a result. How far the job has come stays. */
export const waiting: Patch = { startedAt: null };
