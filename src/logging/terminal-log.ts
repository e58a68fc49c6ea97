/** Log lines for people at a terminal, such as `12:03:04 INFO: worker  epoch 1/3: test accuracy 80.3 %, …  job=…`. */
import { createRequire } from 'node:module';
import type { DestinationStream } from 'pino';
import type pinoPretty from 'pino-pretty';

export type LogRecord = Readonly<Record<string, unknown>>;

/** Fields that the line has elsewhere, or that only programs need. */
const OMITTED = new Set(['level', 'time', 'pid', 'hostname', 'service', 'msg', 'err', 'jobId', 'trainerPid']);

/** Control characters of a terminal: a request must not be able to move the cursor or change colours. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
const CONTROL_CHARACTERS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Returns the stream that pino writes to. Loads pino-pretty only here, because it adds to the start-up time of a process. */
export function createTerminalStream(): DestinationStream {
  const pretty = createRequire(import.meta.url)('pino-pretty') as typeof pinoPretty;
  return pretty({
    sync: true,
    translateTime: 'SYS:HH:MM:ss',
    ignore: 'pid,hostname',
    hideObject: true,
    messageFormat: formatRecord,
  });
}

/** Returns the line of a log record, without its time and level. */
export function formatRecord(record: LogRecord): string {
  const { service, msg, jobId, err } = record;
  const formatMessage = MESSAGES[String(msg)];
  const parts = formatMessage === undefined ? [msg, ...formatFields(record)] : [formatMessage(record)];
  if (jobId !== undefined) parts.push(`job=${jobId}`);
  const line = `${String(service).padEnd(6)}  ${parts.join('  ')}${formatError(err)}`;
  return line.replaceAll(CONTROL_CHARACTERS, '');
}

/** Messages whose fields read better as a sentence. */
const MESSAGES: Readonly<Record<string, (record: LogRecord) => string>> = {
  'request answered': ({ method, path, status, ms }) => `${method} ${path} ${status} in ${ms} ms`,
  training: ({ epoch, step, steps, loss, accuracy, imagesPerSecond }) =>
    `epoch ${epoch}, step ${step}/${steps}: loss ${decimals(loss, 3)}, accuracy ${percent(accuracy)}, ${decimals(imagesPerSecond, 0)} images/s`,
  'worker started': ({ processor, cores, memoryBytes, device, concurrency }) =>
    `started on ${processor}, ${cores} cores: trains ${concurrency} at once on the ${device}, ${decimals(Number(memoryBytes) / 1e9, 1)} GB each`,
  'attempt ended'({ attempt, outcome, status, fenced }) {
    const { type, error, reason } = outcome as Readonly<{ type: string; error?: Sentence; reason?: Sentence }>;
    const job = fenced ? 'another worker owns the job' : `the job is ${status}`;
    return `attempt ${attempt} ended, ${job}: ${(error ?? reason)?.message ?? type}`;
  },
  'epoch done'({
    epoch,
    epochs,
    trainLoss,
    trainAccuracy,
    validationAccuracy,
    testAccuracy,
    imagesPerSecond,
    seconds,
  }) {
    const scores = [
      `loss ${decimals(trainLoss, 3)}`,
      `accuracy ${percent(trainAccuracy)}`,
      ...(validationAccuracy === undefined ? [] : [`validation accuracy ${percent(validationAccuracy)}`]),
      `test accuracy ${percent(testAccuracy)}`,
      `${decimals(imagesPerSecond, 0)} images/s`,
      `${decimals(seconds, 1)} s`,
    ];
    return `epoch ${epoch}/${epochs} done: ${scores.join(', ')}`;
  },
};

type Sentence = Readonly<{ message: string }>;

const decimals = (value: unknown, digits: number): string => Number(value).toFixed(digits);
const percent = (share: unknown): string => `${decimals(100 * Number(share), 1)} %`;

function formatFields(record: LogRecord): string[] {
  return Object.entries(record)
    .filter(([name]) => !OMITTED.has(name))
    .map(([name, value]) => `${name}=${formatValue(value)}`);
}

/** Returns `(code 1, signal none)` for an object. */
function formatValue(value: unknown): string {
  if (Array.isArray(value)) return value.map(formatValue).join(', ');
  if (typeof value !== 'object' || value === null) return String(value ?? 'none');
  const parts = Object.entries(value).map(([name, part]) => `${name} ${formatValue(part)}`);
  return `(${parts.join(', ')})`;
}

/** Returns the error's stack below the line. An error without a stack is its message, on the line. */
function formatError(err: unknown): string {
  if (typeof err !== 'object' || err === null) return '';
  const { message, stack } = err as Readonly<{ message?: string; stack?: string }>;
  return stack === undefined ? `  ${message}` : `\n${stack.replaceAll(/^/gm, '    ')}`;
}
