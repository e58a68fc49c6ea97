/** Errors as lines for people, with the exit code of the command. Never a stack trace. */
import { CliError, EXIT } from './exit-codes.js';
import { printable } from './output/text-width.js';

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
  unauthorized: 'Run `trainyard login`, or set TRAINYARD_API_KEY.',
  forbidden: 'Run `trainyard login` with a key that may do this.',
  not_ready: 'Run `trainyard doctor` to see what the service lacks.',
};

/** Describes an error. `url` is the address of the service. */
export function describeError(error: unknown, url: string): ErrorText {
  if (error instanceof CliError) return describe(error.exitCode, 'failed', error.message, [], error.suggestion);
  if (isRefusal(error)) return describeRefusal(error);
  if (isUnreachable(error)) {
    const message = `The service at ${url} cannot be reached: ${reasonOf(error as Error)}.`;
    const suggestion = 'Start one with `trainyard start`, give another address with --url, or run `trainyard doctor`.';
    return describe(EXIT.unreachable, 'unreachable', message, [], suggestion);
  }
  if (isAbort(error)) return describe(EXIT.interrupted, 'interrupted', 'Interrupted.', []);
  return describe(EXIT.failed, 'failed', error instanceof Error ? error.message : String(error), []);
}

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError';

function describeRefusal(error: Refusal): ErrorText {
  const errors = error.errors ?? [];
  const detail = error.detail ?? error.message;
  const message = errors.reduce((text, { pointer }) => text.replace(pointer, fieldOf(pointer)), detail);
  const fields = errors
    .map((each) => ({ ...each, message: each.message.replace(each.pointer, fieldOf(each.pointer)) }))
    .filter((each) => !message.includes(each.message))
    .map((each) => `${fieldOf(each.pointer)}: ${each.message}`);
  return describe(EXIT.refused, error.code, message, fields, SUGGESTIONS[error.code]);
}

/** Returns the field as the command line names it: `dataset.resize` for `/dataset/resize`. */
const fieldOf = (pointer: string): string =>
  pointer.startsWith('/') ? pointer.slice(1).replaceAll('/', '.') : pointer.replace(/^\?/, '');

/** Returns the innermost reason of an error, without a point at its end. */
function reasonOf(error: Error): string {
  const { cause } = error;
  if (cause instanceof Error) return reasonOf(cause);
  const { code } = error as NodeJS.ErrnoException;
  const text = error.message || code || error.name;
  return text.replace(/\.$/, '');
}

const describe = (
  exitCode: number,
  code: string,
  message: string,
  fields: readonly string[],
  suggestion?: string,
): ErrorText => ({
  exitCode,
  lines: [message, ...fields.map((field) => `  ${field}`), ...(suggestion === undefined ? [] : [suggestion])].map(
    printable,
  ),
  json: {
    error: { code, message, ...(fields.length > 0 && { fields }), ...(suggestion !== undefined && { suggestion }) },
  },
});
