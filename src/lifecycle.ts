/** Stopping a process: on SIGTERM, SIGINT, or when the parent that forked it is gone. */
import type { Logger } from './logger.js';

export type StopReason = 'SIGTERM' | 'SIGINT' | 'disconnect';

/**
 * Runs `stop` once, then exits. The first of SIGTERM, SIGINT and the loss of the parent's IPC channel counts; a second
 * signal exits at once, and so does a stop that takes longer than `deadlineMs`.
 */
export function stopOnSignal(
  stop: (reason: StopReason) => Promise<void>,
  options: Readonly<{ logger: Logger; deadlineMs?: number }>,
): void {
  const { logger, deadlineMs = 25_000 } = options;
  let stopping = false;
  const begin = (reason: StopReason): void => {
    if (stopping) {
      if (reason !== 'disconnect') process.exit(1);
      return;
    }
    stopping = true;
    logger.info({ reason }, 'stopping');
    setTimeout(() => {
      logger.error({ deadlineMs }, 'stopping took too long');
      process.exit(1);
    }, deadlineMs).unref();
    stop(reason).then(
      () => {
        logger.info('stopped');
        process.exit(0);
      },
      (err: unknown) => {
        logger.error({ err }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => begin('SIGTERM'));
  process.on('SIGINT', () => begin('SIGINT'));
  process.on('disconnect', () => begin('disconnect'));
}

/** Tells a parent that forked this process that it is ready. Without a parent, nothing. */
export function tellReady(details: Readonly<Record<string, string | number>> = {}): void {
  process.send?.({ type: 'ready', ...details });
}
