/** Which pages may open a stream: a browser lets any page do it, and says which it is in `Origin`. Programs send none. */
import type { FastifyRequest } from 'fastify';
import { TrainyardError } from '../errors.js';

/** Throws `forbidden_origin` unless the page is of this service, by the host that was asked, or of an allowed origin. */
export function requireOrigin({ headers }: Pick<FastifyRequest, 'headers'>, allowed: readonly string[]): void {
  const { origin, host } = headers;
  if (origin === undefined || allowed.includes(origin)) return;
  if (URL.canParse(origin) && new URL(origin).host === host) return;
  throw new TrainyardError(
    'forbidden_origin',
    `A page of ${origin.slice(0, 200)} may not open this stream; pages of this service may, and those of ALLOWED_ORIGINS.`,
  );
}
