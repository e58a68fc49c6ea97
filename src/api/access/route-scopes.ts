/** Scope of each route: every route states one, and a request needs it. */
import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify';
import { ANYONE, type Identity } from '../../contracts/access/identity.js';
import { roleWith, type Scope } from '../../contracts/access/roles.js';
import { TrainyardError } from '../../errors/errors.js';
import { problems } from '../http/openapi.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Scope that a request needs. Null: the route is public. Every route states one of both. */
    scope?: Scope | null;
  }
  interface FastifyRequest {
    /** The sender of the request. */
    identity: Identity;
  }
}

/** Returns the identity of a request from its headers. Throws `unauthorized` if they name none. */
export type Identify = (request: FastifyRequest) => Identity | Promise<Identity>;

/**
 * Sets `request.identity` and throws `forbidden` for a missing scope, on routes registered from now on, before the body is read.
 * Public routes identify nobody. `check` throws an error that names every such route without a scope.
 */
export function requireScopes(app: FastifyInstance, identify: Identify = () => ANYONE): { check(): void } {
  const routes: RouteOptions[] = [];
  app.decorateRequest('identity');
  app.addHook('onRoute', (route) => {
    routes.push(route);
    describeScope(route);
  });
  app.addHook('onRequest', async (request) => {
    const scope = request.routeOptions.config?.scope;
    // Neither public routes nor unknown paths need an identity.
    request.identity = scope == null ? ANYONE : await identify(request);
    if (scope != null) requireScope(request, scope);
  });
  return { check: () => checkScopes(routes) };
}

/** Throws `forbidden` unless the identity of the request has the scope. For handlers whose parameters decide about the scope. */
export function requireScope({ identity }: Pick<FastifyRequest, 'identity'>, scope: Scope): void {
  if (identity.scopes.includes(scope)) return;
  throw new TrainyardError(
    'forbidden',
    `This request needs the scope ${scope}, which "${identity.name}" does not have. The role ${roleWith(scope)} has it.`,
  );
}

/** States that all routes of a plugin, such as files of a page, are public. */
export function makePublic(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, scope: null };
  });
}

/** States in the OpenAPI description what a request needs: nothing, or a key, token or session with the scope. */
function describeScope({ config, schema }: RouteOptions): void {
  const scope = config?.scope;
  if (schema === undefined || scope === undefined) return;
  // The empty requirement: a service with AUTH=none needs nothing.
  const security = scope === null ? [] : [{ key: [scope] }, { session: [scope] }, {}];
  Object.assign(schema, { security });
  const responses = schema.response as Record<number, object> | undefined;
  if (scope === null || responses === undefined) return;
  const refusal = problems(401)[401] as { description: string };
  // The inference protocols have an error format of their own: copy that of the route's 400.
  responses[401] ??= { ...(responses[400] ?? refusal), description: refusal.description };
  const missing = problems(403)[403] as { description: string };
  responses[403] ??= { ...(responses[400] ?? missing), description: missing.description };
}

function checkScopes(routes: readonly RouteOptions[]): void {
  const missing = routes.filter(({ config }) => config?.scope === undefined);
  if (missing.length === 0) return;
  const names = missing.map(({ method, url }) => `${[method].flat().join('|')} ${url}`);
  throw new TrainyardError('internal', `Each route must state its scope in \`config\`. Missing: ${names.join(', ')}.`);
}
