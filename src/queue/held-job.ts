/** Job that this worker owns: collects requests until the trainer has started, then sends each of them once. */
import type { Job } from '../contracts/jobs/job.js';
import type { LiveChange, RecordedChange } from '../contracts/jobs/live-change.js';
import type { CancelMode } from '../contracts/jobs/stop-reason.js';
import type { Trainer } from '../processes/trainer-process.js';
import { changesForTrainer } from './change.js';

export type HeldJob = ReturnType<typeof createHeldJob>;

export function createHeldJob() {
  let trainer: Trainer | undefined;
  let cancelMode: CancelMode | undefined;
  let pauseRequested = false;
  let changes: readonly RecordedChange[] = [];
  /** Number of the last change that the trainer has received. */
  let sentChanges = 0;

  /** Sends a cancel before a pause. A paused job would return to keep its weights, and would be paused again. */
  function sendRequest(): void {
    if (cancelMode === 'keep') trainer?.keep();
    else if (cancelMode === 'discard') trainer?.cancel();
    else if (pauseRequested) trainer?.stop();
  }

  function sendChanges(): void {
    if (trainer === undefined) return;
    for (const change of changesForTrainer(changes)) if (change.number > sentChanges) trainer.change(change);
    sentChanges = changes.length;
  }

  /** Requests a cancel. `discard` overrides `keep`, never the other way round. */
  function cancel(mode: CancelMode): void {
    if (cancelMode === mode || cancelMode === 'discard') return;
    cancelMode = mode;
    sendRequest();
  }

  return {
    cancel,

    /** Applies the requests and changes in the job's record. */
    apply(job: Job): void {
      if (job.cancelRequestedAt !== undefined) cancel(job.cancelMode ?? 'discard');
      if (job.pauseRequestedAt !== undefined && !pauseRequested) {
        pauseRequested = true;
        sendRequest();
      }
      if (job.changes.length <= changes.length) return;
      changes = job.changes;
      sendChanges();
    },

    /** Starts the trainer with the changes so far, and sends it the requests that came before it started. */
    start(startTrainer: (changes: readonly LiveChange[]) => Trainer): Trainer {
      trainer = startTrainer(changesForTrainer(changes));
      sentChanges = changes.length;
      sendRequest();
      return trainer;
    },

    kill: (): void => trainer?.kill(),
    trainer: (): Trainer | undefined => trainer,
    requests: () => ({ cancelMode, pauseRequested }),
  };
}
