/** Routes of sign-in: GET, POST and DELETE /session for browsers, POST /tickets for streams. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { SESSION_SECONDS, TICKET_SECONDS } from '../../access/index.js';
import { type Caller, Session, StreamTicket } from '../../contracts/access/browser-session.js';
import { ANYONE, type Identity } from '../../contracts/access/identity.js';
import { TrainyardError } from '../../errors/errors.js';
import { clearSession, identifyWith, requireAccess, setSession } from '../access/credentials.js';
import type { AppDeps } from '../deps.js';
import { problem, problems } from '../http/openapi.js';

const OFF = problem('The service runs without authentication (`authentication_off`).');

type SessionDeps = Pick<AppDeps, 'access'>;

export const sessionRoutes: FastifyPluginAsyncTypebox<SessionDeps> = async (app, { access }) => {
  await app.register(ticketRoute, { ...(access && { access }) });
  app.get(
    '/session',
    {
      config: { scope: null },
      schema: {
        operationId: 'getSession',
        tags: ['access'],
        summary: 'Get who sends this request',
        description: 'Also answers requests without a key: so a client finds out whether the service needs one.',
        response: { 200: { ...Session, description: 'The sender.' }, ...problems(401, 503) },
      },
    },
    async (request, reply): Promise<Session> => {
      reply.header('cache-control', 'no-store');
      if (access === undefined) return { authentication: 'none', caller: callerOf(ANYONE) };
      const identity = await identifyWith(access)(request).catch((error: unknown) => nobody(error, request));
      return { authentication: 'keys', caller: identity && callerOf(identity) };
    },
  );

  app.post(
    '/session',
    {
      config: { scope: null, isAudited: true },
      schema: {
        operationId: 'signIn',
        tags: ['access'],
        summary: 'Sign in with a browser',
        description: [
          'Send the API key or the token in the header `Authorization`. The answer sets a cookie that scripts cannot read and other sites',
          'cannot use. The session lasts 12 hours, but never longer than the key or token, and ends when the key is revoked.',
        ].join(' '),
        response: { 200: { ...Session, description: 'The signed-in sender.' }, 409: OFF, ...problems(401, 403, 503) },
      },
    },
    async (request, reply): Promise<Session> => {
      const { sign } = requireAccess(access);
      const identity = await identifyWith(requireAccess(access))(request);
      request.identity = identity;
      const { token, expiresAt } = await sign('session', identity, SESSION_SECONDS);
      setSession(reply, token, expiresAt);
      reply.header('cache-control', 'no-store');
      return { authentication: 'keys', caller: callerOf(identity) };
    },
  );

  app.delete(
    '/session',
    {
      config: { scope: null },
      schema: {
        operationId: 'signOut',
        tags: ['access'],
        summary: 'Sign out with a browser',
        description: 'Removes the cookie of the session.',
        response: { 204: { description: 'Signed out.', type: 'null' } },
      },
    },
    async (_, reply) => {
      clearSession(reply);
      return reply.code(204).send(null);
    },
  );
};

const ticketRoute: FastifyPluginAsyncTypebox<SessionDeps> = async (app, { access }) => {
  app.post(
    '/tickets',
    {
      config: { scope: 'jobs:read' },
      schema: {
        operationId: 'createTicket',
        tags: ['access'],
        summary: 'Get a ticket for streams',
        description:
          'For clients that cannot send headers with a WebSocket or an `EventSource`: the ticket opens streams as `?ticket=` for 60 seconds, so no key stands in an address.',
        response: { 200: { ...StreamTicket, description: 'The ticket.' }, 409: OFF, ...problems(503) },
      },
    },
    async (request, reply): Promise<StreamTicket> => {
      const { token, expiresAt } = await requireAccess(access).sign('ticket', request.identity, TICKET_SECONDS);
      reply.header('cache-control', 'no-store');
      return { ticket: token, expiresAt: new Date(expiresAt).toISOString() };
    },
  );
};

/** Returns null if nobody is signed in. A wrong key in the header is an error, because the client means to be someone. */
function nobody(error: unknown, { headers }: FastifyRequest): null {
  const isNobody =
    error instanceof TrainyardError && error.code === 'unauthorized' && headers.authorization === undefined;
  if (!isNobody) throw error;
  return null;
}

const callerOf = ({ kind, id, name, project, role, scopes, expiresAt }: Identity): Caller => ({
  ...{ kind, id, name, project, scopes: [...scopes] },
  ...(role !== undefined && { role }),
  ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt).toISOString() }),
});
