/** Content-Encoding of request bodies: gzip and deflate on the routes that take them, in words elsewhere. */
import { PassThrough, type Readable, Transform } from 'node:stream';
import { createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { TrainyardError } from '../../../errors/errors.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route takes bodies in gzip and deflate. */
    takesCompressed?: boolean;
  }
}

export type Coding = 'gzip' | 'deflate';

/** The codings of a route that takes compressed bodies, for openapi.yaml and sentences. */
export const CODINGS = ['gzip', 'deflate'] as const satisfies readonly Coding[];

/**
 * Returns how the body is compressed; undefined if it is not. Throws `unsupported_media_type`, with the header `Accept-Encoding` on the
 * answer, for a coding that the route does not take.
 */
export function codingOf(request: FastifyRequest, reply: FastifyReply): Coding | undefined {
  const header = request.headers['content-encoding'] ?? '';
  const names = header.toLowerCase().split(',').map(nameOf);
  const codings = names.filter((name) => name !== '' && name !== 'identity');
  if (codings.length === 0) return undefined;
  const [only] = codings;
  const taken = request.routeOptions.config?.takesCompressed === true ? CODINGS : [];
  const coding = codings.length === 1 ? taken.find((name) => name === only) : undefined;
  if (coding !== undefined) return coding;
  reply.header('accept-encoding', taken.length === 0 ? 'identity' : taken.join(', '));
  const instead = taken.length === 0 ? 'send it as it is' : 'compress it by gzip or deflate alone, or send it as it is';
  throw new TrainyardError(
    'unsupported_media_type',
    `A compressed body (Content-Encoding: ${header.slice(0, 100)}) is not taken here: ${instead}.`,
  );
}

function nameOf(text: string): string {
  const name = text.trim();
  return name === 'x-gzip' ? 'gzip' : name;
}

/** A body as Fastify reads it: it compares `receivedEncodedLength` with Content-Length. */
export type DecodedBody = Readable & { receivedEncodedLength: number };

/** The decompressed body. Fails with `payload_too_large` after `limit` bytes, and with `invalid_request` if it is damaged. */
export function decompress(body: Readable, coding: Coding, limit: number): DecodedBody {
  let bytes = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes <= limit) return done(null, chunk);
      done(
        new TrainyardError(
          'payload_too_large',
          `The body is larger than the ${limit} bytes allowed here once it is decompressed.`,
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

/** Pipes a body through its decoder. Whatever fails, the body itself stays open: its connection carries the answer. */
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
    if (!body.readableEnded) target.destroy(new TrainyardError('client_gone', 'The client has closed the connection.'));
  });
}

/** `deflate` means zlib's format. Some clients send its data without the header, which begins by 8 and is divisible by 31. */
function decoderOf(coding: Coding, first: Buffer) {
  if (coding === 'gzip') return createGunzip();
  const hasHeader = ((first[0] ?? 0) & 15) === 8 && (first.length < 2 || first.readUInt16BE(0) % 31 === 0);
  return hasHeader ? createInflate() : createInflateRaw();
}

const damaged = (coding: Coding, cause: Error): TrainyardError =>
  new TrainyardError('invalid_request', `The body is not whole ${coding} data (${cause.message}).`, { cause });
