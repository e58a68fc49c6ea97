/** Child process that takes one command, answers with one message and exits. */
import { type ChildProcess, fork } from 'node:child_process';
import type { Logger } from '../logging/logger.js';
import { keepLastLines, readLines } from './child-output.js';

/**
 * Result of a child process: its answer, the error that kept it from starting, or its exit without an answer. `isLate`: it was killed at
 * its timeout. `output`: its last lines as a sentence.
 */
export type ChildResult<Answer> = Readonly<{ answer: Answer }> | Readonly<{ error: unknown }> | ChildExit;
export type ChildExit = Readonly<{
  code: number | null;
  signal: NodeJS.Signals | null;
  isLate: boolean;
  output: string;
}>;

type ChildCommandOptions = Readonly<{
  /** Names the process in the log. */
  name: string;
  logger: Logger;
  /** Kills a child that has not ended by then. */
  timeoutMs: number;
  /** Aborting kills the child. */
  signal: AbortSignal;
  /** Heap limit of the child in MiB, beyond which V8 aborts it. Default: V8's own limit. */
  heapMb?: number | undefined;
  /** Environment of the child. Default: this process's. */
  env?: NodeJS.ProcessEnv | undefined;
  execArgv?: readonly string[];
}>;

type Listeners<Answer> = Readonly<{
  /** Returns whether a message is the answer. Default: every message is; the last one counts. */
  isAnswer?: (message: Answer) => boolean;
}>;

/** Forks the process file, sends the command and waits until the child and its output have ended. Never rejects. */
export function runChildCommand<Answer>(
  url: URL,
  command: object,
  options: ChildCommandOptions & Listeners<Answer>,
): Promise<ChildResult<Answer>> {
  const { name, logger, timeoutMs, signal, isAnswer = () => true } = options;
  return new Promise((resolve) => {
    let child: ChildProcess;
    try {
      child = forkChild(url, options);
    } catch (error) {
      resolve({ error }); // out of memory or process ids
      return;
    }
    const lastLines = keepLastLines();
    const kill = (): void => void child.kill('SIGKILL');
    let isLate = false;
    const late = setTimeout(() => {
      isLate = true;
      kill();
    }, timeoutMs);
    signal.addEventListener('abort', kill);
    if (signal.aborted) kill();
    for (const stream of ['stdout', 'stderr'] as const) {
      readLines(child[stream], (line) => {
        logger.debug({ [`${name}Pid`]: child.pid, stream, line }, `${name} output`);
        lastLines.add(line);
      });
    }
    let answer: Answer | undefined;
    child.on('message', (message: Answer) => {
      if (isAnswer(message)) answer = message;
    });
    const finish = (result: ChildResult<Answer>): void => {
      clearTimeout(late);
      signal.removeEventListener('abort', kill);
      resolve(answer === undefined ? result : { answer });
    };
    child.once('error', (error) => finish({ error }));
    child.once('close', (code, exitSignal) =>
      finish({ code, signal: exitSignal, isLate, output: lastLines.sentence() }),
    );
    child.send(command, () => undefined);
  });
}

function forkChild(url: URL, { execArgv = [], heapMb, env }: ChildCommandOptions): ChildProcess {
  return fork(url, {
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [...execArgv, ...(heapMb === undefined ? [] : [`--max-old-space-size=${heapMb}`])],
    ...(env && { env }),
  });
}
