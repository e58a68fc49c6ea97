/** Check that a child process of ours can be started and can load TensorFlow: by one that does, and computes something. */

import type { CheckMessage } from '../contracts/processes/trainer.js';
import { TrainyardError } from '../errors/errors.js';
import type { Logger } from '../logging/logger.js';
import { runChildCommand } from './child-command.js';

/** On a busy machine with a cold disk, loading TensorFlow takes a minute. */
const TIMEOUT_MS = 180_000;

export type StartCheckOptions = Readonly<{
  /** The compiled process file. */
  url: URL;
  /** Names the process in sentences and in the log. */
  name: string;
  logger: Logger;
  env?: NodeJS.ProcessEnv;
  execArgv?: readonly string[];
  /** Aborted, a check that runs is given up. */
  signal: AbortSignal;
}>;

/** Returns the check. It throws `unavailable` with one sentence if the process cannot be started or cannot compute. */
export function createStartCheck({ url, name, ...rest }: StartCheckOptions): () => Promise<void> {
  return async () => {
    const options = { name, timeoutMs: TIMEOUT_MS, ...rest };
    const ending = await runChildCommand<CheckMessage>(url, { type: 'check' }, options);
    rest.signal.throwIfAborted();
    const fault = faultOf(ending, name);
    if (fault !== undefined) throw new TrainyardError('unavailable', fault);
  };
}

function faultOf(ending: Awaited<ReturnType<typeof runChildCommand<CheckMessage>>>, name: string): string | undefined {
  if ('error' in ending) {
    const cause = ending.error instanceof Error ? ending.error.message : String(ending.error);
    return `The ${name} process cannot be started: ${cause}.`;
  }
  if ('answer' in ending) {
    return ending.answer.type === 'checked'
      ? undefined
      : `The ${name} process cannot work: ${ending.answer.error.message}`;
  }
  return `The ${name} process cannot work: ${deathOf(ending)}${ending.output}`;
}

function deathOf({ code, signal }: Readonly<{ code: number | null; signal: NodeJS.Signals | null }>): string {
  if (signal === 'SIGILL')
    return 'TensorFlow uses instructions that this CPU does not have (SIGILL): it needs an x86-64 CPU with AVX.';
  if (signal === 'SIGKILL') return 'it was killed (SIGKILL): too little memory, or it took too long to start.';
  return `it died (${signal ?? `exit code ${code}`}) while it loaded TensorFlow.`;
}
