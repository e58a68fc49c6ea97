/** Request bodies of the inference protocols: JSON with any Content-Type, and binary tensors after it. */
import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { JSON_LENGTH_HEADER } from '../../contracts/protocols/open-inference-messages.js';
import { TrainyardError } from '../../errors/errors.js';
import { parseJson } from '../http/bodies/json.js';
import { requireFewParts } from '../http/json-limits.js';
import { readBody } from '../http/read-body.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Bytes after the JSON of the body; empty without the header that gives the JSON's length, undefined without a body. */
    tail: Buffer | undefined;
  }
}

/** Makes a scope parse every body as JSON: clients of these protocols send any Content-Type, or none. */
export function acceptAnyJson(scope: FastifyInstance): void {
  scope.decorateRequest('tail');
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', async (request: FastifyRequest, payload: Readable) => {
    const body = await readBody(request, payload);
    const end = jsonLength(request.headers, body.length);
    request.tail = body.subarray(end);
    if (end === 0) return undefined;
    requireFewParts(body.subarray(0, end));
    return parseJson(body.subarray(0, end), { contentType: request.headers['content-type'] });
  });
}

function jsonLength(headers: FastifyRequest['headers'], bytes: number): number {
  const text = headers[JSON_LENGTH_HEADER];
  if (text === undefined) return bytes;
  const length = Number(text);
  if (Number.isInteger(length) && length >= 0 && length <= bytes) return length;
  throw new TrainyardError(
    'invalid_request',
    `The header ${JSON_LENGTH_HEADER} must be 0 to ${bytes}, the bytes of the body (got ${String(text).slice(0, 40)}).`,
  );
}
