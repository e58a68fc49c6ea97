/** Supervisor of a predictor process: forks it, and forks it again with back-off when it dies. */
import { type ChildProcess, fork } from 'node:child_process';
import type { PredictorCommand, PredictorMessage, UnloadCommand } from '../contracts/processes/trainer.js';
import type { Logger } from '../logging/logger.js';
import { keepLastLines, readLines } from './child-output.js';

type PredictorProcessOptions = Readonly<{
  logger: Logger;
  predictorUrl: URL;
  /** Maximum memory of all loaded models together. */
  memoryBytes: number;
  /** Environment of the process. Default: this process's. */
  env?: NodeJS.ProcessEnv | undefined;
  /** Called when the child accepts commands. */
  onReady: () => void;
  onMessage: (message: Exclude<PredictorMessage, { type: 'ready' }>) => void;
  /** Called when the child has ended. `failures`: how many children in a row ended before they were ready. */
  onGone: (failures: number) => void;
}>;

/** Pause before a restart in ms: doubles with every child that ends before it is ready. */
const RESTART_PAUSE_MS = { first: 50, longest: 5_000 } as const;
/** A child that is not ready by then is killed and restarted. */
const START_TIMEOUT_MS = 60_000;

export function startPredictorProcess(options: PredictorProcessOptions) {
  const { logger, onReady, onMessage, onGone } = options;
  let current: ChildProcess | undefined;
  let isReady = false;
  let isClosed = false;
  let failures = 0;
  /** Why the last child ended before it was ready. */
  let startFault: string | undefined;
  let restartTimer: NodeJS.Timeout | undefined;
  let onClosed: () => void = () => undefined;

  function start(): void {
    let child: ChildProcess;
    try {
      child = forkPredictor(options);
    } catch (err) {
      setStartFault(`${err instanceof Error ? err.message : String(err)}.`);
      restart({ err }); // out of memory or process ids
      return;
    }
    current = child;
    logger.info({ predictorPid: child.pid }, 'predictor started');
    const late = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS);
    child.on('message', (message: PredictorMessage) => {
      if (message.type !== 'ready') return onMessage(message);
      clearTimeout(late);
      handleReady(child);
    });
    reportEnd(child, (how) => {
      clearTimeout(late);
      handleEnd(child, how);
    });
  }

  function handleReady(child: ChildProcess): void {
    logger.info({ predictorPid: child.pid }, 'predictor ready');
    isReady = true;
    failures = 0;
    startFault = undefined;
    onReady();
  }

  /** Calls `end` when the child has ended, and keeps the reason if it was never ready. */
  function reportEnd(child: ChildProcess, end: (how: object) => void): void {
    const lastLines = keepLastLines();
    for (const stream of ['stdout', 'stderr'] as const) {
      readLines(child[stream], (line) => {
        logger.debug({ predictorPid: child.pid, stream, line }, 'predictor output');
        lastLines.add(line);
      });
    }
    let wasReady = false;
    child.on('message', ({ type }: PredictorMessage) => {
      wasReady ||= type === 'ready';
    });
    const explainExit = (code: number | null, signal: NodeJS.Signals | null): void => {
      if (!wasReady) setStartFault(`it died (${signal ?? `exit code ${code}`}).${lastLines.sentence()}`);
    };
    // The last lines are complete at `close`, which never comes if a grandchild holds the pipes open.
    child.once('close', explainExit);
    child.once('exit', (code, signal) => {
      explainExit(code, signal);
      end({ code, signal });
    });
    child.once('error', (err) => {
      setStartFault(`${err.message}.`);
      end({ err });
    });
  }

  function setStartFault(cause: string): void {
    startFault = `The predictor process does not start: ${cause}`;
  }

  function handleEnd(child: ChildProcess, how: object): void {
    if (current !== child) return;
    current = undefined;
    if (isClosed) onClosed();
    else restart({ predictorPid: child.pid, ...how });
  }

  function restart(how: object): void {
    failures += isReady ? 0 : 1;
    isReady = false;
    const delayMs = Math.min(RESTART_PAUSE_MS.longest, RESTART_PAUSE_MS.first * 2 ** failures);
    logger.warn({ ...how, failures, delayMs }, 'predictor died');
    restartTimer = setTimeout(start, delayMs);
    onGone(failures);
  }

  start();
  return {
    ready: () => isReady,
    /** Returns why no child accepts commands; undefined if one does. */
    fault: (): string | undefined => (isReady ? undefined : (startFault ?? 'The predictor process is starting.')),
    pid: () => current?.pid,

    /** Sends a command. If the child has ended, the command is lost and `onGone` is called. */
    send(command: PredictorCommand | UnloadCommand): void {
      current?.send(command, () => undefined);
    },

    /** Kills the child, which is then restarted. */
    kill(): void {
      current?.kill('SIGKILL');
    },

    /** Kills the child for good, and resolves when it has ended. It holds no data that could be lost. */
    async close(): Promise<void> {
      isClosed = true;
      clearTimeout(restartTimer);
      if (current === undefined) return;
      const end = new Promise<void>((resolve) => {
        onClosed = resolve;
      });
      current.kill('SIGKILL');
      await end;
    },
  };
}

const forkPredictor = ({ predictorUrl, memoryBytes, env }: PredictorProcessOptions): ChildProcess =>
  fork(predictorUrl, [String(memoryBytes)], {
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [],
    ...(env && { env }),
  });
