/** The log of a process: pino, one JSON line an event, ids as fields and secrets left out. */
import { type LogFn, type Logger, pino, stdSerializers } from 'pino';
import { createLogBackoff } from './log-backoff.js';

export type { Logger };

/** Fields that may hold a credential; their value is replaced. */
const SECRET_FIELDS = [
  'req.headers.authorization',
  'req.headers.cookie',
  'headers.authorization',
  'headers.cookie',
  'password',
  '*.password',
  'redisUrl',
  '*.redisUrl',
  // An error of Redis carries the command that failed, AUTH among them.
  'err.command',
  'err.previousErrors[*].command',
];

/** From this level on, and below it if they carry an error, lines that repeat are written with a back-off and a count. */
const WARN = 40;
/** Longest text of a field that tells lines apart. */
const MOST_CHARACTERS = 300;

/** `service` names the process: api, worker, trainer, predictor, main. */
export function createLogger(service: string, level: string, destination?: pino.DestinationStream): Logger {
  const repeats = createLogBackoff();
  process.once('exit', () => repeats.flush());
  return pino(
    {
      level,
      base: { service, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRET_FIELDS, censor: '[redacted]' },
      serializers: { err: serializeError },
      hooks: {
        logMethod(args, method, number) {
          const [fields, message] = partsOf(args);
          if (number < WARN && !('err' in fields)) return method.apply(this, args);
          repeats.note(keyOf(number, String(message), fields, this.bindings()), (repeated) => {
            const line = repeated === undefined ? args : [{ ...fields, repeated }, message];
            method.apply(this, line as Parameters<LogFn>);
          });
        },
      },
    },
    destination ?? pino.destination({ sync: true }),
  );
}

type Fields = Readonly<Record<string, unknown>>;

/** The fields and the message of a call. Libraries hand over an error alone, which pino logs as `err`. */
function partsOf([first, second]: readonly unknown[]): [fields: Fields, message: unknown] {
  if (first instanceof Error) return [{ err: first }, second ?? first.message];
  return typeof first === 'object' && first !== null ? [first as Fields, second] : [{}, first];
}

/** Lines with the same key say the same: level, message, job, and the texts of their fields. */
function keyOf(level: number, message: string, fields: Fields, { jobId }: Fields): string {
  const texts = Object.entries(fields).map(([name, value]) => {
    const text = value instanceof Error ? value.message : value;
    return typeof text === 'string' ? `${name}=${text.slice(0, MOST_CHARACTERS)}` : '';
  });
  return [level, message, jobId, ...texts].join(' ');
}

/** Faults of Redis say all in their message; stack and cause would be those of the library. */
function serializeError(error: Error & { code?: unknown }): object {
  if (error.code === 'redis_unavailable') return { type: error.name, code: error.code, message: error.message };
  return stdSerializers.err(error);
}
