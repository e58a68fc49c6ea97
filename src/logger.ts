/** The log of a process: pino, one JSON line an event, ids as fields and secrets left out. */
import { type Logger, pino } from 'pino';

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
];

/** `service` names the process: api, worker, trainer, predictor, main. */
export function createLogger(service: string, level: string): Logger {
  return pino({
    level,
    base: { service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: SECRET_FIELDS, censor: '[redacted]' },
  });
}
