/** Which pages may change something or open a stream: a browser lets any page try, and says which it is. Programs say nothing. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { TrainyardError } from '../errors.js';
import { problems } from './openapi.js';

const METHODS_THAT_CHANGE = ['POST', 'PUT', 'PATCH', 'DELETE'];

/** Refuses pages of other sites on the routes registered from here on, except those of the origins that are allowed. */
export function refuseOtherSites(app: FastifyInstance, allowed: readonly string[]): void {
  app.addHook('onRoute', ({ method, schema }) => {
    const responses = schema?.response as Record<number, object> | undefined;
    if (responses === undefined || ![method].flat().some((name) => METHODS_THAT_CHANGE.includes(name))) return;
    const refusal = problems(403)[403] as { description: string };
    // In the form of the route's other refusals.
    responses[403] ??= { ...(responses[400] ?? refusal), description: refusal.description };
  });
  app.addHook('onRequest', async (request) => {
    if (request.ws || METHODS_THAT_CHANGE.includes(request.method)) requireOrigin(request, allowed);
  });
}

/**
 * Throws `forbidden_origin` unless the page is of this service, by what the browser says of it or by the host that was asked, or of an
 * allowed origin.
 */
function requireOrigin({ headers }: FastifyRequest, allowed: readonly string[]): void {
  const { origin, host } = headers;
  if (origin === undefined || allowed.includes(origin) || headers['sec-fetch-site'] === 'same-origin') return;
  if (URL.canParse(origin) && new URL(origin).host === host) return;
  throw new TrainyardError(
    'forbidden_origin',
    `A page of ${origin.slice(0, 200)} may not do this; pages of this service may, and those of ALLOWED_ORIGINS.`,
  );
}
