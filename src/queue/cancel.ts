/** Cancelling a job: what is asked of its record, and the sentences of its end. The worker that holds it does the rest. */

import type { Job } from '../contracts/jobs/job.js';
import type { CancelMode, EndReason } from '../contracts/jobs/stop-reason.js';
import { TrainyardError } from '../errors/errors.js';
import type { JobWrite, Journal } from '../events/index.js';
import { queueFullError } from './depth.js';

/** `accepted`: it will end soon. */
export type CancelOutcome = Readonly<{ outcome: 'cancelled' | 'accepted'; job: Job }>;

const DISCARDED: EndReason = { code: 'discarded', message: 'The job was cancelled; its weights were not to be kept.' };
const NEVER_RAN: EndReason = {
  code: 'nothing_kept',
  message: 'The job was cancelled before it was trained: there is nothing to keep.',
};

export const discarded = () => cancelled(DISCARDED);

export const notKept = (why: string) =>
  cancelled({ code: 'nothing_kept', message: `The job was cancelled, and its weights could not be kept. ${why}` });

/** The end of a job that is cancelled. */
export const cancelled = (reason: EndReason, model?: Job['model']) =>
  ({
    to: 'cancelled',
    event: { type: 'end', status: 'cancelled', ...(model && { model }), reason },
    patch: {
      endedAt: new Date().toISOString(),
      reason: JSON.stringify(reason),
      ...(model && { model: JSON.stringify(model) }),
    },
  }) as const;

/** A job that was paused, and whose weights a worker is to save. */
export const queuedAgain = (attempt: number) =>
  ({ to: 'queued', event: { type: 'status', status: 'queued', attempt } }) as const;

type CancelDeps = Readonly<{
  journal: Journal;
  get: (id: string) => Promise<Job>;
  /** Takes the turn of a job that has ended out of the queue, or gives one to a job that is queued again. */
  removeTurn: (id: string) => Promise<unknown>;
  restoreEntry: (id: string) => Promise<unknown>;
  /** Most jobs that may be queued; unset: any number. */
  queueDepth: number | undefined;
}>;

const endsNow = (job: Job, mode: CancelMode): boolean =>
  job.status !== 'running' && (mode === 'discard' || job.attempt === 0);

/**
 * Ends a queued or paused job at once, unless it has weights to be kept: then, as of a running one, a worker saves them. Asked
 * again, `discard` goes before `keep`. Throws `job_ended`, and `queue_full` if a paused job is to be kept and has no room in the queue.
 */
export async function cancelJob(id: string, mode: CancelMode, deps: CancelDeps): Promise<CancelOutcome> {
  const { journal, get, removeTurn, restoreEntry, queueDepth } = deps;
  for (;;) {
    const job = await get(id);
    const { status, attempt } = job;
    if (job.endedAt !== undefined) {
      throw new TrainyardError(
        'job_ended',
        `Job ${id} is ${status}; only a queued, running or paused job can be cancelled.`,
      );
    }
    const fence = { jobId: id, from: [status], attempt } as const;
    if (endsNow(job, mode)) {
      const { patch, ...end } = cancelled(mode === 'keep' ? NEVER_RAN : DISCARDED);
      const { outcome } = await journal.write({ ...fence, ...end, patch: { ...patch, cancelMode: mode } });
      if (outcome !== 'written') continue;
      await removeTurn(id);
      return { outcome: 'cancelled', job: await get(id) };
    }
    const { outcome } = await journal.write({ ...fence, ...request(job, mode), most: queueDepth });
    if (outcome === 'full' && queueDepth !== undefined)
      throw queueFullError(queueDepth, 'With mode=discard the job is cancelled at once.');
    if (outcome !== 'written') continue;
    if (status !== 'running') await restoreEntry(id);
    return { outcome: 'accepted', job: await get(id) };
  }
}

/** The worker that holds the job ends it; one that is paused goes to a worker once more. */
function request({ status, attempt, cancelRequestedAt }: Job, mode: CancelMode): Omit<JobWrite, 'jobId' | 'from'> {
  const now = new Date().toISOString();
  const patch = { cancelMode: mode, cancelRequestedAt: cancelRequestedAt ?? now, pauseRequestedAt: null };
  return status === 'paused' ? { ...queuedAgain(attempt), patch } : { patch, announce: true };
}
