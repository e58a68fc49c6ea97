/** Health check that starts a child process, loads TensorFlow in it and computes something. */

import type { CheckMessage } from '../contracts/processes/trainer-messages.js';
import { TrainyardError } from '../errors/errors.js';
import type { Logger } from '../logging/logger.js';
import { type ChildExit, type ChildResult, runChildCommand } from './child-command.js';

/** On a busy machine with a cold disk, loading TensorFlow takes a minute. */
const TIMEOUT_MS = 180_000;

export type StartCheckOptions = Readonly<{
  /** The compiled process file. */
  url: URL;
  /** Names the process in the log and in error messages. */
  name: string;
  logger: Logger;
  /** Environment of the process. Default: this process's. */
  env?: NodeJS.ProcessEnv;
  execArgv?: readonly string[];
  /** Aborting kills a process that is being checked. */
  signal: AbortSignal;
  /** Called with the speed in operations a second that the process has measured. */
  onSpeed?: (operationsPerSecond: number) => void;
}>;

/** Returns the check. It rejects with `unavailable` if the process does not start or cannot compute. */
export function createStartCheck({ url, name, onSpeed, ...rest }: StartCheckOptions): () => Promise<void> {
  return async () => {
    const options = { name, timeoutMs: TIMEOUT_MS, ...rest };
    const result = await runChildCommand<CheckMessage>(url, { type: 'check' }, options);
    rest.signal.throwIfAborted();
    const fault = faultOf(result, name);
    if (fault !== undefined) throw new TrainyardError('unavailable', fault);
    const speed =
      'answer' in result && result.answer.type === 'checked' ? result.answer.operationsPerSecond : undefined;
    if (speed !== undefined) onSpeed?.(speed);
  };
}

function faultOf(result: ChildResult<CheckMessage>, name: string): string | undefined {
  if ('error' in result) {
    const cause = result.error instanceof Error ? result.error.message : String(result.error);
    return `The ${name} process cannot start: ${cause}.`;
  }
  if (!('answer' in result)) return `The ${name} process cannot work: ${exitReason(result)}${result.output}`;
  const { answer } = result;
  return answer.type === 'checked' ? undefined : `The ${name} process cannot work: ${answer.error.message}`;
}

function exitReason({ code, signal }: ChildExit): string {
  if (signal === 'SIGILL')
    return 'TensorFlow uses instructions that this CPU does not have (SIGILL). Use an x86-64 CPU with AVX.';
  if (signal === 'SIGKILL') return 'it was killed (SIGKILL), for lack of memory or because it took too long to start.';
  return `it died (${signal ?? `exit code ${code}`}) while it loaded TensorFlow.`;
}
