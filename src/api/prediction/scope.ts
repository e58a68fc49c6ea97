/** Deadline, cancellation and body memory for the routes that predict. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Caller } from '../../concurrency/fair-limit.js';
import { JSON_LENGTH_HEADER } from '../../contracts/protocols/open-inference-messages.js';
import { TrainyardError } from '../../errors/errors.js';
import { isLargeBody } from '../http/bodies/early.js';
import { codingOf } from '../http/bodies/encoding.js';
import type { Admission, Lease } from '../http/body-memory.js';
import { clientOf } from '../http/client-key.js';
import { bodyTooLarge } from '../http/read-body.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The client. Its signal aborts, with the error to send, at the deadline or if the client closes the connection. */
    caller: Caller;
    /** The memory of the request's body. */
    lease: Lease;
  }
}

export type PredictionLimits = Readonly<{
  admission: Admission;
  /** Largest body in bytes. */
  maxBodyBytes: number;
  /** Deadline in ms from the arrival of a request. A request may shorten it by its header. */
  timeoutMs: number;
}>;

const TIMEOUT_HEADER = 'x-request-timeout-ms';

export const PredictionHeaders = Type.Object({
  [TIMEOUT_HEADER]: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 86_400_000,
      description:
        'Deadline of the request in ms: after it the answer is 504. At most the setting PREDICT_TIMEOUT_MS, which is the default.',
    }),
  ),
});

/** Memory for each byte of a body: a file is copied once; JSON becomes a string, then values, then pixels. */
const FILE_COPIES = 2;
const JSON_COPIES = 5;

/** Throws if the model of a request does not exist, as far as the URL names it. */
export type RequireModel = (request: FastifyRequest) => Promise<unknown>;

/** Adds a deadline and a memory lease to every request of a scope. */
export function limitPredictions(scope: FastifyInstance, limits: PredictionLimits, requireModel: RequireModel): void {
  scope.decorateRequest('caller');
  scope.decorateRequest('lease');
  scope.addHook('onRequest', async (request, reply) => {
    const signal = deadlineOf(request, reply, limits.timeoutMs);
    const client = clientOf(request);
    request.caller = { client, signal };
    const mostBytes = mostBodyBytes(request, reply, limits.maxBodyBytes);
    if (mostBytes > 0 && isLargeBody(request)) await requireModel(request);
    const copies = isBinary(request) ? FILE_COPIES : JSON_COPIES;
    request.lease = limits.admission.open({ client, mostBytes, copies, signal });
    reply.raw.once('close', request.lease.release);
    if (reply.raw.closed) request.lease.release();
  });
}

const isBinary = ({ headers }: FastifyRequest): boolean =>
  headers[JSON_LENGTH_HEADER] !== undefined || /^(image|multipart)\//i.test(headers['content-type'] ?? '');

/** Returns the most bytes that a body can have: the announced length, or the limit if it is compressed or unannounced. 0 without a body. */
function mostBodyBytes(request: FastifyRequest, reply: FastifyReply, maxBodyBytes: number): number {
  const { 'content-length': length, 'transfer-encoding': transfer } = request.headers;
  if (length === undefined && transfer === undefined) return 0;
  const coding = codingOf(request, reply);
  const bytes = Number(length ?? 0);
  if (bytes > maxBodyBytes) throw bodyTooLarge(maxBodyBytes);
  return length === undefined || coding !== undefined ? maxBodyBytes : bytes;
}

function deadlineOf(request: FastifyRequest, reply: FastifyReply, timeoutMs: number): AbortSignal {
  const limitMs = Math.min(timeoutMs, requestedTimeoutMs(request) ?? timeoutMs);
  const end = new AbortController();
  const late = setTimeout(() => {
    const error = new TrainyardError(
      'deadline_exceeded',
      `The request was not answered within ${limitMs} ms: try again later.`,
    );
    end.abort(error);
    if (request.raw.complete || reply.sent) return;
    // The rest of the body is no longer needed.
    reply.header('connection', 'close').send(error);
  }, limitMs);
  reply.raw.once('close', () => {
    clearTimeout(late);
    if (!reply.raw.writableFinished) end.abort(new TrainyardError('client_gone', 'The client closed the connection.'));
  });
  return end.signal;
}

function requestedTimeoutMs({ headers }: FastifyRequest): number | undefined {
  const text = headers[TIMEOUT_HEADER];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 86_400_000) return value;
  const message = 'must be a whole number of milliseconds from 1 to 86400000';
  throw new TrainyardError('invalid_request', `The header ${TIMEOUT_HEADER} ${message}.`, {
    errors: [{ pointer: `header ${TIMEOUT_HEADER}`, message }],
  });
}
