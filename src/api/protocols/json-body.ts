/** Bodies of the inference protocols: JSON whatever the Content-Type says, and the binary tensors that may follow it. */
import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { JSON_LENGTH_HEADER } from '../../contracts/protocols/open-inference.js';
import { TrainyardError } from '../../errors/errors.js';
import { parseJson } from '../http/bodies/json.js';
import { requireFewParts } from '../http/json-limits.js';
import { readBody } from '../http/read-body.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** What follows the JSON of the body; empty without the header that says where it ends, undefined without a body. */
    tail: Buffer | undefined;
  }
}

/** Teaches a scope to read every body as JSON: clients of these protocols send any Content-Type, or none. */
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
    `The header ${JSON_LENGTH_HEADER} says ${String(text).slice(0, 40)}; the body has ${bytes} bytes, and its JSON at most as many.`,
  );
}
