/** Supervisor of a predictor process: forks it, and forks it again with back-off when it dies. */
import { type ChildProcess, fork } from 'node:child_process';
import type { PredictorCommand, PredictorMessage, UnloadCommand } from '../contracts/processes/trainer-messages.js';
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

export class PredictorProcess {
  readonly #options: PredictorProcessOptions;
  readonly #logger: Logger;
  #child: ChildProcess | undefined;
  #isReady = false;
  #isClosed = false;
  #failures = 0;
  /** Why the last child ended before it was ready. */
  #startFault: string | undefined;
  #restartTimer: NodeJS.Timeout | undefined;
  #onClosed: () => void = () => undefined;

  /** Starts the first child. */
  constructor(options: PredictorProcessOptions) {
    this.#options = options;
    this.#logger = options.logger;
    this.#start();
  }

  isReady(): boolean {
    return this.#isReady;
  }

  /** Returns why no child accepts commands; undefined if one does. */
  fault(): string | undefined {
    return this.#isReady ? undefined : (this.#startFault ?? 'The predictor process is starting.');
  }

  pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Sends a command. If the child has ended, the command is lost and `onGone` is called. */
  send(command: PredictorCommand | UnloadCommand): void {
    this.#child?.send(command, () => undefined);
  }

  /** Kills the child, which is then restarted. */
  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  /** Kills the child for good, and resolves when it has ended. It holds no data that could be lost. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#restartTimer);
    if (this.#child === undefined) return;
    const end = new Promise<void>((resolve) => {
      this.#onClosed = resolve;
    });
    this.#child.kill('SIGKILL');
    await end;
  }

  #start(): void {
    try {
      this.#child = forkPredictor(this.#options);
    } catch (err) {
      this.#setStartFault(`${err instanceof Error ? err.message : String(err)}.`);
      this.#restart({ err }); // out of memory or process ids
      return;
    }
    this.#supervise(this.#child);
  }

  #supervise(child: ChildProcess): void {
    this.#logger.info({ predictorPid: child.pid }, 'predictor started');
    const late = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS);
    child.on('message', (message: PredictorMessage) => {
      if (message.type !== 'ready') return this.#options.onMessage(message);
      clearTimeout(late);
      this.#handleReady(child);
    });
    this.#reportEnd(child, (how) => {
      clearTimeout(late);
      this.#handleEnd(child, how);
    });
  }

  #handleReady(child: ChildProcess): void {
    this.#logger.info({ predictorPid: child.pid }, 'predictor ready');
    this.#isReady = true;
    this.#failures = 0;
    this.#startFault = undefined;
    this.#options.onReady();
  }

  /** Calls `end` when the child has ended, and keeps the reason if it was never ready. */
  #reportEnd(child: ChildProcess, end: (how: object) => void): void {
    const lastLines = this.#keepLastLines(child);
    let wasReady = false;
    child.on('message', ({ type }: PredictorMessage) => {
      wasReady ||= type === 'ready';
    });
    const explainExit = (code: number | null, signal: NodeJS.Signals | null): void => {
      if (!wasReady) this.#setStartFault(`it died (${signal ?? `exit code ${code}`}).${lastLines.sentence()}`);
    };
    // The last lines are complete at `close`, which never comes if a grandchild holds the pipes open.
    child.once('close', explainExit);
    child.once('exit', (code, signal) => {
      explainExit(code, signal);
      end({ code, signal });
    });
    child.once('error', (err) => {
      this.#setStartFault(`${err.message}.`);
      end({ err });
    });
  }

  /** Logs the output of a child. Returns its last lines. */
  #keepLastLines(child: ChildProcess): ReturnType<typeof keepLastLines> {
    const lastLines = keepLastLines();
    for (const stream of ['stdout', 'stderr'] as const) {
      readLines(child[stream], (line) => {
        this.#logger.debug({ predictorPid: child.pid, stream, line }, 'predictor output');
        lastLines.add(line);
      });
    }
    return lastLines;
  }

  #setStartFault(cause: string): void {
    this.#startFault = `The predictor process does not start: ${cause}`;
  }

  #handleEnd(child: ChildProcess, how: object): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    if (this.#isClosed) this.#onClosed();
    else this.#restart({ predictorPid: child.pid, ...how });
  }

  #restart(how: object): void {
    this.#failures += this.#isReady ? 0 : 1;
    this.#isReady = false;
    const failures = this.#failures;
    const delayMs = Math.min(RESTART_PAUSE_MS.longest, RESTART_PAUSE_MS.first * 2 ** failures);
    this.#logger.warn({ ...how, failures, delayMs }, 'predictor died');
    this.#restartTimer = setTimeout(() => this.#start(), delayMs);
    this.#options.onGone(failures);
  }
}

const forkPredictor = ({ predictorUrl, memoryBytes, env }: PredictorProcessOptions): ChildProcess =>
  fork(predictorUrl, [String(memoryBytes)], {
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [],
    ...(env && { env }),
  });
