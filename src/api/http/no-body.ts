/** Routes without a request body: many clients send a small one anyway, with any Content-Type, and it is ignored. */
import type { FastifyInstance } from 'fastify';
import { problems } from './openapi.js';

const BODY_LIMIT_BYTES = 1024;

/** Makes the routes registered in this scope from now on ignore bodies of up to 1 KiB and refuse larger ones. */
export function ignoreBodies(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', { parseAs: 'buffer' }, async () => undefined);
  scope.addHook('onRequest', async ({ headers }) => {
    delete headers['content-type']; // Fastify would refuse one that it cannot parse
  });
  scope.addHook('onRoute', (route) => {
    if (route.method === 'GET' || route.method === 'HEAD') return;
    route.bodyLimit = BODY_LIMIT_BYTES;
    Object.assign(route.schema?.response ?? {}, problems(413, 415));
  });
}
