/** Route GET /openapi.yaml: the OpenAPI description of the API. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';

export const documentRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get('/openapi.yaml', { schema: { hide: true } }, async (_, reply) =>
    reply.type('application/yaml; charset=utf-8').send(app.swagger({ yaml: true })),
  );
};
