/** One command to a child process of its own, which answers with one message and exits. */
import { type ChildProcess, fork } from 'node:child_process';
import type { Logger } from '../logging/logger.js';
import { keepLastLines, readLines } from './child-output.js';

/** How it ended: with its answer, or without one. `error`: it could not be started. `output`: its last lines, as the end of a sentence. */
export type Ending<Answer> =
  | Readonly<{ answer: Answer }>
  | Readonly<{ error: unknown }>
  | Readonly<{ code: number | null; signal: NodeJS.Signals | null; isLate: boolean; output: string }>;

type Options = Readonly<{
  /** Names the process in the log. */
  name: string;
  logger: Logger;
  /** A child that is not done by then is killed. */
  timeoutMs: number;
  /** Aborted, the child is killed. */
  signal: AbortSignal;
  /** Most JavaScript objects of the child in MiB: it aborts beyond. Default: V8's own limit. */
  heapMb?: number | undefined;
  /** Of the child. Default: this process's. */
  env?: NodeJS.ProcessEnv;
  execArgv?: readonly string[];
}>;

/** Forks the process file, sends it the command and waits until it and its pipes have ended. Never rejects. */
export function runChildCommand<Answer>(url: URL, command: object, options: Options): Promise<Ending<Answer>> {
  const { name, logger, timeoutMs, signal, heapMb, env } = options;
  const execArgv = [...(options.execArgv ?? []), ...(heapMb === undefined ? [] : [`--max-old-space-size=${heapMb}`])];
  return new Promise((resolve) => {
    let child: ChildProcess;
    try {
      child = fork(url, {
        serialization: 'advanced',
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        execArgv,
        ...(env && { env }),
      });
    } catch (error) {
      resolve({ error }); // no memory or no process left
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
      answer = message;
    });
    const end = (ending: Ending<Answer>): void => {
      clearTimeout(late);
      signal.removeEventListener('abort', kill);
      resolve(answer === undefined ? ending : { answer });
    };
    child.once('error', (error) => end({ error }));
    child.once('close', (code, signalName) => end({ code, signal: signalName, isLate, output: lastLines.sentence() }));
    child.send(command, () => undefined);
  });
}
