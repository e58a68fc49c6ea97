/** Reads the body of a prediction request into memory, within its lease. */
import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { TrainyardError } from '../../errors/errors.js';
import type { Lease } from './body-memory.js';

/** Reads the complete body. Throws `payload_too_large`, `client_gone`, `invalid_request`, and what the lease of the request throws. */
export async function readBody(request: FastifyRequest, payload: Readable): Promise<Buffer> {
  const limit = request.routeOptions.bodyLimit ?? 0;
  const body = await readStream(payload, request.lease, limit);
  request.lease.finish();
  const { 'content-length': announced, 'content-encoding': encoding } = request.headers;
  if (announced !== undefined && encoding === undefined && Number(announced) !== body.length)
    throw new TrainyardError('invalid_request', 'The body does not have the length that Content-Length announces.');
  return body;
}

/** Reads a stream to its end. Leaves it open if it throws: the refusal is sent on the same connection. */
export async function readStream(stream: Readable, lease: Lease, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw bodyTooLarge(maxBytes);
      await lease.take(chunk.length);
      chunks.push(chunk);
    }
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ECONNRESET')) throw cause;
    throw new TrainyardError('client_gone', 'The client closed the connection before the whole body had arrived.', {
      cause,
    });
  }
  return Buffer.concat(chunks, bytes);
}

/** A setting in MiB by its name, with its value in bytes. */
export type LimitSetting = Readonly<{ name: string; bytes: number }>;

/** Returns the error for a body that is too large. Names the setting that limits it, if there is one. */
export const bodyTooLarge = (maxBytes: number, setting?: LimitSetting): TrainyardError =>
  new TrainyardError(
    'payload_too_large',
    setting === undefined
      ? `The body is larger than the ${maxBytes} bytes that this route accepts.`
      : `The body is larger than ${Math.floor(setting.bytes / 2 ** 20)} MiB, the limit of the setting ${setting.name}.`,
  );
