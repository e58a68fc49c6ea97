/** CSRF and CORS checks based on the Origin header. Clients that are not browsers send none and pass. */
import type { IncomingHttpHeaders } from 'node:http';
import { isIPv4 } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { TrainyardError } from '../../errors/errors.js';
import { problems } from './openapi.js';

const METHODS_THAT_CHANGE = ['POST', 'PUT', 'PATCH', 'DELETE'];

/** Response headers that pages of an allowed origin may read besides those that the Fetch standard always exposes. */
const EXPOSED = 'location, x-request-id, retry-after, link, etag, content-disposition';
/** Time for which a browser may cache a preflight response, in seconds: Chromium's maximum. */
const PREFLIGHT_SECONDS = 7_200;

/** Refuses state-changing requests and WebSockets from pages of other origins, except the allowed ones, on routes registered from now on. */
export function refuseOtherSites(app: FastifyInstance, allowed: readonly string[]): void {
  app.addHook('onRoute', ({ method, schema }) => {
    const responses = schema?.response as Record<number, object> | undefined;
    if (responses === undefined || ![method].flat().some((name) => METHODS_THAT_CHANGE.includes(name))) return;
    const refusal = problems(403)[403] as { description: string };
    // The inference protocols have an error format of their own: copy that of the route's 400.
    responses[403] ??= { ...(responses[400] ?? refusal), description: refusal.description };
  });
  if (allowed.length > 0) shareAnswers(app, allowed);
  app.addHook('onRequest', async (request) => {
    if (request.ws || METHODS_THAT_CHANGE.includes(request.method)) requireOrigin(request, allowed);
  });
}

/** Adds CORS headers for pages of the allowed origins, and answers their preflight requests. */
function shareAnswers(app: FastifyInstance, allowed: readonly string[]): void {
  app.addHook('onRequest', async ({ method, headers }, reply) => {
    // Also without an Origin, for caches: the response depends on it.
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

/** Throws `forbidden_origin` unless the page belongs to this service or to an allowed origin. */
function requireOrigin({ headers }: FastifyRequest, allowed: readonly string[]): void {
  const { origin } = headers;
  if (origin === undefined || allowed.includes(origin) || isOwn(origin, headers)) return;
  throw new TrainyardError(
    'forbidden_origin',
    `Pages of ${origin.slice(0, 200)} may not send this request. Add the origin to the setting ALLOWED_ORIGINS, or open the page from this service by its IP address or local name.`,
  );
}

/**
 * Returns whether a page belongs to this service: same host, or same origin according to the browser. Against DNS rebinding, a plain
 * http page must have a host that no attacker controls; an https page has proved its host by certificate.
 */
function isOwn(origin: string, headers: IncomingHttpHeaders): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, host, hostname } = new URL(origin);
  if (protocol !== 'https:' && !isLocal(hostname)) return false;
  return host === headers.host || headers['sec-fetch-site'] === 'same-origin';
}

/**
 * Endings that public DNS never resolves, so that nobody can point such a name here from outside of the network: RFC 6761 (localhost),
 * RFC 6762 (local), RFC 8375 (home.arpa), and ICANN's reservation of 2024 (internal).
 */
const PRIVATE_ENDING = /\.(localhost|local|home\.arpa|internal)$/;

/** Returns whether public DNS cannot resolve the host: an IP address, this machine, a name without dots, or a private ending. */
const isLocal = (hostname: string): boolean =>
  isIPv4(hostname) || !hostname.includes('.') || PRIVATE_ENDING.test(hostname); // An IPv6 address has no dots in a URL.
