/** Log lines about the progress of a training run. */
import type { TrainerEvent } from '../contracts/jobs/frame.js';
import type { Logger } from '../logging/logger.js';

/** Shortest time between two lines about steps, in ms. */
const STEP_PAUSE_MS = 15_000;

/** Returns a function that logs every epoch, and at most one step every 15 seconds. */
export function createProgressLog(logger: Logger): (event: TrainerEvent) => void {
  let loggedAt = performance.now();
  return (event) => {
    if (event.type === 'epoch') {
      const { type: _, ...epoch } = event;
      logger.info(epoch, 'epoch done');
    } else if (event.type === 'step' && performance.now() - loggedAt >= STEP_PAUSE_MS) {
      const { epoch, step, steps, loss, accuracy, imagesPerSecond } = event;
      logger.info({ epoch, step, steps, loss, accuracy, imagesPerSecond }, 'training');
    } else return;
    loggedAt = performance.now();
  };
}
