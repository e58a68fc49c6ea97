/** Start and end of a process: signals, shutdown with a deadline, uncaught errors, and the ready message to its parent. */
import { TrainyardError } from '../errors/errors.js';
import type { Logger } from '../logging/logger.js';

export type ShutdownTrigger = 'SIGTERM' | 'SIGINT' | 'disconnect';

/**
 * Calls `stop` once, on the first SIGTERM, SIGINT or loss of the parent's IPC channel, then exits with 0. Exits with 1 if `stop` rejects,
 * takes longer than `deadlineMs` (default 25,000), or a second signal arrives.
 */
export function stopOnSignal(
  stop: (trigger: ShutdownTrigger) => Promise<void>,
  options: Readonly<{ logger: Logger; deadlineMs?: number }>,
): void {
  const { logger, deadlineMs = 25_000 } = options;
  let isStopping = false;
  const begin = (trigger: ShutdownTrigger): void => {
    if (isStopping) {
      if (trigger !== 'disconnect') process.exit(1);
      return;
    }
    isStopping = true;
    logger.info({ reason: trigger }, 'stopping');
    setTimeout(() => {
      logger.error({ deadlineMs }, 'stopping took too long');
      process.exit(1);
    }, deadlineMs).unref();
    stop(trigger).then(
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

/** Sends the ready message to the parent process. Does nothing without a parent. */
export function reportReady(details: Readonly<Record<string, string | number>> = {}): void {
  process.send?.({ type: 'ready', ...details });
}

/** Returns the message of a TrainyardError. Returns any other error unchanged, so that its stack is printed. */
export const printable = (error: unknown): unknown => (error instanceof TrainyardError ? error.message : error);

/**
 * Exits with code 1 on an uncaught error. Prints only the message of a TrainyardError, such as a wrong setting or a read-only folder, and
 * sends it to the parent process; prints any other error with its stack.
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

/** Returns the error for an address that the API cannot listen on. */
export function listenError({ host, port }: Readonly<{ host: string; port: number }>, cause: unknown): TrainyardError {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  const notOfThisMachine = `HOST must be an address of this machine (got ${host}). Use 127.0.0.1, or 0.0.0.0 for all of them.`;
  const reason = {
    EADDRINUSE: `Port ${port} on ${host} is taken. Stop the program that uses it, or set PORT to another port.`,
    EACCES: `Port ${port} on ${host} needs root rights. Set PORT to 1024 or higher.`,
    EADDRNOTAVAIL: notOfThisMachine,
    ENOTFOUND: notOfThisMachine,
  }[code];
  return new TrainyardError('unavailable', reason ?? `The API cannot listen on ${host} port ${port}: ${message}.`, {
    cause,
  });
}
