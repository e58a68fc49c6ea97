/** GET /livez: the process answers. GET /readyz: it can do its work, or what it lacks. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Liveness, Readiness } from '../../contracts/health.js';
import type { AppDeps } from '../deps.js';
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
  let wasReady = true;
  app.get(
    '/readyz',
    {
      config: { isProbe: true },
      schema: {
        operationId: 'getReadiness',
        tags: ['operation'],
        summary: 'Whether the service can do its work',
        response: {
          200: { ...Readiness, description: 'Everything is there.' },
          503: { ...Readiness, description: 'Something is missing; `checks` says what.' },
        },
      },
    },
    async (request, reply) => {
      const answer = await readiness();
      const ready = answer.status === 'ready';
      if (ready !== wasReady) {
        const failed = answer.checks.filter(({ ok }) => !ok);
        if (ready) app.log.info('ready again');
        else request.log.warn({ failed }, 'not ready');
      }
      wasReady = ready;
      return reply.code(ready ? 200 : 503).send(answer);
    },
  );
};
