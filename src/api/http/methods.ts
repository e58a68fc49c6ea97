/** Answers 405 for a known path with another method, and refuses WebSocket upgrades on paths without a stream. */
import type { FastifyInstance, HTTPMethods } from 'fastify';
import { TrainyardError } from '../../errors/errors.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route accepts WebSocket upgrades. */
    isStream?: boolean;
    /** Monitoring calls this route every few seconds: its requests are logged at `debug`. */
    isProbe?: boolean;
    /** The body may take up to an hour to arrive. */
    isUpload?: boolean;
  }
}

const METHODS = [
  'GET',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'QUERY',
] as const satisfies readonly HTTPMethods[];

/** Records the routes registered from now on. `close` adds a route that refuses every other method of their paths. */
export function refuseOtherMethods(app: FastifyInstance): { close(): void } {
  const taken = new Map<string, Set<string>>();
  let watching = true;
  app.addHook('onRoute', ({ url, method, schema }) => {
    if (!watching || schema?.hide === true) return;
    const methods = taken.get(url) ?? new Set();
    for (const name of [method].flat()) methods.add(name);
    taken.set(url, methods);
  });
  app.addHook('onRequest', async (request) => {
    if (!request.ws || request.routeOptions.config?.isStream === true) return;
    throw new TrainyardError(
      'not_found',
      'This path is no WebSocket: connect to /jobs/{id}/metrics for the stream of a job.',
    );
  });

  return {
    close() {
      watching = false;
      for (const [url, methods] of taken) {
        const allowed = [...methods].join(', ');
        app.route({
          method: METHODS.filter((method) => !methods.has(method)),
          url,
          config: { scope: null },
          schema: { hide: true },
          // In `onRequest`, before the body is read.
          onRequest: async (request, reply) => {
            reply.header('allow', allowed);
            throw new TrainyardError(
              'method_not_allowed',
              `${request.method} is not allowed on this path: use ${allowed}.`,
            );
          },
          handler: async () => undefined,
        });
      }
    },
  };
}
