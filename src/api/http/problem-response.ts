/** Error responses: RFC 9457 problem documents, or the format of an inference protocol. */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { Problem } from '../../contracts/service/problem.js';
import { type ErrorCode, TrainyardError } from '../../errors/errors.js';

export const PROBLEM_TYPE = 'application/problem+json';

/** Returns the problem document of an error. */
export function problemOf(error: TrainyardError): Problem {
  const { code, title, status, errors } = error;
  return { type: 'about:blank', title, status, code, detail: detailOf(error), ...(errors && { errors: [...errors] }) };
}

function detailOf({ code, message }: TrainyardError): string {
  // Internal errors may reveal details of the service: only the log has them.
  if (code === 'internal') return 'The service failed to handle the request; its log has the details.';
  // Workers log this error too, so the advice to clients is added here.
  return code === 'redis_unavailable' ? `${message} Send the request again in a moment.` : message;
}

/** Errors of Fastify and its plugins by their code. */
const fromFramework: Readonly<Record<string, (error: FastifyError, request: FastifyRequest) => TrainyardError>> = {
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    refusal('invalid_request', 'The body does not have the length that Content-Length announces.'),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: (_, request) =>
    refusal(
      'unsupported_media_type',
      `This route does not accept the Content-Type ${request.headers['content-type'] ?? '(none)'}.`,
    ),
  FST_ERR_CTP_BODY_TOO_LARGE: (_, request) =>
    refusal(
      'payload_too_large',
      `The body is larger than the ${request.routeOptions.bodyLimit ?? 0} bytes that this route accepts.`,
    ),
  FST_ERR_MAX_PARAM_LENGTH: () =>
    refusal('not_found', 'The URL has an id or name that is longer than any that exists.'),
  FST_ERR_BAD_URL: () =>
    refusal('invalid_request', 'The URL is not valid: percent-encode its text as UTF-8, for example é as %C3%A9.'),
};

const byStatus: Readonly<Record<number, ErrorCode>> = {
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'payload_too_large',
  415: 'unsupported_media_type',
  429: 'too_many_requests',
  503: 'unavailable',
};

const refusal = (code: ErrorCode, message: string): TrainyardError => new TrainyardError(code, message);

/** Returns any error that Fastify reports as a TrainyardError. */
export function asTrainyardError(error: FastifyError, request: FastifyRequest): TrainyardError {
  if (error instanceof TrainyardError) return error;
  const known = fromFramework[error.code];
  if (known !== undefined) return known(error, request);
  const { statusCode = 500, message } = error;
  const code = byStatus[statusCode] ?? (statusCode >= 400 && statusCode < 500 ? 'invalid_request' : 'internal');
  return new TrainyardError(code, message, { cause: error });
}

/** Logs an error and sends it to the client. The error handler of every route. */
export function sendProblem(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = asTrainyardError(error, request);
  const { status, code } = known;
  if (status >= 500) request.log.error({ err: known, code }, 'request failed');
  else request.log.info({ code, detail: known.message }, 'request refused');
  if (status === 503 || code === 'too_many_requests') reply.header('retry-after', '1');
  // The queue has room again when a job ends, which takes a while.
  if (code === 'queue_full') reply.header('retry-after', '10');
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="trainyard"');
  const problem = problemOf(known);
  if (!isOfProtocol(request)) return reply.code(status).type(PROBLEM_TYPE).send(problem);
  // Fastify adds a charset to the type of strings, and KServe's client expects `application/json` exactly.
  const body = Buffer.from(JSON.stringify({ error: problem.detail }));
  return reply.code(status).header('content-type', 'application/json').send(body);
}

/** TensorFlow Serving's API is under /v1, the Open Inference Protocol under /v2; both report errors as `{"error": "…"}`. */
const isOfProtocol = ({ url }: FastifyRequest): boolean => /^\/+v[12]([/?]|$)/.test(url);

/** Throws `not_found` for a path that no route matches. */
export function refuseUnknownRoute(request: FastifyRequest): never {
  const path = request.url.split('?', 1)[0] ?? '';
  throw new TrainyardError(
    'not_found',
    `There is no route ${request.method} ${path.slice(0, 200)}: /docs lists all routes.`,
  );
}
