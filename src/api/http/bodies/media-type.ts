/** The type that a request says its body has. */
import type { FastifyRequest } from 'fastify';

export const JSON_TYPE = 'application/json';
export const FORM_TYPE = 'multipart/form-data';

/** Returns the media type without its parameters; empty if there is none. */
export const mediaType = ({ headers }: Pick<FastifyRequest, 'headers'>): string =>
  (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
