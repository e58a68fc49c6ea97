/** Converter processes: one child per conversion, so that its CPU time and memory are not the API's. */

import { createFairConcurrencyLimit } from '../concurrency/fair-limit.js';
import type { ImportProgress } from '../contracts/datasets/dataset-import-status.js';
import type { Conversion, Conversions, ConverterMessage } from '../contracts/processes/conversion.js';
import { isErrorCode, TrainyardError } from '../errors/errors.js';
import type { Logger } from '../logging/logger.js';
import { type ChildExit, runChildCommand } from './child-command.js';

type ConverterOptions = Readonly<{
  logger: Logger;
  /** The compiled process file. Default: `converter.js` in the parent folder. */
  converterUrl?: URL;
  /** Time limit of one conversion in ms. Default 300,000. */
  timeoutMs?: number;
  /** Heap limit of a conversion in MiB. Default: V8's own limit. */
  heapMb?: number;
  /** Environment of the process. Default: this process's. */
  env?: NodeJS.ProcessEnv;
}>;

type OnProgress = (progress: ImportProgress) => void;
type RunOptions = Readonly<{ signal?: AbortSignal; onProgress?: OnProgress }>;

export type Converter = ReturnType<typeof createConverter>;

/** Client name of conversions that several clients share. */
const SHARED = '';

/** Signals with which V8 aborts a process at its heap limit. */
const HEAP_LIMIT_SIGNALS: readonly string[] = ['SIGABRT', 'SIGTRAP'];

/** Runs one conversion at a time, fairly between clients: each takes a core, and may take several times the memory of a model. */
export function createConverter({ logger, converterUrl, timeoutMs = 300_000, heapMb, env }: ConverterOptions) {
  const url = converterUrl ?? new URL('../converter.js', import.meta.url);
  const limit = createFairConcurrencyLimit({ limit: 1 });
  const closing = new AbortController();

  async function convert(type: Conversion, command: object, signal: AbortSignal, onProgress?: OnProgress) {
    const isAnswer = (message: ConverterMessage): boolean => {
      if ('progress' in message) onProgress?.(message.progress);
      return !('progress' in message);
    };
    const options = { name: 'converter', logger, timeoutMs, heapMb, env, signal, isAnswer };
    const result = await runChildCommand<ConverterMessage>(url, { type, command }, options);
    if ('error' in result) throw unavailable('The converter process cannot start. Try again later.', result.error);
    if ('answer' in result) return unwrapAnswer(result.answer);
    signal.throwIfAborted();
    throw type === 'dataset' && isOversized(result) ? oversizedArchive(result, timeoutMs) : endedWithoutAnswer(result);
  }

  return {
    /**
     * Resolves with the converter's answer. Rejects with the error it reports, with `unavailable` if it dies, and with the signal's
     * reason: aborting kills the converter.
     */
    run<Type extends Conversion>(
      type: Type,
      command: Conversions[Type]['command'],
      client = SHARED,
      { signal: own, onProgress }: RunOptions = {},
    ): Promise<Conversions[Type]['answer']> {
      const signal = own === undefined ? closing.signal : AbortSignal.any([closing.signal, own]);
      const work = () => convert(type, command, signal, onProgress);
      return limit.run(work, { client, signal }) as Promise<Conversions[Type]['answer']>;
    },

    /** Kills the running conversion. It and all waiting conversions reject with `unavailable`. */
    async close(): Promise<void> {
      closing.abort(unavailable('The service is stopping.'));
      await limit.run(async () => undefined, { client: SHARED, signal: new AbortController().signal });
    },
  };
}

function unwrapAnswer(message: ConverterMessage): unknown {
  if ('answer' in message) return message.answer;
  if ('progress' in message) return undefined; // not an answer: `isAnswer` filters it
  const { code, message: text, errors } = message.error;
  throw new TrainyardError(isErrorCode(code) ? code : 'internal', text, errors && { errors });
}

const isOversized = ({ isLate, signal }: ChildExit): boolean => isLate || HEAP_LIMIT_SIGNALS.includes(signal ?? '');

/** Returns the client's error, not `unavailable`: another try with the same archive would fail in the same way. */
function oversizedArchive({ isLate }: ChildExit, timeoutMs: number): TrainyardError {
  const limit = isLate
    ? `takes longer than ${timeoutMs / 60_000} minutes`
    : 'needs more memory than an import may have';
  return new TrainyardError(
    'invalid_dataset',
    `The archive ${limit}: pack fewer or smaller images, or import them in parts.`,
  );
}

const endedWithoutAnswer = ({ signal, code }: ChildExit): TrainyardError =>
  unavailable(
    `The converter process ended without an answer (${signal ?? `code ${code}`}), for lack of memory or because it took too long. Try again later.`,
  );

const unavailable = (message: string, cause?: unknown): TrainyardError =>
  new TrainyardError('unavailable', message, { cause });
