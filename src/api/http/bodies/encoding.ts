/** Content-Encoding of request bodies: decompresses gzip and deflate on routes that accept them, and refuses it elsewhere. */
import { PassThrough, type Readable, Transform } from 'node:stream';
import { createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { TrainyardError } from '../../../errors/errors.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route accepts bodies compressed with gzip or deflate. */
    acceptsCompressed?: boolean;
  }
}

export type Coding = 'gzip' | 'deflate';

/** The codings of routes with `acceptsCompressed`. */
export const CODINGS = ['gzip', 'deflate'] as const satisfies readonly Coding[];

/**
 * Returns how the body is compressed; undefined if it is not. For a coding that the route does not accept it sets the response header
 * `Accept-Encoding` and throws `unsupported_media_type`.
 */
export function codingOf(request: FastifyRequest, reply: FastifyReply): Coding | undefined {
  const header = request.headers['content-encoding'] ?? '';
  const names = header.toLowerCase().split(',').map(nameOf);
  const codings = names.filter((name) => name !== '' && name !== 'identity');
  if (codings.length === 0) return undefined;
  const [only] = codings;
  const accepted = request.routeOptions.config?.acceptsCompressed === true ? CODINGS : [];
  const coding = codings.length === 1 ? accepted.find((name) => name === only) : undefined;
  if (coding !== undefined) return coding;
  reply.header('accept-encoding', accepted.length === 0 ? 'identity' : accepted.join(', '));
  const advice =
    accepted.length === 0
      ? 'send the body uncompressed'
      : 'compress the body once, with gzip or deflate, or not at all';
  throw new TrainyardError(
    'unsupported_media_type',
    `This route does not accept the Content-Encoding ${header.slice(0, 100)}: ${advice}.`,
  );
}

function nameOf(text: string): string {
  const name = text.trim();
  return name === 'x-gzip' ? 'gzip' : name;
}

/** A decompressed body for Fastify, which compares `receivedEncodedLength` with Content-Length. */
export type DecodedBody = Readable & { receivedEncodedLength: number };

/** Returns the decompressed body. It fails with `payload_too_large` after `limit` bytes, and with `invalid_request` if it is damaged. */
export function decompress(body: Readable, coding: Coding, limit: number): DecodedBody {
  let bytes = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes <= limit) return done(null, chunk);
      done(
        new TrainyardError(
          'payload_too_large',
          `The decompressed body is larger than the ${limit} bytes that this route accepts.`,
        ),
      );
    },
  });
  const decoded = Object.assign(counted, { receivedEncodedLength: 0 });
  body.on('data', (chunk: Buffer) => {
    decoded.receivedEncodedLength += chunk.length;
  });
  connect(body, coding, decoded);
  return decoded;
}

/** Pipes a body through its decoder. If that fails, the body stays open: the refusal is sent on the same connection. */
function connect(body: Readable, coding: Coding, target: Transform): void {
  const start = new PassThrough();
  body.pipe(start);
  const endEmpty = (): unknown => target.end();
  start.once('end', endEmpty);
  start.once('data', (first: Buffer) => {
    start.removeListener('end', endEmpty).pause();
    start.unshift(first);
    const decoder = decoderOf(coding, first);
    decoder.once('error', (cause) => target.destroy(damaged(coding, cause)));
    target.once('close', () => {
      body.unpipe(start);
      decoder.destroy();
      start.destroy();
    });
    start.pipe(decoder).pipe(target);
  });
  body.once('close', () => {
    if (!body.readableEnded) target.destroy(new TrainyardError('client_gone', 'The client closed the connection.'));
  });
}

/** `deflate` is zlib's format. Some clients leave out its header: a first byte that ends in 8, and two bytes divisible by 31. */
function decoderOf(coding: Coding, first: Buffer) {
  if (coding === 'gzip') return createGunzip();
  const hasHeader = ((first[0] ?? 0) & 15) === 8 && (first.length < 2 || first.readUInt16BE(0) % 31 === 0);
  return hasHeader ? createInflate() : createInflateRaw();
}

const damaged = (coding: Coding, cause: Error): TrainyardError =>
  new TrainyardError('invalid_request', `The body is not complete ${coding} data (${cause.message}).`, { cause });
