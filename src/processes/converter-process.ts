/** Conversions in child processes: one command each, so that neither their work nor their memory is the API's. */

import { createFairConcurrencyLimit } from '../concurrency/fair-limit.js';
import type { Conversion, Conversions, ConverterMessage } from '../contracts/processes/conversion.js';
import { isErrorCode, TrainyardError } from '../errors/errors.js';
import type { Logger } from '../logging/logger.js';
import { runChildCommand } from './child-command.js';

type Options = Readonly<{
  logger: Logger;
  /** The compiled process file. Default: converter.js beside this file. */
  converterUrl?: URL;
  /** A conversion that is not done by then is ended, in ms. Default 300,000. */
  timeoutMs?: number;
  /** Most JavaScript objects of a conversion, in MiB. Default: V8's own limit. */
  heapMb?: number;
}>;

export type Converter = ReturnType<typeof createConverter>;

/** Runs commands one after the other, one client after the other: each needs a core, and may need several times the memory of a model. */
export function createConverter({ logger, converterUrl, timeoutMs = 300_000, heapMb }: Options) {
  const url = converterUrl ?? new URL('../converter.js', import.meta.url);
  const turns = createFairConcurrencyLimit({ limit: 1 });
  const closing = new AbortController();

  async function convert(type: Conversion, command: object): Promise<unknown> {
    const options = { name: 'converter', logger, timeoutMs, heapMb, signal: closing.signal };
    const ending = await runChildCommand<ConverterMessage>(url, { type, command }, options);
    if ('error' in ending) throw unavailable('The converter cannot start.', ending.error);
    if ('answer' in ending) return answerOf(ending.answer);
    closing.signal.throwIfAborted();
    if (type === 'dataset' && (ending.isLate || RAN_OUT.includes(ending.signal ?? '')))
      throw new TrainyardError('invalid_dataset', tooLarge(ending.isLate ? timeoutMs : undefined));
    throw unavailable(
      `The converter process ended before it was done (${ending.signal ?? `code ${ending.code}`}): it took too long, or the machine has too little memory. Try again later.`,
    );
  }

  return {
    /** What the converter answers. Throws the error it tells, or `unavailable` where it dies. */
    run<Type extends Conversion>(
      type: Type,
      command: Conversions[Type]['command'],
      client = NOBODY,
    ): Promise<Conversions[Type]['answer']> {
      const caller = { client, signal: closing.signal };
      return turns.run(() => convert(type, command), caller) as Promise<Conversions[Type]['answer']>;
    },

    /** Ends the conversion that runs; its caller, and those who wait, are told so. */
    async close(): Promise<void> {
      closing.abort(unavailable('The service is stopping.'));
      await turns.run(async () => undefined, { client: NOBODY, signal: new AbortController().signal });
    },
  };
}

/** The client of conversions that are nobody's alone. */
const NOBODY = '';

/** V8 aborts a process whose objects need more memory than it may have. */
const RAN_OUT: readonly string[] = ['SIGABRT', 'SIGTRAP'];

/** The archive would come to the same end again: it is at fault, not the moment. */
function tooLarge(timeoutMs: number | undefined): string {
  const limit =
    timeoutMs === undefined
      ? 'needs more memory than an import may have'
      : `takes longer than ${timeoutMs / 60_000} minutes`;
  return `The archive ${limit}: pack fewer or smaller images, or import them in parts.`;
}

function answerOf(message: ConverterMessage): unknown {
  if ('answer' in message) return message.answer;
  const { code, message: sentence, errors } = message.error;
  throw new TrainyardError(isErrorCode(code) ? code : 'internal', sentence, errors && { errors });
}

const unavailable = (sentence: string, cause?: unknown): TrainyardError =>
  new TrainyardError('unavailable', sentence, { cause });
