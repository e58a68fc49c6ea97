/** What is asked of a job that a worker holds: remembered until its trainer is there, then passed on, each once. */

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
  /** Number of the last change that the trainer knows of. */
  let told = 0;

  /** A job that is being cancelled is not paused any more: stopped, it would come back to be kept, and be stopped again. */
  function pass(): void {
    if (cancelMode === 'keep') trainer?.keep();
    else if (cancelMode === 'discard') trainer?.cancel();
    else if (pauseRequested) trainer?.stop();
  }

  /** Discarding goes before keeping. */
  function cancel(mode: CancelMode): void {
    if (cancelMode === mode || cancelMode === 'discard') return;
    cancelMode = mode;
    pass();
  }

  return {
    cancel,

    /** Does what the job's record asks for. */
    heed(job: Job): void {
      if (job.cancelRequestedAt !== undefined) cancel(job.cancelMode ?? 'discard');
      if (job.pauseRequestedAt !== undefined && !pauseRequested) {
        pauseRequested = true;
        pass();
      }
      if (job.changes.length <= changes.length) return;
      changes = job.changes;
      if (trainer === undefined) return;
      for (const change of changesForTrainer(changes)) if (change.number > told) trainer.change(change);
      told = changes.length;
    },

    /** Starts the trainer with what is known of changes, and tells it what has been asked meanwhile. */
    start(startTrainer: (changes: readonly LiveChange[]) => Trainer): Trainer {
      trainer = startTrainer(changesForTrainer(changes));
      told = changes.length;
      pass();
      return trainer;
    },

    kill: (): void => trainer?.kill(),
    trainer: (): Trainer | undefined => trainer,
    asked: () => ({ cancelMode, pauseRequested }),
  };
}
