/** Credentials of an HTTP request, and the cookie of a session. */
import cookie from '@fastify/cookie';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Access, Credentials } from '../../access/index.js';
import type { Identity } from '../../contracts/access/identity.js';
import { TrainyardError } from '../../errors/errors.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether a route is a stream that clients may open with a ticket in its address. */
    takesTicket?: boolean;
  }
}

/** Cookie of a session. */
export const SESSION_COOKIE = 'trainyard_session';

/** Reads the cookies of requests to routes that are registered from now on. */
export const readCookies = async (app: FastifyInstance): Promise<void> => {
  await app.register(cookie);
};

/** Returns the sender of a request. */
export const identifyWith =
  ({ identify }: Pick<Access, 'identify'>) =>
  (request: FastifyRequest): Promise<Identity> =>
    identify(credentialsOf(request));

/** A ticket counts only for streams, and is taken out of the query before the query is checked. */
function credentialsOf(request: FastifyRequest): Credentials {
  const query = request.query as Record<string, unknown> | undefined;
  const ticket = request.routeOptions.config.takesTicket === true ? query?.['ticket'] : undefined;
  if (ticket !== undefined) delete query?.['ticket'];
  return {
    authorization: request.headers.authorization,
    session: request.cookies[SESSION_COOKIE],
    ...(typeof ticket === 'string' && { ticket }),
  };
}

/**
 * Sets the cookie of a session. Scripts cannot read it, and browsers send it only for pages of this service. A page that came over https
 * gets a cookie for https only.
 */
export function setSession(reply: FastifyReply, token: string, expiresAt: number): void {
  const isSecure = reply.request.headers.origin?.startsWith('https:') === true;
  reply.setCookie(SESSION_COOKIE, token, {
    path: '/',
    httpOnly: true,
    sameSite: 'strict',
    secure: isSecure,
    expires: new Date(expiresAt),
  });
}

export const clearSession = (reply: FastifyReply): void =>
  void reply.clearCookie(SESSION_COOKIE, { path: '/', httpOnly: true, sameSite: 'strict' });

/** Returns the access of the service. Throws `authentication_off` without one. */
export function requireAccess(access: Access | undefined): Access {
  if (access !== undefined) return access;
  throw new TrainyardError(
    'authentication_off',
    'This service runs without authentication: anyone may do anything. Start it with AUTH=keys to use keys.',
  );
}
