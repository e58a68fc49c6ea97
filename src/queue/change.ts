/** ChangeOutcome a job that has not ended: what is asked of its record, and how changes lie there. */

import type { QueueChangeEvent } from '../contracts/jobs/frame.js';
import type { Job, JobStatus } from '../contracts/jobs/job.js';
import {
  type AppliedChange,
  type JobChange,
  type LiveChange,
  liveValuesIn,
  MAX_CHANGES,
  type PlannedChange,
  type RecordedChange,
} from '../contracts/jobs/live-change.js';
import { type ErrorCode, type FieldError, TrainyardError } from '../errors/errors.js';
import { corruptRecord, type Journal, type Patch } from '../events/index.js';

/** `accepted`: the job runs, and the change takes effect at its next step. */
export type ChangeOutcome = Readonly<{ outcome: 'changed' | 'accepted'; job: Job }>;

type Fields = Readonly<Record<string, string>>;

/** Each change has a field of its own, and another once it has taken effect: whoever writes one overwrites no other. */
export function changesIn(fields: Fields): RecordedChange[] {
  const length = Number(fields['changes'] ?? 0);
  if (!(length >= 0 && length <= MAX_CHANGES)) throw corruptRecord('A job', 'it has more changes than there can be');
  return Array.from({ length }, (_, i) => {
    const asked = JSON.parse(fields[`change:${i + 1}`] ?? '{}') as Omit<RecordedChange, 'number'>;
    const applied = JSON.parse(fields[`applied:${i + 1}`] ?? '{}') as Partial<AppliedChange>;
    const from = { ...asked.from, ...applied.from };
    return {
      number: i + 1,
      requestedAt: asked.requestedAt,
      ...(asked.due !== undefined && { due: asked.due }),
      ...(applied.step !== undefined && { step: applied.step }),
      ...(Object.keys(from).length > 0 && { from }),
      to: { ...asked.to, ...applied.to },
    };
  });
}

/** The fields of changes that a job is submitted with. */
export function plannedPatch(changes: readonly PlannedChange[], requestedAt: string): Patch {
  const fields = changes.map(({ step: due, to }, i) => [`change:${i + 1}`, JSON.stringify({ requestedAt, due, to })]);
  return changes.length === 0 ? {} : { changes: changes.length, ...Object.fromEntries(fields) };
}

/** What a change that has taken effect writes into the record. */
export const appliedPatch = ({ number, step, from, to }: AppliedChange): Patch => ({
  [`applied:${number}`]: JSON.stringify({ step, from, to }),
});

type ChangeDeps = Readonly<{
  journal: Journal;
  find: (id: string) => Promise<Job | undefined>;
  /** Puts the job's turn where its priority has it. */
  restorePlace: (id: string) => Promise<unknown>;
}>;

/**
 * Changes a job: numbered, written with the changes before it known, and checked against them. Throws `job_not_queued`,
 * `job_state` or `job_ended` where its status is not for it, `invalid_request` where the job is not.
 */
export async function changeJob(id: string, change: JobChange, deps: ChangeDeps): Promise<ChangeOutcome> {
  const { journal, find, restorePlace } = deps;
  for (;;) {
    const job = await find(id);
    if (job === undefined) throw new TrainyardError('job_not_found', `There is no job ${id}.`);
    requireStatus(job, change);
    requireFit(job, change);
    const number = job.changes.length + 1;
    const { priority } = change;
    const from = priority === undefined ? undefined : { priority: job.priority };
    const recorded = { requestedAt: new Date().toISOString(), ...(from && { from }), to: change };
    const event: QueueChangeEvent | undefined =
      priority === undefined || from === undefined ? undefined : { type: 'change', number, from, to: { priority } };
    const { outcome } = await journal.write({
      jobId: id,
      from: [job.status],
      changes: number - 1,
      needsMemory: true,
      patch: {
        changes: number,
        [`change:${number}`]: JSON.stringify(recorded),
        ...(priority !== undefined && { priority }),
      },
      ...(event && { event }),
      announce: job.status === 'running',
    });
    // Its status or its changes are others than those that were looked at: once more.
    if (outcome !== 'written') continue;
    if (priority !== undefined) await restorePlace(id);
    return { outcome: job.status === 'running' ? 'accepted' : 'changed', job: (await find(id)) ?? job };
  }
}

const CHANGEABLE: readonly JobStatus[] = ['queued', 'running', 'paused'];

function requireStatus({ id, status, cancelRequestedAt, changes }: Job, { priority, ...tuning }: JobChange): void {
  const refuse = (code: ErrorCode, sentence: string): never => {
    throw new TrainyardError(code, `Job ${id} is ${sentence}`);
  };
  if (!CHANGEABLE.includes(status))
    refuse('job_ended', `${status}; only a queued, running or paused job can be changed.`);
  if (cancelRequestedAt !== undefined)
    refuse('job_state', `${status} and being cancelled; it cannot be changed any more.`);
  if (priority !== undefined && status !== 'queued') {
    const rest = Object.keys(tuning).length > 0 ? ' Nothing was changed.' : '';
    refuse('job_not_queued', `${status}; the priority of a queued job can be changed.${rest}`);
  }
  if (changes.length >= MAX_CHANGES)
    refuse('job_state', `changed ${MAX_CHANGES} times already, the most there can be.`);
}

/** Values that this job can take, by what is known of it now. */
function requireFit({ spec, progress, scores }: Job, change: JobChange): void {
  const errors: FieldError[] = [];
  if (change.patience !== undefined && spec.earlyStopping === null) {
    const message = 'needs early stopping, which the job was submitted without';
    errors.push({ pointer: '/patience', message });
  }
  const begun = Math.max(progress?.epoch ?? 0, scores?.epoch ?? 0);
  if (change.epochs !== undefined && change.epochs < begun) {
    const message = `must be at least ${begun}, the epoch that has begun, not ${change.epochs}`;
    errors.push({ pointer: '/epochs', message });
  }
  const [first] = errors;
  if (first === undefined) return;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more, see errors)` : '';
  throw new TrainyardError('invalid_request', `${first.pointer} ${first.message}${more}.`, { errors });
}

/**
 * The changes as a trainer takes them: those of the run. A new one waits for those before it that took effect in an attempt
 * before, which are made again at their own step; for one that is planned it does not wait.
 */
export function changesForTrainer(changes: readonly RecordedChange[]): LiveChange[] {
  let taken = 0;
  return changes.flatMap(({ number, due, step, to }) => {
    const tuning = liveValuesIn(to);
    if (tuning === undefined) return [];
    taken = Math.max(taken, step ?? 0);
    return [{ number, step: step ?? due ?? taken, to: tuning }];
  });
}
