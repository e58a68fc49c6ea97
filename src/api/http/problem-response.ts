/** The one place where an error becomes an answer: an RFC 9457 problem document, or what an inference protocol has for it. */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { Problem } from '../../contracts/service/problem.js';
import { type ErrorCode, TrainyardError } from '../../errors/errors.js';

export const PROBLEM_TYPE = 'application/problem+json';

export function problemOf(error: TrainyardError): Problem {
  const { code, title, status, errors } = error;
  return { type: 'about:blank', title, status, code, detail: detailOf(error), ...(errors && { errors: [...errors] }) };
}

function detailOf({ code, message }: TrainyardError): string {
  // What went wrong inside is for the log.
  if (code === 'internal') return 'Something went wrong in the service; its log says more.';
  // Workers log the same errors, and have no request to send again.
  return code === 'redis_unavailable' ? `${message} Send the request again in a moment.` : message;
}

/** Errors of Fastify and its plugins, by their code. */
const fromFramework: Readonly<Record<string, (error: FastifyError, request: FastifyRequest) => TrainyardError>> = {
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    refusal('invalid_request', 'The body is not as long as Content-Length says.'),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: (_, request) =>
    refusal('unsupported_media_type', `Content-Type ${request.headers['content-type'] ?? '(none)'} is not taken here.`),
  FST_ERR_CTP_BODY_TOO_LARGE: (_, request) =>
    refusal(
      'payload_too_large',
      `The body is larger than the ${request.routeOptions.bodyLimit ?? 0} bytes allowed here.`,
    ),
  FST_ERR_MAX_PARAM_LENGTH: () => refusal('not_found', 'No id and no name is as long as the one in this URL.'),
  FST_ERR_BAD_URL: () =>
    refusal('invalid_request', 'The URL is not valid: encode its text as UTF-8, each byte as % and two digits.'),
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

export function asTrainyardError(error: FastifyError, request: FastifyRequest): TrainyardError {
  if (error instanceof TrainyardError) return error;
  const known = fromFramework[error.code];
  if (known !== undefined) return known(error, request);
  const { statusCode = 500, message } = error;
  const code = byStatus[statusCode] ?? (statusCode >= 400 && statusCode < 500 ? 'invalid_request' : 'internal');
  return new TrainyardError(code, message, { cause: error });
}

export function sendProblem(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = asTrainyardError(error, request);
  const { status, code } = known;
  if (status >= 500) request.log.error({ err: known, code }, 'request failed');
  else request.log.info({ code, detail: known.message }, 'request refused');
  if (status === 503 || code === 'too_many_requests') reply.header('retry-after', '1');
  // A place comes free when a job is done, which takes a while.
  if (code === 'queue_full') reply.header('retry-after', '10');
  const problem = problemOf(known);
  if (!isOfProtocol(request)) return reply.code(status).type(PROBLEM_TYPE).send(problem);
  // As bytes, so that no charset is added to the type: KServe's client compares it as a text.
  const body = Buffer.from(JSON.stringify({ error: problem.detail }));
  return reply.code(status).header('content-type', 'application/json').send(body);
}

/** TensorFlow Serving's API is under /v1, the Open Inference Protocol under /v2; both say `{"error": "…"}`. */
const isOfProtocol = ({ url }: FastifyRequest): boolean => /^\/+v[12]([/?]|$)/.test(url);

export function refuseUnknownRoute(request: FastifyRequest): never {
  const path = request.url.split('?', 1)[0] ?? '';
  throw new TrainyardError(
    'not_found',
    `There is nothing at ${request.method} ${path.slice(0, 200)}; /docs lists what there is.`,
  );
}
