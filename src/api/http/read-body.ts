/** Reads the body of a prediction into memory, as far as there is room for it. */
import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { TrainyardError } from '../../errors/errors.js';
import type { Lease } from './body-memory.js';

/** The whole body. Throws `payload_too_large`, `client_gone`, and what the lease of the request throws. */
export async function readBody(request: FastifyRequest, payload: Readable): Promise<Buffer> {
  const limit = request.routeOptions.bodyLimit ?? 0;
  const body = await readStream(payload, request.lease, limit);
  request.lease.finish();
  const { 'content-length': announced, 'content-encoding': encoding } = request.headers;
  if (announced !== undefined && encoding === undefined && Number(announced) !== body.length)
    throw new TrainyardError('invalid_request', 'The body is not as long as Content-Length says.');
  return body;
}

/** All that a stream has. It stays open when it is refused: the refusal is sent on its connection. */
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
    throw new TrainyardError('client_gone', 'The client has gone before all of the body had come.', { cause });
  }
  return Buffer.concat(chunks, bytes);
}

/** A setting in MiB, with its value in bytes. */
export type LimitSetting = Readonly<{ name: string; bytes: number }>;

/** Returns the refusal of a body that is too large; `setting` is the setting that bounds it. */
export const bodyTooLarge = (maxBytes: number, setting?: LimitSetting): TrainyardError =>
  new TrainyardError(
    'payload_too_large',
    setting === undefined
      ? `The body is larger than the ${maxBytes} bytes allowed here.`
      : `The body is larger than ${setting.name} allows, ${Math.floor(setting.bytes / 2 ** 20)} MiB.`,
  );
