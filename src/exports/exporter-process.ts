/** The exporter as a child process: forked for one command, so that neither its work nor its memory is the API's. */
import { runChildCommand } from '../child-command.js';
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
  const closing = new AbortController();

  async function run(command: ExporterCommand): Promise<Answer> {
    if (closing.signal.aborted) throw new TrainyardError('unavailable', 'The service is stopping.');
    const options = { name: 'exporter', logger, timeoutMs, signal: closing.signal };
    const ending = await runChildCommand<ExporterMessage>(url, command, options);
    if ('error' in ending)
      throw new TrainyardError('unavailable', 'The exporter cannot start.', { cause: ending.error });
    if (!('answer' in ending)) throw died(ending.code, ending.signal);
    if (ending.answer.type === 'failed') throw errorOf(ending.answer.error);
    return ending.answer;
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
      closing.abort();
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
