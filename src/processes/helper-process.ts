/** Parent side of a helper process: a child that answers commands. It is forked for the first command, and again after it has ended. */
import { type ChildProcess, fork } from 'node:child_process';
import type { HelperCommand, HelperFailure, HelperMessage } from '../contracts/processes/helper.js';
import { isErrorCode, TrainyardError } from '../errors/errors.js';
import type { Logger } from '../logging/logger.js';
import { readLines } from './child-output.js';

type HelperOptions = Readonly<{
  /** Names the process in the log and in error messages. */
  name: string;
  /** The compiled process file. */
  url: URL;
  logger: Logger;
  /** Kills a process that has not answered a command after this time. */
  timeoutMs: number;
  /** Environment of the process. Default: this process's. */
  env?: NodeJS.ProcessEnv | undefined;
}>;

type PendingCommand<Answer> = Readonly<{
  /** The process that received the command. */
  child: ChildProcess;
  resolve: (answer: Answer) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout;
}>;

/** Lines of output that the log shows when a process has ended. */
const MAX_LINES = 20;

export function createHelperProcess<Command, Answer>(options: HelperOptions) {
  const { name, logger, timeoutMs } = options;
  const pending = createPendingCommands<Answer>();
  let current: ChildProcess | undefined;
  let exited: Promise<void> = Promise.resolve();
  let isClosed = false;

  function start(): ChildProcess {
    const output: string[] = [];
    const child = forkHelper(options, output);
    current = child;
    child.on('message', (message: HelperMessage<Answer>) => {
      pending.settle(message.id, 'answer' in message ? message.answer : errorOf(message.error));
    });
    child.once('exit', () => {
      if (current === child) current = undefined;
    });
    exited = new Promise((resolve) => {
      const end = (how: object) => {
        if (current === child) current = undefined;
        const commands = pending.rejectAll(
          child,
          `The ${name} process ended without an answer, for lack of memory or because it took too long. Try again later.`,
        );
        if (!isClosed) logger.warn({ ...how, commands, output }, `${name} ended`);
        resolve();
      };
      child.once('error', (err) => end({ err }));
      child.once('close', (code, signal) => end({ code, signal }));
    });
    return child;
  }

  function send(command: Command, resolve: (answer: Answer) => void, reject: (error: Error) => void): void {
    const child = current ?? start();
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    const id = pending.add({ child, resolve, reject, timer });
    try {
      child.send({ id, command } satisfies HelperCommand<Command>, (error) => {
        if (error !== null) pending.settle(id, unavailable(`The ${name} process does not answer. Try again.`));
      });
    } catch (error) {
      pending.settle(id, unavailable(`The ${name} process does not answer. Try again.`));
      throw error;
    }
  }

  return {
    /** Resolves with the process's answer. Rejects with the error it reports, or with `unavailable` if it dies or does not start. */
    run(command: Command): Promise<Answer> {
      return new Promise((resolve, reject) => {
        if (isClosed) return reject(unavailable('The service is stopping.'));
        try {
          send(command, resolve, reject);
        } catch (error) {
          logger.error({ err: error }, `${name} not started`); // out of memory or process ids
          reject(unavailable(`The ${name} process does not start. Try again later.`));
        }
      });
    },

    /** Kills the process and rejects all pending commands. */
    async close(): Promise<void> {
      isClosed = true;
      pending.rejectAll(undefined, 'The service is stopping.');
      current?.kill('SIGKILL');
      await exited;
    },
  };
}

/** Starts the process. Collects its last lines of output in `output`. */
function forkHelper({ name, url, logger, env }: HelperOptions, output: string[]): ChildProcess {
  const child = fork(url, {
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [],
    ...(env && { env }),
  });
  logger.debug({ [`${name}Pid`]: child.pid }, `${name} started`);
  for (const stream of ['stdout', 'stderr'] as const) {
    readLines(child[stream], (line) => {
      logger.debug({ [`${name}Pid`]: child.pid, stream, line }, `${name} output`);
      output.push(line);
      if (output.length > MAX_LINES) output.shift();
    });
  }
  return child;
}

/** Commands without an answer, by their id. */
function createPendingCommands<Answer>() {
  const pending = new Map<number, PendingCommand<Answer>>();
  let nextId = 1;

  function settle(id: number, result: Answer | Error): void {
    const command = pending.get(id);
    if (command === undefined) return;
    pending.delete(id);
    clearTimeout(command.timer);
    if (result instanceof Error) command.reject(result);
    else command.resolve(result);
  }

  return {
    settle,
    add(command: PendingCommand<Answer>): number {
      const id = nextId++;
      pending.set(id, command);
      return id;
    },
    /** Rejects the commands of one child, or all if `child` is undefined, with `unavailable`. Returns their number. */
    rejectAll(child: ChildProcess | undefined, message: string): number {
      const lost = [...pending].filter(([, command]) => child === undefined || command.child === child);
      for (const [id] of lost) settle(id, unavailable(message));
      return lost.length;
    },
  };
}

function errorOf({ code, message, errors }: HelperFailure): TrainyardError {
  return new TrainyardError(isErrorCode(code) ? code : 'internal', message, errors && { errors });
}

const unavailable = (message: string): TrainyardError => new TrainyardError('unavailable', message);
