/** The predictor as a child process that is always there: forked, watched, and forked again when it dies. */
import { type ChildProcess, fork } from 'node:child_process';
import type { PredictorCommand, PredictorMessage, UnloadCommand } from '../contracts/processes/trainer.js';
import type { Logger } from '../logging/logger.js';
import { keepLastLines, readLines } from './child-output.js';

type Handlers = Readonly<{
  logger: Logger;
  predictorUrl: URL;
  /** What its loaded models may need together. */
  memoryBytes: number;
  /** The child has loaded TensorFlow and takes commands. */
  onReady: () => void;
  onMessage: (message: Exclude<PredictorMessage, { type: 'ready' }>) => void;
  /** The child is gone; `failures` is how often in a row one has ended without having been ready. */
  onGone: (failures: number) => void;
}>;

const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 5_000;
/** A child that has not loaded TensorFlow by then is ended, and another is forked. */
const START_MS = 60_000;

export function startPredictorProcess({ logger, predictorUrl, memoryBytes, onReady, onMessage, onGone }: Handlers) {
  let child: ChildProcess | undefined;
  let ready = false;
  let closed = false;
  let failures = 0;
  /** Why the last child ended before it was ready. */
  let fault: string | undefined;
  let restart: NodeJS.Timeout | undefined;
  let onClosed: () => void = () => undefined;

  function start(): void {
    let started: ChildProcess;
    try {
      started = fork(predictorUrl, [String(memoryBytes)], {
        serialization: 'advanced',
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        execArgv: [],
      });
    } catch (err) {
      explain(`${err instanceof Error ? err.message : String(err)}.`);
      retry({ err }); // no memory or no process left
      return;
    }
    child = started;
    const late = setTimeout(() => started.kill('SIGKILL'), START_MS);
    logger.info({ predictorPid: started.pid }, 'predictor started');
    const lastLines = keepLastLines();
    let wasReady = false;
    const explainDeath = (code: number | null, signal: NodeJS.Signals | null): void => {
      if (!wasReady) explain(`it died (${signal ?? `exit code ${code}`}).${lastLines.sentence()}`);
    };
    for (const stream of ['stdout', 'stderr'] as const) {
      readLines(started[stream], (line) => {
        logger.debug({ predictorPid: started.pid, stream, line }, 'predictor output');
        lastLines.add(line);
      });
    }
    started.on('message', (message: PredictorMessage) => {
      if (message.type !== 'ready') return onMessage(message);
      clearTimeout(late);
      logger.info({ predictorPid: started.pid }, 'predictor ready');
      ready = true;
      wasReady = true;
      failures = 0;
      fault = undefined;
      onReady();
    });
    const end = (how: object) => {
      clearTimeout(late);
      gone(started, how);
    };
    // Its last lines come before `close`, which may never come: a grandchild may hold the pipes open.
    started.once('close', explainDeath);
    started.once('exit', (code, signal) => {
      explainDeath(code, signal);
      end({ code, signal });
    });
    started.once('error', (err) => {
      explain(`${err.message}.`);
      end({ err });
    });
  }

  function explain(cause: string): void {
    fault = `The predictor process does not start: ${cause}`;
  }

  function gone(ended: ChildProcess, how: object): void {
    if (child !== ended) return;
    child = undefined;
    if (closed) onClosed();
    else retry({ predictorPid: ended.pid, ...how });
  }

  function retry(how: object): void {
    failures += ready ? 0 : 1;
    ready = false;
    const delayMs = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** failures);
    logger.warn({ ...how, failures, delayMs }, 'predictor died');
    restart = setTimeout(start, delayMs);
    onGone(failures);
  }

  start();
  return {
    ready: () => ready,
    /** Why there is no child that takes commands; undefined while there is one. */
    fault: (): string | undefined => (ready ? undefined : (fault ?? 'The predictor process is starting.')),
    pid: () => child?.pid,

    /** Hands a command over; where the child is gone by then, `onGone` tells. */
    send(command: PredictorCommand | UnloadCommand): void {
      child?.send(command, () => undefined);
    },

    /** Ends this child; another is forked. */
    kill(): void {
      child?.kill('SIGKILL');
    },

    /** Kills the child, which holds nothing that could be lost, and returns when it is gone. */
    async close(): Promise<void> {
      closed = true;
      clearTimeout(restart);
      if (child === undefined) return;
      const end = new Promise<void>((resolve) => {
        onClosed = resolve;
      });
      child.kill('SIGKILL');
      await end;
    },
  };
}
