/** Errors of the client: answers of the service, and services that do not answer. */
import type { ErrorCode, Problem } from './client-types.js';

/**
 * The wrong field of a request: a JSON Pointer into the body, `?name` for a query parameter, or `header name`. `suggestion` is a value
 * that the field would accept.
 */
export type WrongField = Readonly<{ pointer: string; message: string; suggestion?: number }>;

/** Codes of answers that are no problem documents, such as those of a proxy. */
const CODES_BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'invalid_request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  408: 'request_timeout',
  413: 'payload_too_large',
  415: 'unsupported_media_type',
  429: 'too_many_requests',
  431: 'headers_too_large',
  502: 'unavailable',
  503: 'unavailable',
  504: 'deadline_exceeded',
};

type ErrorFields = Readonly<{
  code: ErrorCode;
  status: number;
  title: string;
  detail: string;
  errors?: readonly WrongField[] | undefined;
  requestId?: string | undefined;
  retryAfterS?: number | undefined;
}>;

/** An error answer of the service. Program against `code`; `title` and `detail` are for people. */
export class TrainyardError extends Error {
  override readonly name = 'TrainyardError';
  /** One of the contract's codes. A newer service may send a code that this list does not know yet. */
  declare readonly code: ErrorCode;
  /** HTTP status. */
  declare readonly status: number;
  declare readonly title: string;
  /** Says what is wrong, what is allowed, and what to do next. Also the message. */
  declare readonly detail: string;
  /** The wrong fields of the request. Empty if no field is to blame. */
  declare readonly errors: readonly WrongField[];
  /** Id of the request in the log of the service. */
  declare readonly requestId: string | undefined;
  /** Seconds after which the service asks to try again. */
  declare readonly retryAfterS: number | undefined;

  constructor(fields: ErrorFields) {
    super(fields.detail);
    Object.assign(this, { errors: [], ...fields });
  }
}

/** The service cannot be reached, or the connection broke before the whole answer arrived. The cause says why. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}

/** The service did not answer within `timeoutMs`. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

/** Returns whether a caught value is an error answer of the service. Then its `code` can be compared. */
export const isTrainyardError = (error: unknown): error is TrainyardError => error instanceof TrainyardError;

/** Returns the answer of a call, or undefined if the service answers with this code. */
export const unless = <T>(code: ErrorCode, call: Promise<T>): Promise<T | undefined> =>
  call.catch((error: unknown) => {
    if (isTrainyardError(error) && error.code === code) return undefined;
    throw error;
  });

/** Returns the seconds of a Retry-After header: a number, or the time until its date. */
export function secondsOf(retryAfter: string | null): number | undefined {
  const text = retryAfter?.trim();
  if (!text) return undefined;
  const seconds = Number(text);
  const wait = Number.isFinite(seconds) ? seconds : (Date.parse(text) - Date.now()) / 1_000;
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}

/** Returns the error of a problem document, or of any other text that arrived with an error status. */
export function errorOf(status: number, text: string, headers?: Headers): TrainyardError {
  const received = {
    requestId: headers?.get('x-request-id') ?? undefined,
    retryAfterS: secondsOf(headers?.get('retry-after') ?? null),
  };
  const problem = parseProblem(text);
  if (problem !== undefined) return new TrainyardError({ ...problem, code: problem.code as ErrorCode, ...received });
  const code = CODES_BY_STATUS[status] ?? 'internal';
  const detail = `The answer is HTTP ${status} without a problem document. Check that the address is that of a trainyard service.`;
  return new TrainyardError({ code, status, title: `HTTP ${status}`, detail, ...received });
}

function parseProblem(text: string): Problem | undefined {
  try {
    const found = JSON.parse(text) as Partial<Problem> | null;
    return typeof found?.code === 'string' && typeof found.detail === 'string' ? (found as Problem) : undefined;
  } catch {
    return undefined;
  }
}
