/** Slows a BullMQ worker down while Redis refuses its commands: BullMQ asks again at once, thousands of times a second. */
import type { Worker } from 'bullmq';
import { describeRedisFault } from '../events/index.js';
import type { Logger } from '../logging/logger.js';

/** Pauses after a refusal: doubled each time, in ms. */
const PAUSE_MS = { first: 500, most: 5_000 } as const;

/**
 * Has the worker take turns while Redis does not refuse and `mayWork` says so. Returns a function to be called when the answer of
 * `mayWork` has changed.
 */
export function backOffOnRefusal(worker: Worker, logger: Logger, mayWork: () => boolean): () => void {
  let pauseMs: number = PAUSE_MS.first;
  let pausing: NodeJS.Timeout | undefined;
  const reset = (): void => {
    pauseMs = PAUSE_MS.first;
  };
  const update = (): void => {
    if (worker.closing !== undefined) return;
    const changing = pausing === undefined && mayWork() ? worker.resume() : worker.pause(true);
    changing.catch((err: unknown) => logger.debug({ err }, 'turns worker not paused or resumed'));
  };
  const resume = (): void => {
    pausing = undefined;
    update();
  };
  worker.on('active', reset).on('drained', reset);
  worker.on('error', (err) => {
    // Lost connections are reported by the connections themselves.
    if (err.name !== 'ReplyError') {
      logger.debug({ reason: describeRedisFault(err) }, 'turns worker error');
      return;
    }
    logger.warn({ reason: describeRedisFault(err), pauseMs }, 'no turns taken: Redis refuses');
    if (pausing !== undefined) return;
    pausing = setTimeout(resume, pauseMs).unref();
    pauseMs = Math.min(2 * pauseMs, PAUSE_MS.most);
    update();
  });
  return update;
}
