/** Which pages may change something, open a stream or read answers from elsewhere: a browser lets any page try, and says which it is. Programs say nothing. */
import type { IncomingHttpHeaders } from 'node:http';
import { isIPv4 } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { TrainyardError } from '../../errors/errors.js';
import { problems } from './openapi.js';

const METHODS_THAT_CHANGE = ['POST', 'PUT', 'PATCH', 'DELETE'];

/** What pages of an allowed origin may see of an answer's headers, beside those that the Fetch standard lets any see. */
const EXPOSED = 'location, x-request-id, retry-after, link';
/** How long a browser may remember what it was told of a request, in seconds: the most that Chromium takes. */
const PREFLIGHT_SECONDS = 7_200;

/** Refuses pages of other sites on the routes registered from here on, except those of the origins that are allowed. */
export function refuseOtherSites(app: FastifyInstance, allowed: readonly string[]): void {
  app.addHook('onRoute', ({ method, schema }) => {
    const responses = schema?.response as Record<number, object> | undefined;
    if (responses === undefined || ![method].flat().some((name) => METHODS_THAT_CHANGE.includes(name))) return;
    const refusal = problems(403)[403] as { description: string };
    // In the form of the route's other refusals.
    responses[403] ??= { ...(responses[400] ?? refusal), description: refusal.description };
  });
  if (allowed.length > 0) shareAnswers(app, allowed);
  app.addHook('onRequest', async (request) => {
    if (request.ws || METHODS_THAT_CHANGE.includes(request.method)) requireOrigin(request, allowed);
  });
}

/**
 * Has browsers show answers to pages of the allowed origins, and answers what they ask before they send such a page's request
 * ("preflight").
 */
function shareAnswers(app: FastifyInstance, allowed: readonly string[]): void {
  app.addHook('onRequest', async ({ method, headers }, reply) => {
    // Also where there is none, for caches: the answer depends on it.
    reply.header('vary', 'origin');
    const { origin } = headers;
    if (origin === undefined || !allowed.includes(origin)) return;
    reply.headers({ 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSED });
    if (method !== 'OPTIONS' || headers['access-control-request-method'] === undefined) return;
    const wanted = headers['access-control-request-headers'];
    return reply
      .code(204)
      .headers({
        'access-control-allow-methods': ['GET', 'HEAD', ...METHODS_THAT_CHANGE].join(', '),
        ...(wanted !== undefined && { 'access-control-allow-headers': wanted }),
        'access-control-max-age': PREFLIGHT_SECONDS,
      })
      .send();
  });
}

/** Throws `forbidden_origin` unless the page is of this service or of an allowed origin. */
function requireOrigin({ headers }: FastifyRequest, allowed: readonly string[]): void {
  const { origin } = headers;
  if (origin === undefined || allowed.includes(origin) || isOwn(origin, headers)) return;
  throw new TrainyardError(
    'forbidden_origin',
    `A page of ${origin.slice(0, 200)} may not do this: only those of ALLOWED_ORIGINS may, and this service's own under an address or a local name.`,
  );
}

/**
 * Whether a page is of this service, by what the browser says of it or by the host that was asked. Whoever owns a domain name can
 * have it lead here once their page is loaded ("DNS rebinding"): such a page is of the host that was asked, but has no certificate.
 */
function isOwn(origin: string, headers: IncomingHttpHeaders): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, host, hostname } = new URL(origin);
  if (protocol !== 'https:' && !isLocal(hostname)) return false;
  return host === headers.host || headers['sec-fetch-site'] === 'same-origin';
}

/** Whether nobody elsewhere decides where a host leads: an address, this machine, or a name of a local network or of containers. */
const isLocal = (hostname: string): boolean =>
  isIPv4(hostname) || !hostname.includes('.') || hostname.endsWith('.localhost'); // An IPv6 address has no dots in a URL.
