/** What every route that predicts shares: a deadline, an end when the client goes, and memory for bodies as they come. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Caller } from '../../concurrency/fair-limit.js';
import { JSON_LENGTH_HEADER } from '../../contracts/protocols/open-inference.js';
import { TrainyardError } from '../../errors/errors.js';
import { isWorthALook } from '../http/bodies/early.js';
import { codingOf } from '../http/bodies/encoding.js';
import type { Admission, Lease } from '../http/body-memory.js';
import { clientOf } from '../http/client-key.js';
import { bodyTooLarge } from '../http/read-body.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Its signal aborts at the deadline, or when the client has gone: with the error to answer. */
    caller: Caller;
    /** The memory of the body; a request without one has none. */
    lease: Lease;
  }
}

export type PredictionLimits = Readonly<{
  admission: Admission;
  /** Largest body in bytes. */
  maxBodyBytes: number;
  /** From a request's arrival to its answer, in ms: what a request may shorten by its header. */
  timeoutMs: number;
}>;

const TIMEOUT_HEADER = 'x-request-timeout-ms';

export const PredictionHeaders = Type.Object({
  [TIMEOUT_HEADER]: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 86_400_000,
      description:
        'When the answer is wanted, in ms from now: later it is 504. The setting PREDICT_TIMEOUT_MS bounds it.',
    }),
  ),
});

/** A body in memory beside what it becomes: a file is copied once; JSON is text, then values, then pixels. */
const FILE_COPIES = 2;
const JSON_COPIES = 5;

/** Throws if the model that a request asks for is not there, as far as that is known before its body. */
export type RequireModel = (request: FastifyRequest) => Promise<unknown>;

/** Gives the requests of a scope their deadline, and their bodies memory as they come. */
export function limitPredictions(scope: FastifyInstance, limits: PredictionLimits, requireModel: RequireModel): void {
  scope.decorateRequest('caller');
  scope.decorateRequest('lease');
  scope.addHook('onRequest', async (request, reply) => {
    const signal = untilOf(request, reply, limits.timeoutMs);
    const client = clientOf(request);
    request.caller = { client, signal };
    const mostBytes = bodyBytes(request, reply, limits.maxBodyBytes);
    if (mostBytes > 0 && isWorthALook(request)) await requireModel(request);
    const copies = isBinary(request) ? FILE_COPIES : JSON_COPIES;
    request.lease = limits.admission.open({ client, mostBytes, copies, signal });
    reply.raw.once('close', request.lease.release);
    if (reply.raw.closed) request.lease.release();
  });
}

const isBinary = ({ headers }: FastifyRequest): boolean =>
  headers[JSON_LENGTH_HEADER] !== undefined || /^(image|multipart)\//i.test(headers['content-type'] ?? '');

/** Bytes that a body may have: as many as it announces, or the most that is allowed; 0 without a body. */
function bodyBytes(request: FastifyRequest, reply: FastifyReply, maxBodyBytes: number): number {
  const { 'content-length': length, 'transfer-encoding': transfer } = request.headers;
  if (length === undefined && transfer === undefined) return 0;
  const coding = codingOf(request, reply);
  const bytes = Number(length ?? 0);
  if (bytes > maxBodyBytes) throw bodyTooLarge(maxBodyBytes);
  return length === undefined || coding !== undefined ? maxBodyBytes : bytes;
}

function untilOf(request: FastifyRequest, reply: FastifyReply, timeoutMs: number): AbortSignal {
  const limitMs = Math.min(timeoutMs, askedTimeoutMs(request) ?? timeoutMs);
  const end = new AbortController();
  const late = setTimeout(() => {
    const error = new TrainyardError('deadline_exceeded', `There is no answer within ${limitMs} ms: try again later.`);
    end.abort(error);
    if (request.raw.complete || reply.sent) return;
    // Nobody waits for the rest of a body that is late.
    reply.header('connection', 'close').send(error);
  }, limitMs);
  reply.raw.once('close', () => {
    clearTimeout(late);
    if (!reply.raw.writableFinished)
      end.abort(new TrainyardError('client_gone', 'The client has closed the connection.'));
  });
  return end.signal;
}

function askedTimeoutMs({ headers }: FastifyRequest): number | undefined {
  const text = headers[TIMEOUT_HEADER];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 86_400_000) return value;
  const message = 'must be a whole number of milliseconds from 1 to 86400000';
  throw new TrainyardError('invalid_request', `The header ${TIMEOUT_HEADER} ${message}.`, {
    errors: [{ pointer: `header ${TIMEOUT_HEADER}`, message }],
  });
}
