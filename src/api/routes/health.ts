/** GET /livez: the process answers. GET /readyz: it can do its work, in all or for one purpose, or says what it lacks. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Liveness, Readiness, ReadinessQuery } from '../../contracts/service/health.js';
import type { AppDeps } from '../deps.js';
import { problems } from '../http/openapi.js';
import { createReadiness } from '../readiness.js';

export const healthRoutes: FastifyPluginAsyncTypebox<Pick<AppDeps, 'checks'>> = async (app, { checks }) => {
  app.get(
    '/livez',
    {
      config: { isProbe: true },
      schema: {
        operationId: 'getLiveness',
        tags: ['operation'],
        summary: 'Whether the process lives',
        response: { 200: { ...Liveness, description: 'It does.' } },
      },
    },
    async () => ({ status: 'ok' as const }),
  );

  const readiness = createReadiness(checks);
  /** The last answer for each purpose. */
  const wasReady = new Map<string, boolean>();
  app.get(
    '/readyz',
    {
      config: { isProbe: true },
      schema: {
        operationId: 'getReadiness',
        tags: ['operation'],
        summary: 'Whether the service can do its work',
        description:
          'Ask `?for=predict` where only predictions matter, as a load balancer in front of `/predict` does: they go on while Redis is away or the disk is full. Without `for`, everything must be there. A missing Fashion-MNIST is a fact in `datasets`, and only jobs that name it are refused.',
        querystring: ReadinessQuery,
        response: {
          200: { ...Readiness, description: 'Everything that was asked for is there.' },
          ...problems(400),
          503: { ...Readiness, description: 'Something is missing; `checks` says what.' },
        },
      },
    },
    async (request, reply) => {
      const { for: purpose } = request.query;
      const answer = await readiness(purpose);
      const ready = answer.status === 'ready';
      if (ready !== (wasReady.get(purpose ?? '') ?? true)) {
        const failed = answer.checks.filter(({ ok }) => !ok);
        if (ready) app.log.info({ for: purpose }, 'ready again');
        else request.log.warn({ for: purpose, failed }, 'not ready');
      }
      wasReady.set(purpose ?? '', ready);
      return reply.code(ready ? 200 : 503).send(answer);
    },
  );
};
