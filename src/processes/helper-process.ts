/** A child process that answers commands: forked when it is first needed, and again after it has ended. */
import { type ChildProcess, fork } from 'node:child_process';
import type { HelperCommand, HelperFailure, HelperMessage } from '../contracts/processes/helper.js';
import { isErrorCode, TrainyardError } from '../errors/errors.js';
import type { Logger } from '../logging/logger.js';
import { readLines } from './child-output.js';

type Options = Readonly<{
  /** Names the process in the log and in sentences. */
  name: string;
  url: URL;
  logger: Logger;
  /** A process that has not answered a command after so many ms is ended. */
  timeoutMs: number;
}>;

type Open<Answer> = Readonly<{
  /** The process that was given the command. */
  by: ChildProcess;
  resolve: (answer: Answer) => void;
  reject: (error: Error) => void;
  late: NodeJS.Timeout;
}>;

export function createHelperProcess<Command, Answer>({ name, url, logger, timeoutMs }: Options) {
  const open = new Map<number, Open<Answer>>();
  let child: ChildProcess | undefined;
  let ended: Promise<void> = Promise.resolve();
  let nextId = 1;
  let isClosed = false;

  function start(): ChildProcess {
    const started = fork(url, { serialization: 'advanced', stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: [] });
    child = started;
    logger.debug({ [`${name}Pid`]: started.pid }, `${name} started`);
    for (const stream of ['stdout', 'stderr'] as const) {
      readLines(started[stream], (line) =>
        logger.debug({ [`${name}Pid`]: started.pid, stream, line }, `${name} output`),
      );
    }
    started.on('message', receive);
    started.once('exit', () => {
      if (child === started) child = undefined;
    });
    ended = new Promise((resolve) => {
      const end = (how: object) => {
        if (child === started) child = undefined;
        // The next process may have commands already.
        const lost = [...open].filter(([, { by }]) => by === started);
        if (!isClosed) logger.warn({ ...how, commands: lost.length }, `${name} ended`);
        const sentence = `The ${name} process ended before it was done: it took too long, or the machine has too little memory. Try again later.`;
        for (const [id] of lost) settle(id, unavailable(sentence));
        resolve();
      };
      started.once('error', (err) => end({ err }));
      started.once('close', (code, signal) => end({ code, signal }));
    });
    return started;
  }

  function receive(message: HelperMessage<Answer>): void {
    settle(message.id, 'answer' in message ? message.answer : errorOf(message.error));
  }

  function settle(id: number, result: Answer | Error): void {
    const found = open.get(id);
    if (found === undefined) return;
    open.delete(id);
    clearTimeout(found.late);
    if (result instanceof Error) found.reject(result);
    else found.resolve(result);
  }

  return {
    /** What the process answers. Throws the error it tells, or `unavailable` if it dies or does not start. */
    run(command: Command): Promise<Answer> {
      return new Promise((resolve, reject) => {
        if (isClosed) return reject(unavailable('The service is stopping.'));
        const id = nextId++;
        try {
          const by = child ?? start();
          const late = setTimeout(() => by.kill('SIGKILL'), timeoutMs);
          open.set(id, { by, resolve, reject, late });
          by.send({ id, command } satisfies HelperCommand<Command>, (error) => {
            if (error !== null) settle(id, unavailable(`The ${name} process does not answer: try again.`));
          });
        } catch (error) {
          logger.error({ err: error }, `${name} not started`); // no memory or no process left
          const refusal = unavailable(`The ${name} process does not start: try again later.`);
          settle(id, refusal);
          reject(refusal); // also if it has not begun
        }
      });
    },

    /** Ends the process; whoever waits for an answer is refused. */
    async close(): Promise<void> {
      isClosed = true;
      for (const id of [...open.keys()]) settle(id, unavailable('The service is stopping.'));
      child?.kill('SIGKILL');
      await ended;
    },
  };
}

function errorOf({ code, message, errors }: HelperFailure): TrainyardError {
  return new TrainyardError(isErrorCode(code) ? code : 'internal', message, errors && { errors });
}

const unavailable = (sentence: string): TrainyardError => new TrainyardError('unavailable', sentence);
