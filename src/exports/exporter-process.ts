/** The exporter as a child process: forked for one command, so that neither its work nor its memory is the API's. */
import { type ChildProcess, fork } from 'node:child_process';
import { readLines } from '../child-output.js';
import type { ExporterCommand, ExporterMessage } from '../contracts/export.js';
import { isErrorCode, TrainyardError } from '../errors.js';
import type { Logger } from '../logger.js';

type Options = Readonly<{
  logger: Logger;
  /** The compiled process file. Default: exporter.js beside this folder. */
  exporterUrl?: URL;
  /** A conversion that is not done by then is ended, in ms. Default 300,000. */
  timeoutMs?: number;
}>;

type Answer = Exclude<ExporterMessage, { type: 'failed' }>;

/** A conversion that waits its turn, or runs. */
export type Exporter = ReturnType<typeof createExporter>;

/** Runs commands one after the other: each may need several times the memory of a model. */
export function createExporter({ logger, exporterUrl, timeoutMs = 300_000 }: Options) {
  const url = exporterUrl ?? new URL('../exporter.js', import.meta.url);
  let last: Promise<unknown> = Promise.resolve();
  let running: ChildProcess | undefined;
  let closed = false;

  function run(command: ExporterCommand): Promise<Answer> {
    if (closed) throw new TrainyardError('unavailable', 'The service is stopping.');
    return new Promise((resolve, reject) => {
      const child = fork(url, { serialization: 'advanced', stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: [] });
      running = child;
      const late = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
      for (const stream of ['stdout', 'stderr'] as const) {
        readLines(child[stream], (line) => logger.debug({ exporterPid: child.pid, stream, line }, 'exporter output'));
      }
      let answer: ExporterMessage | undefined;
      child.on('message', (message: ExporterMessage) => {
        answer = message;
      });
      child.once('error', (cause) =>
        reject(new TrainyardError('unavailable', 'The exporter cannot start.', { cause })),
      );
      child.once('exit', (code, signal) => {
        clearTimeout(late);
        running = undefined;
        if (answer === undefined) reject(died(code, signal));
        else if (answer.type === 'failed') reject(errorOf(answer.error));
        else resolve(answer);
      });
      child.send(command, () => undefined);
    });
  }

  return {
    /** What the exporter answers. Throws the error it tells, or `unavailable` where it dies. */
    run(command: ExporterCommand): Promise<Answer> {
      const turn = last.catch(() => undefined).then(() => run(command));
      last = turn;
      return turn;
    },

    /** Ends the conversion that runs; its caller is told so. */
    async close(): Promise<void> {
      closed = true;
      running?.kill('SIGKILL');
      await last.catch(() => undefined);
    },
  };
}

function errorOf({ code, message, errors }: Extract<ExporterMessage, { type: 'failed' }>['error']): TrainyardError {
  return new TrainyardError(isErrorCode(code) ? code : 'internal', message, errors && { errors });
}

const died = (code: number | null, signal: string | null): TrainyardError =>
  new TrainyardError(
    'unavailable',
    `The exporter process ended before it was done (${signal ?? `code ${code}`}): it took too long, or the machine has too little memory. Try again later.`,
  );
