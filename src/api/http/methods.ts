/** 405 for a path that exists, asked with a method it does not have; and no upgrade where there is no stream. */
import type { FastifyInstance, HTTPMethods } from 'fastify';
import { TrainyardError } from '../../errors/errors.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route takes upgrades to a WebSocket. */
    isStream?: boolean;
    /** Asked every few seconds by machines: logged at `debug` only. */
    isProbe?: boolean;
    /** Its body may take long to come. */
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

/** Watches the routes registered from here on; `close` adds a refusal for every other method of their paths. */
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
    throw new TrainyardError('not_found', 'There is no WebSocket here; the stream of a job is at /jobs/{id}/metrics.');
  });

  return {
    close() {
      watching = false;
      for (const [url, methods] of taken) {
        const allowed = [...methods].join(', ');
        app.route({
          method: METHODS.filter((method) => !methods.has(method)),
          url,
          schema: { hide: true },
          // Before the body is read: it is not wanted, whatever it is.
          onRequest: async (request, reply) => {
            reply.header('allow', allowed);
            throw new TrainyardError('method_not_allowed', `${request.method} is not allowed here; ${allowed} is.`);
          },
          handler: async () => undefined,
        });
      }
    },
  };
}
