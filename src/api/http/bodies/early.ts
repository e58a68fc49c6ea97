/**
 * Refusals before the body: of its size, its type and its coding, before `100 Continue` and before a byte of it is read. And answers
 * that leave while the body still comes: the rest is read and thrown away for a while, so that the answer reaches the client.
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
    /** The setting that bounds the upload, for the sentence of a refusal. `bodyLimit` may leave room for more. */
    limitSetting?: LimitSetting;
  }
}

/** A declared rest of at most this is read to its end, and the connection is kept for the next request. */
const KEPT_BYTES = 64 * 1024;
/** Of a longer rest so much is thrown away, for so long and until it stops for so long; then the connection is closed. */
const DISCARDED_BYTES = 2 ** 26;
const DISCARD_MS = 10_000;
const IDLE_MS = 2_000;

/** Requests that wait for `100 Continue` before they send their body. */
const waiting = new WeakSet<IncomingMessage>();

/** Refuses what can be refused by its headers, and has answers outlive the bodies they did not wait for. */
export function answerEarly(app: FastifyInstance): void {
  // Without a listener Node.js sends `100 Continue` itself, before any route has seen the request.
  app.server.on('checkContinue', (raw, response) => {
    waiting.add(raw);
    app.server.emit('request', raw, response);
  });
  app.addHook('preParsing', async (request, reply, payload) => {
    if (request.is404) refuseUnknownRoute(request);
    if (!hasBody(request) || BODYLESS.includes(request.method)) return payload;
    requireTaken(request);
    const coding = codingOf(request, reply);
    const limit = requireSize(request);
    if (request.routeOptions.config?.isUpload !== true) continueBody(request, reply);
    return coding === undefined ? payload : decompress(payload as Readable, coding, limit);
  });
  outliveBodies(app);
}

const BODYLESS = ['GET', 'HEAD'];

/** Asks a client that waits for it to send its body. Routes with `isUpload` do it once they have looked at all else. */
export function continueBody({ raw }: FastifyRequest, reply: FastifyReply): void {
  if (waiting.delete(raw)) reply.raw.writeContinue();
}

/** Whether a body is so large, or so undecided, that a look at what it is for pays off before it is read. */
export function isWorthALook({ raw, headers }: FastifyRequest): boolean {
  return (
    waiting.has(raw) || headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > KEPT_BYTES
  );
}

export const hasBody = ({ headers }: FastifyRequest): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/**
 * Throws `unsupported_media_type` for another type than JSON on a route that takes JSON alone. Fastify says so only once the body is
 * asked for. Routes that take other types look at them when the request arrives.
 */
function requireTaken(request: FastifyRequest): void {
  const { server } = request;
  const type = mediaType(request);
  const takesJsonAlone = server.hasContentTypeParser(JSON_TYPE) && !server.hasContentTypeParser(FORM_TYPE);
  if (type === JSON_TYPE || !takesJsonAlone) return;
  throw new TrainyardError(
    'unsupported_media_type',
    `Content-Type ${type === '' ? '(none)' : type.slice(0, 100)} is not taken here: send ${JSON_TYPE}.`,
  );
}

/** Returns the largest body of the route. Throws `payload_too_large` if the request declares a larger one. */
function requireSize({ headers, routeOptions }: FastifyRequest): number {
  const limit = routeOptions.bodyLimit ?? Number.POSITIVE_INFINITY;
  if (Number(headers['content-length'] ?? 0) <= limit) return limit;
  throw bodyTooLarge(limit, routeOptions.config?.limitSetting);
}

/** Has every answer that leaves before its request's body has come wait for the rest of it, within bounds. */
function outliveBodies(app: FastifyInstance): void {
  const lingering = new Set<() => void>();
  app.addHook('onSend', async (request, reply, payload) => {
    const { raw } = request;
    // Fastify closes the connection after every body it could not parse, also if all of it has come.
    if (raw.complete) reply.removeHeader('connection');
    if (raw.readableEnded) return payload;
    raw.unpipe();
    raw.resume();
    if (raw.complete || !hasBody(request)) return payload;
    const isShort = Number(request.headers['content-length']) <= KEPT_BYTES;
    if (isShort && !waiting.has(raw) && reply.getHeader('connection') !== 'close') return payload;
    reply.header('connection', 'close');
    if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) return payload;
    reply.header('content-length', Buffer.byteLength(payload));
    // A body that was given up for its pace is not waited for again.
    return endAfter(raw, payload, lingering, reply.statusCode === 408 ? IDLE_MS : DISCARD_MS);
  });
  app.addHook('preClose', async () => {
    for (const end of lingering) end();
  });
}

/** A stream with the whole answer at once, whose end waits for the end of the body: Node.js closes the connection then. */
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
