/** Routes of health checks: GET /livez and GET /readyz. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Liveness, Readiness, ReadinessQuery } from '../../contracts/service/health-status.js';
import type { AppDeps } from '../deps.js';
import { problems } from '../http/openapi.js';
import { createReadiness } from '../readiness.js';

export const healthRoutes: FastifyPluginAsyncTypebox<Pick<AppDeps, 'checks'>> = async (app, { checks }) => {
  app.get(
    '/livez',
    {
      config: { scope: null, isProbe: true },
      schema: {
        operationId: 'getLiveness',
        tags: ['operation'],
        summary: 'Check that the process is alive',
        response: { 200: { ...Liveness, description: 'The process is alive.' } },
      },
    },
    async () => ({ status: 'ok' as const }),
  );

  const readiness = createReadiness(checks);
  /** Last result of each purpose, to log changes only. */
  const wasReady = new Map<string, boolean>();
  app.get(
    '/readyz',
    {
      config: { scope: null, isProbe: true },
      schema: {
        operationId: 'getReadiness',
        tags: ['operation'],
        summary: 'Check that the service is ready',
        description:
          'With `?for=predict` only predictions must work, which they do without Redis and with a full disk: use it for a load balancer in front of `/predict`. Without `for`, everything must work. If Fashion-MNIST is missing, the check `datasets` says so but does not fail, and only jobs on it are refused.',
        querystring: ReadinessQuery,
        response: {
          200: { ...Readiness, description: 'Every check passed.' },
          ...problems(400),
          503: { ...Readiness, description: 'A check failed; `checks` says which.' },
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
