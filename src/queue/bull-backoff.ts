/** Back-off of a BullMQ worker. BullMQ repeats a refused command at once, thousands of times a second. */
import type { Worker } from 'bullmq';
import { describeRedisFault } from '../events/index.js';
import type { Logger } from '../logging/logger.js';

/** Pauses after a refusal, in milliseconds. Each is twice the one before. */
const PAUSE_MS = { first: 500, most: 5_000 } as const;

/**
 * Pauses the worker after Redis refuses a command, and while `mayWork` returns false. Call the returned function when the result of
 * `mayWork` changes.
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
    changing.catch((err: unknown) => logger.debug({ err }, 'queue worker not paused or resumed'));
  };
  const resume = (): void => {
    pausing = undefined;
    update();
  };
  worker.on('active', reset).on('drained', reset);
  worker.on('error', (err) => {
    // The connections themselves report that they are lost.
    if (err.name !== 'ReplyError') {
      logger.debug({ reason: describeRedisFault(err) }, 'queue worker error');
      return;
    }
    logger.warn({ reason: describeRedisFault(err), pauseMs }, 'no jobs taken: Redis refuses commands');
    if (pausing !== undefined) return;
    pausing = setTimeout(resume, pauseMs).unref();
    pauseMs = Math.min(2 * pauseMs, PAUSE_MS.most);
    update();
  });
  return update;
}
