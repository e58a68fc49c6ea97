/** Stopping a process: on SIGTERM, SIGINT, or when the parent that forked it is gone. */
import { TrainyardError } from '../errors/errors.js';
import type { Logger } from '../logging/logger.js';

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
export function reportReady(details: Readonly<Record<string, string | number>> = {}): void {
  process.send?.({ type: 'ready', ...details });
}

/** Returns the sentence of an error of ours; anything else as it is, with its stack. */
export const printable = (error: unknown): unknown => (error instanceof TrainyardError ? error.message : error);

/**
 * Has this process end with exit code 1 on an error that nobody caught: with one sentence if the error is ours, as of a bad setting
 * or a folder that cannot be written, otherwise with the stack. A parent that waits for this process is told the sentence.
 */
export function exitOnUncaughtError(): void {
  process.on('uncaughtException', (error) => {
    console.error(printable(error));
    const exit = (): never => process.exit(1);
    if (process.send === undefined || !(error instanceof TrainyardError)) return exit();
    setTimeout(exit, 1_000).unref();
    process.send({ type: 'failed', message: error.message }, exit);
  });
}

/** Returns the sentence for an address that the API cannot listen on. */
export function listenError({ host, port }: Readonly<{ host: string; port: number }>, cause: unknown): TrainyardError {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  const why = {
    EADDRINUSE: `Port ${port} on ${host} is taken: stop what uses it, or set PORT to another one.`,
    EACCES: `Port ${port} on ${host} may not be used: set PORT to one from 1024 up.`,
    EADDRNOTAVAIL: `HOST is ${host}, which is no address of this machine.`,
    ENOTFOUND: `HOST is ${host}, which is no address of this machine.`,
  }[code];
  return new TrainyardError('unavailable', why ?? `The API cannot listen on ${host} port ${port}: ${message}.`, {
    cause,
  });
}
