/** Events of one trainer on their way to the outbox. */
import type { JobEvent, TrainerEvent, Usage } from '../contracts/jobs/frame.js';
import type { Job } from '../contracts/jobs/job.js';
import type { Logger } from '../logging/logger.js';
import type { AttemptMeasurement } from './job-hooks.js';
import type { Outbox } from './outbox.js';
import { createBestScores, isPublished, progressOf, withoutRate } from './record.js';

export function createTrainerEvents(
  deps: Readonly<{ job: Job; outbox: Pick<Outbox, 'push'>; measurement: AttemptMeasurement; logger: Logger }>,
) {
  const { job, outbox, measurement, logger } = deps;
  let { progress } = job;
  const score = createBestScores(job);
  let hasBegun = false;
  let isClosed = false;

  return {
    /** Pushes an event unless the stream has it, with the usage of the trainer. `at` is an ISO time; default now. */
    onEvent(event: TrainerEvent, at?: string, usage?: Usage): void {
      hasBegun = true;
      if (isClosed || isPublished(event, job)) return;
      measurement.note(event);
      if (event.type === 'step') progress = progressOf(event);
      const { event: scored, patch } = score(event);
      const withUsage: JobEvent =
        usage !== undefined && (scored.type === 'step' || scored.type === 'epoch') ? { ...scored, usage } : scored;
      outbox.push({ from: ['running'], event: withUsage, at, patch });
    },

    /** Removes the rate from the progress of a job whose trainer seems to hang. */
    onStall(): void {
      logger.warn('trainer is silent for longer than its steps take');
      if (progress !== undefined) outbox.push({ from: ['running'], patch: withoutRate(progress) });
    },

    /** Ignores events that arrive after the trainer has ended: the run history on disk has them. */
    close(): void {
      isClosed = true;
    },

    hasBegun: () => hasBegun,
  };
}
