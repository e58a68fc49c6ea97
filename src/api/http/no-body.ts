/** Routes that need no body: clients send small ones by habit, with any Content-Type or an empty one, and they are ignored. */
import type { FastifyInstance } from 'fastify';
import { problems } from './openapi.js';

const BODY_LIMIT_BYTES = 1024;

/** Has the routes that are registered in this scope from here on ignore their bodies, and refuse those that are not small. */
export function ignoreBodies(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', { parseAs: 'buffer' }, async () => undefined);
  scope.addHook('onRequest', async ({ headers }) => {
    delete headers['content-type']; // one that cannot be read would be refused
  });
  scope.addHook('onRoute', (route) => {
    if (route.method === 'GET' || route.method === 'HEAD') return;
    route.bodyLimit = BODY_LIMIT_BYTES;
    Object.assign(route.schema?.response ?? {}, problems(413, 415));
  });
}
