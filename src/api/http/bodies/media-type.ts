/** Media types of request bodies. */
import type { FastifyRequest } from 'fastify';

export const JSON_TYPE = 'application/json';
export const FORM_TYPE = 'multipart/form-data';

/** Returns the media type of the Content-Type header without its parameters; empty if there is no header. */
export const mediaType = ({ headers }: Pick<FastifyRequest, 'headers'>): string =>
  (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
