/** Route GET /workers: the live workers with their hardware. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { WorkerList } from '../../contracts/service/live-worker.js';
import type { AppDeps } from '../deps.js';
import { problems } from '../http/openapi.js';

export const workerRoutes: FastifyPluginAsyncTypebox<Pick<AppDeps, 'workers'>> = async (app, { workers }) => {
  app.get(
    '/workers',
    {
      config: { scope: 'system:read' },
      schema: {
        operationId: 'listWorkers',
        tags: ['operation'],
        summary: 'List live workers',
        description:
          'Each worker reports every 5 seconds. A job is refused if none of these workers has the memory for it. Their processors decide the precision `auto`.',
        response: {
          200: { ...WorkerList, description: 'Workers that reported within the last 15 seconds.' },
          ...problems(503),
        },
      },
    },
    async () => ({ workers: await workers.list() }),
  );
};
