/** Errors as lines for people, with the exit code of the command. Never a stack trace. */
import { CliError, EXIT } from './exit-codes.js';
import { keyAdvice } from './key-errors.js';
import { printable } from './output/text-width.js';
import { commandWords, type FieldContext, fieldWords } from './service-words.js';

type ErrorText = Readonly<{ exitCode: number; lines: readonly string[]; json: object }>;

/** Error answer of the service, as the client throws it. */
type Refusal = Error &
  Readonly<{ code: string; status: number; detail?: string; errors?: readonly { pointer: string; message: string }[] }>;

const isRefusal = (error: unknown): error is Refusal =>
  error instanceof Error && error.name === 'TrainyardError' && 'status' in error && 'code' in error;

/** Returns whether the service could not be reached. */
export const isUnreachable = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'ConnectionError' || error.name === 'TimeoutError');

/** Suggestions for codes of the service whose sentence names no command. */
const SUGGESTIONS: Readonly<Record<string, string>> = {
  forbidden: 'Ask an admin for a key that may do this, and run `trainyard login` with it.',
  not_ready: 'Run `trainyard doctor` to see what the service lacks.',
  job_not_found: 'List the jobs with `trainyard jobs ls`.',
  model_not_found: 'List the models with `trainyard models ls`.',
  dataset_not_found: 'List the data sets with `trainyard data ls`.',
  last_admin_key: 'Create another with `trainyard keys create --role admin`.',
  dataset_exists: 'Give another name with --name, or delete the data set with `trainyard data rm`.',
};

/** Describes an error. `url` is the address of the service, and `context` says how the command names fields. */
export function describeError(error: unknown, url: string, context: FieldContext = {}): ErrorText {
  if (error instanceof CliError) return describe(error.exitCode, codeOf(error), error.message, [], error.suggestion);
  if (isRefusal(error)) return describeRefusal(error, context);
  if (isUnreachable(error)) {
    const { message, suggestion } = unreachableError(error as Error, url);
    return describe(EXIT.unreachable, 'unreachable', message, [], suggestion);
  }
  if (isAbort(error)) return describe(EXIT.interrupted, 'interrupted', 'Interrupted.', []);
  return describe(EXIT.failed, 'failed', error instanceof Error ? error.message : String(error), []);
}

/** Returns the error of a service that cannot be reached. */
export const unreachableError = (
  cause: Error,
  url: string,
  suggestion = 'Start one with `trainyard start`, give another address with --url, or run `trainyard doctor`.',
): CliError =>
  new CliError(EXIT.unreachable, `The service at ${url} cannot be reached: ${reasonOf(cause)}.`, suggestion);

/** Returns the code of an error of the command, for `--json`. */
const codeOf = ({ exitCode }: CliError): string => (exitCode === EXIT.unreachable ? 'unreachable' : 'failed');

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError';

function describeRefusal(error: Refusal, context: FieldContext): ErrorText {
  const errors = error.errors ?? [];
  const detail = error.detail ?? error.message;
  // The faults of an archive have the paths of its files.
  const fieldOf = (pointer: string): string =>
    fieldWords(pointer, { ...context, isPath: error.code === 'invalid_dataset' });
  const inWords = (text: string): string =>
    errors.reduce((words, { pointer }) => replaceWhole(words, pointer, fieldOf(pointer)), commandWords(text));
  const message = inWords(detail);
  const fields = errors
    .map((each, i) => ({ field: fieldOf(each.pointer), text: inWords(each.message), isFirst: i === 0 }))
    .filter(({ field, text, isFirst }) => !message.includes(isFirst ? text : `${field} ${text}`))
    .map(({ field, text }) => `${field} ${text}`);
  const suggestion = error.code === 'unauthorized' ? keyAdvice() : SUGGESTIONS[error.code];
  const text = describe(EXIT.refused, error.code, message, fields, suggestion);
  // Programs get the suggestion even if the sentence for people has its command already.
  return repeats(message, suggestion) ? { ...text, lines: text.lines.slice(0, -1) } : text;
}

/** Replaces the first place of a pointer in a text, but not the beginning of a longer one. */
function replaceWhole(text: string, pointer: string, field: string): string {
  if (pointer === '') return text;
  const at = text.indexOf(pointer);
  const end = at + pointer.length;
  return at < 0 || /[\w/]/.test(text.charAt(end)) ? text : text.slice(0, at) + field + text.slice(end);
}

/** Returns whether a message has the command of a suggestion. */
function repeats(message: string, suggestion = ''): boolean {
  const [, command] = /`(trainyard [^`]+)`/.exec(suggestion) ?? [];
  return command !== undefined && message.includes(`\`${command}`);
}

/** Returns the innermost reason of an error, without a point at its end. */
function reasonOf(error: Error): string {
  const { cause } = error;
  if (cause instanceof Error) return reasonOf(cause);
  const { code } = error as NodeJS.ErrnoException;
  const text = error.message || code || error.name;
  return text.replace(/\.$/, '');
}

/** Fields that an error for people lists. `--json` has all of them. */
const MAX_FIELDS = 10;

/** Returns the lines of the first fields, and how many more there are. */
function fieldLines(fields: readonly string[]): string[] {
  if (fields.length <= MAX_FIELDS) return fields.map((field) => `  ${field}`);
  const shown = fields.slice(0, MAX_FIELDS - 1);
  return [...shown, `… and ${fields.length - shown.length} more; --json prints them`].map((line) => `  ${line}`);
}

const describe = (
  exitCode: number,
  code: string,
  message: string,
  fields: readonly string[],
  suggestion?: string,
): ErrorText => ({
  exitCode,
  lines: [message, ...fieldLines(fields), ...(suggestion === undefined ? [] : [suggestion])].map(printable),
  json: {
    error: { code, message, ...(fields.length > 0 && { fields }), ...(suggestion !== undefined && { suggestion }) },
  },
});
