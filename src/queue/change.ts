/** Live changes of a job: their fields in its record, and the checks before they are written. */
import type { QueueChangeEvent } from '../contracts/jobs/frame.js';
import type { Job, JobStatus } from '../contracts/jobs/job.js';
import {
  type AppliedChange,
  type LiveChange,
  liveValuesIn,
  MAX_CHANGES,
  type PlannedChange,
  type RecordedChange,
  type RunChange,
} from '../contracts/jobs/live-change.js';
import { type ErrorCode, type FieldError, TrainyardError } from '../errors/errors.js';
import { corruptRecord, type JobWrite, type Journal, type Patch } from '../events/index.js';

/** `accepted`: the job runs, and the change takes effect at its next step. */
export type ChangeOutcome = Readonly<{ outcome: 'changed' | 'accepted'; job: Job }>;

type Fields = Readonly<Record<string, string>>;

/**
 * Returns the changes in a record. Each change has one field from its request and another one from its application, so the api and the
 * worker never overwrite each other.
 */
export function changesIn(fields: Fields): RecordedChange[] {
  const length = Number(fields['changes'] ?? 0);
  if (!(length >= 0 && length <= MAX_CHANGES)) throw corruptRecord('A job', `it has more than ${MAX_CHANGES} changes`);
  return Array.from({ length }, (_, i) => changeIn(fields, i + 1));
}

function changeIn(fields: Fields, number: number): RecordedChange {
  const requested = JSON.parse(fields[`change:${number}`] ?? '{}') as Omit<RecordedChange, 'number'>;
  const applied = JSON.parse(fields[`applied:${number}`] ?? '{}') as Partial<AppliedChange>;
  const from = { ...requested.from, ...applied.from };
  return {
    number,
    requestedAt: requested.requestedAt,
    ...(requested.due !== undefined && { due: requested.due }),
    ...(applied.step !== undefined && { step: applied.step }),
    ...(Object.keys(from).length > 0 && { from }),
    to: { ...requested.to, ...applied.to },
  };
}

/** Returns the fields of the planned changes that a job is submitted with. */
export function plannedPatch(changes: readonly PlannedChange[], requestedAt: string): Patch {
  const fields = changes.map(({ step: due, to }, i) => [`change:${i + 1}`, JSON.stringify({ requestedAt, due, to })]);
  return changes.length === 0 ? {} : { changes: changes.length, ...Object.fromEntries(fields) };
}

/** Returns the field of a change that has taken effect. */
export const appliedPatch = ({ number, step, from, to }: AppliedChange): Patch => ({
  [`applied:${number}`]: JSON.stringify({ step, from, to }),
});

export type ChangeDeps = Readonly<{
  journal: Journal;
  find: (id: string) => Promise<Job | undefined>;
  /** Moves the job's queue entry to the position of its priority. */
  moveEntry: (id: string) => Promise<unknown>;
}>;

/**
 * Writes the next change of a job. Throws `job_not_found`; `job_not_queued`, `job_state` or `job_ended` if the job's state does not allow
 * the change; and `invalid_request` if the values do not fit the job. Repeats the checks if the job changes meanwhile.
 */
export async function changeJob(id: string, change: RunChange, deps: ChangeDeps): Promise<ChangeOutcome> {
  const { journal, find, moveEntry } = deps;
  for (;;) {
    const job = await find(id);
    if (job === undefined) throw new TrainyardError('job_not_found', `There is no job ${id}.`);
    requireStatus(job, change);
    requireValidValues(job, change);
    const { outcome } = await journal.write(writeOf(job, change));
    if (outcome !== 'written') continue;
    if (change.priority !== undefined) await moveEntry(id);
    return { outcome: job.status === 'running' ? 'accepted' : 'changed', job: (await find(id)) ?? job };
  }
}

/** Returns the write that sets the priority of a queued job. It adds no change and no frame if the job has this priority. */
export function priorityWrite(job: Job, priority: number): JobWrite {
  if (priority !== job.priority) {
    requireRoomForChange(job);
    return writeOf(job, { priority });
  }
  return { jobId: job.id, from: ['queued'], changes: job.changes.length, needsMemory: true };
}

/** Returns the write of a change. It is refused if the job has got another change or status meanwhile. */
function writeOf(job: Job, change: RunChange): JobWrite {
  const number = job.changes.length + 1;
  const { priority } = change;
  const from = priority === undefined ? undefined : { priority: job.priority };
  const recorded = { requestedAt: new Date().toISOString(), ...(from && { from }), to: change };
  const event: QueueChangeEvent | undefined =
    priority === undefined || from === undefined ? undefined : { type: 'change', number, from, to: { priority } };
  return {
    jobId: job.id,
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
  };
}

const CHANGEABLE: readonly JobStatus[] = ['queued', 'running', 'paused'];

function refuse({ id }: Job, code: ErrorCode, sentence: string): never {
  throw new TrainyardError(code, `Job ${id} is ${sentence}`);
}

function requireStatus(job: Job, { priority, ...ofRun }: RunChange): void {
  const { status } = job;
  if (!CHANGEABLE.includes(status))
    refuse(job, 'job_ended', `${status}. Only a queued, running or paused job can be changed.`);
  requireNotCancelled(job);
  if (priority !== undefined) {
    const others = Object.keys(ofRun).length > 0 ? ' Nothing was changed.' : '';
    requireQueued(job, `Only the priority of a queued job can be changed.${others}`);
  }
  requireRoomForChange(job);
}

/** Throws `job_not_queued` with the rule if the job is not queued, and `job_state` if it is being cancelled. */
export function requireQueued(job: Job, rule: string): void {
  if (job.status !== 'queued') refuse(job, 'job_not_queued', `${job.status}. ${rule}`);
  requireNotCancelled(job);
}

function requireNotCancelled(job: Job): void {
  if (job.cancelRequestedAt !== undefined)
    refuse(job, 'job_state', `${job.status} and being cancelled. It can no longer be changed.`);
}

function requireRoomForChange(job: Job): void {
  if (job.changes.length >= MAX_CHANGES) refuse(job, 'job_state', `at the limit of ${MAX_CHANGES} changes.`);
}

function requireValidValues({ spec, progress, scores }: Job, change: RunChange): void {
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
 * Returns the changes of the run, as a trainer takes them. A change that an earlier attempt applied is applied again at the same step. A
 * new change without a step of its own comes after all those.
 */
export function changesForTrainer(changes: readonly RecordedChange[]): LiveChange[] {
  let lastApplied = 0;
  return changes.flatMap(({ number, due, step, to }) => {
    const ofRun = liveValuesIn(to);
    if (ofRun === undefined) return [];
    lastApplied = Math.max(lastApplied, step ?? 0);
    return [{ number, step: step ?? due ?? lastApplied, to: ofRun }];
  });
}
