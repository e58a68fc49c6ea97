/** Logger of a process: pino with redacted secrets and back-off for repeated lines. JSON lines, or readable ones on a terminal. */
import { type DestinationStream, type LogFn, type Logger, pino, stdSerializers } from 'pino';
import { createLogBackoff } from './log-backoff.js';
import { createTerminalStream } from './terminal-log.js';

export type { Logger };

/** Fields that may hold a credential. Their values are replaced. */
const SECRET_FIELDS = [
  'req.headers.authorization',
  'req.headers.cookie',
  'headers.authorization',
  'headers.cookie',
  'password',
  '*.password',
  'redisUrl',
  '*.redisUrl',
  // A Redis error holds the command that failed, which may be AUTH.
  'err.command',
  'err.previousErrors[*].command',
];

/** Level `warn`. Repeated lines back off from this level on; below it only if they hold an error. */
const WARN = 40;
/** Length to which a field is cut in the key of a line. */
const MAX_KEY_CHARACTERS = 300;

/**
 * Returns the logger of a process. `service` names the process: api, worker or main. `destination` defaults to standard output, with
 * readable lines if that is a terminal and JSON lines otherwise.
 */
export function createLogger(service: string, level: string, destination?: DestinationStream): Logger {
  const backoff = createLogBackoff();
  process.once('exit', () => backoff.flush());
  return pino(
    {
      level,
      base: { service, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRET_FIELDS, censor: '[redacted]' },
      serializers: { err: serializeError },
      hooks: {
        logMethod(args, method, levelNumber) {
          const [fields, message] = splitArguments(args);
          if (levelNumber < WARN && !('err' in fields)) return method.apply(this, args);
          backoff.write(keyOf(levelNumber, String(message), fields, this.bindings()), (repeated) => {
            const line = repeated === undefined ? args : [{ ...fields, repeated }, message];
            method.apply(this, line as Parameters<LogFn>);
          });
        },
      },
    },
    destination ?? (process.stdout.isTTY ? createTerminalStream() : pino.destination({ sync: true })),
  );
}

type Fields = Readonly<Record<string, unknown>>;

/** Returns the fields and the message of a log call. Libraries pass a bare error, which pino logs as `err`. */
function splitArguments([first, second]: readonly unknown[]): [fields: Fields, message: unknown] {
  if (first instanceof Error) return [{ err: first }, second ?? first.message];
  return typeof first === 'object' && first !== null ? [first as Fields, second] : [{}, first];
}

/** Returns the key by which lines count as repeated: level, message, job and text fields. */
function keyOf(level: number, message: string, fields: Fields, { jobId }: Fields): string {
  const texts = Object.entries(fields).map(([name, value]) => {
    const text = value instanceof Error ? value.message : value;
    return typeof text === 'string' ? `${name}=${text.slice(0, MAX_KEY_CHARACTERS)}` : '';
  });
  return [level, message, jobId, ...texts].join(' ');
}

/** Leaves out the stack and cause of Redis faults: they show only the library, and the message says everything. */
function serializeError(error: Error & { code?: unknown }): object {
  if (error.code === 'redis_unavailable') return { type: error.name, code: error.code, message: error.message };
  return stdSerializers.err(error);
}
