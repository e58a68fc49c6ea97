/**
 * Early responses. Refuses a body by its headers (size, type, coding) before `100 Continue` and before it is read. Drains the rest of a
 * body whose response is sent early, so that the response reaches the client.
 */
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { TrainyardError } from '../../../errors/errors.js';
import { refuseUnknownRoute } from '../problem-response.js';
import { bodyTooLarge, type LimitSetting } from '../read-body.js';
import { codingOf, decompress } from './encoding.js';
import { FORM_TYPE, JSON_TYPE, mediaType } from './media-type.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The setting that limits the upload, which a refusal names. `bodyLimit` may be larger. */
    limitSetting?: LimitSetting;
  }
}

/** A body of at most this length is drained completely, and its connection is kept for the next request. */
const DRAINED_BYTES = 64 * 1024;
/** A longer body is drained up to this many bytes, for this long, or until it pauses for `IDLE_MS`; then its connection is closed. */
const DISCARDED_BYTES = 2 ** 26;
const DISCARD_MS = 10_000;
const IDLE_MS = 2_000;

/** Requests that wait for `100 Continue` before they send their body. */
const waiting = new WeakSet<IncomingMessage>();

/** Refuses requests by their headers, and drains bodies whose response is sent early. */
export function answerEarly(app: FastifyInstance): void {
  // Without a listener Node.js sends `100 Continue` before any route has seen the request.
  app.server.on('checkContinue', (raw, response) => {
    waiting.add(raw);
    app.server.emit('request', raw, response);
  });
  app.addHook('preParsing', async (request, reply, payload) => {
    if (request.is404) refuseUnknownRoute(request);
    if (!hasBody(request) || BODYLESS.includes(request.method)) return payload;
    requireAcceptedType(request);
    const coding = codingOf(request, reply);
    const limit = requireSize(request);
    if (request.routeOptions.config?.isUpload !== true) continueBody(request, reply);
    return coding === undefined ? payload : decompress(payload as Readable, coding, limit);
  });
  drainBodies(app);
}

const BODYLESS = ['GET', 'HEAD'];

/** Sends `100 Continue` if the client waits for it. Routes with `isUpload` call it after their other checks. */
export function continueBody({ raw }: FastifyRequest, reply: FastifyReply): void {
  if (waiting.delete(raw)) reply.raw.writeContinue();
}

/** Returns whether a body is large or of unknown length, so that its model is looked up before it is read. */
export function isLargeBody({ raw, headers }: FastifyRequest): boolean {
  return (
    waiting.has(raw) || headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > DRAINED_BYTES
  );
}

export const hasBody = ({ headers }: FastifyRequest): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/**
 * Throws `unsupported_media_type` for another type than JSON on a route that accepts only JSON, before the body is requested from the
 * client. Routes that accept other types check them in hooks of their own.
 */
function requireAcceptedType(request: FastifyRequest): void {
  const { server } = request;
  const type = mediaType(request);
  const acceptsOnlyJson = server.hasContentTypeParser(JSON_TYPE) && !server.hasContentTypeParser(FORM_TYPE);
  if (type === JSON_TYPE || !acceptsOnlyJson) return;
  throw new TrainyardError(
    'unsupported_media_type',
    `This route accepts JSON. Send the header "Content-Type: ${JSON_TYPE}" instead of ${type === '' ? 'none' : `"${type.slice(0, 100)}"`}.`,
  );
}

/** Returns the largest body of the route. Throws `payload_too_large` if the request declares a larger one. */
function requireSize({ headers, routeOptions }: FastifyRequest): number {
  const limit = routeOptions.bodyLimit ?? Number.POSITIVE_INFINITY;
  if (Number(headers['content-length'] ?? 0) <= limit) return limit;
  throw bodyTooLarge(limit, routeOptions.config?.limitSetting);
}

/** Keeps a connection open after an early response until the rest of the body has been drained, within limits. */
function drainBodies(app: FastifyInstance): void {
  const lingering = new Set<() => void>();
  app.addHook('onSend', async (request, reply, payload) => {
    const { raw } = request;
    // Fastify closes the connection after a body that it could not parse, even if all of it has arrived.
    if (raw.complete) reply.removeHeader('connection');
    if (raw.readableEnded) return payload;
    raw.unpipe();
    raw.resume();
    if (raw.complete || !hasBody(request)) return payload;
    const isShort = Number(request.headers['content-length']) <= DRAINED_BYTES;
    if (isShort && !waiting.has(raw) && reply.getHeader('connection') !== 'close') return payload;
    reply.header('connection', 'close');
    if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) return payload;
    reply.header('content-length', Buffer.byteLength(payload));
    // A body that was too slow is not waited for again.
    return endAfter(raw, payload, lingering, reply.statusCode === 408 ? IDLE_MS : DISCARD_MS);
  });
  app.addHook('preClose', async () => {
    for (const end of lingering) end();
  });
}

/** Returns a stream that sends the response at once and ends after the body, or after `discardMs`; Node.js then closes the connection. */
function endAfter(
  raw: IncomingMessage,
  answer: string | Buffer,
  lingering: Set<() => void>,
  discardMs: number,
): Readable {
  const stream = new Readable({ read: () => undefined });
  const end = (): void => {
    clearTimeout(late);
    clearTimeout(idle);
    if (lingering.delete(end)) stream.push(null);
  };
  const late = setTimeout(end, discardMs);
  const idle = setTimeout(end, IDLE_MS);
  let bytes = 0;
  raw.on('data', ({ length }: Buffer) => {
    bytes += length;
    if (bytes > DISCARDED_BYTES) end();
    else if (lingering.has(end)) idle.refresh();
  });
  raw.once('end', end).once('close', end);
  lingering.add(end);
  stream.push(answer);
  return stream;
}
