/** GET /workers: who trains, and on what. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { WorkerList } from '../../contracts/service/worker.js';
import type { AppDeps } from '../deps.js';
import { problems } from '../http/openapi.js';

export const workerRoutes: FastifyPluginAsyncTypebox<Pick<AppDeps, 'workers'>> = async (app, { workers }) => {
  app.get(
    '/workers',
    {
      schema: {
        operationId: 'listWorkers',
        tags: ['operation'],
        summary: 'List the workers that live',
        description:
          'Each worker shows itself every 5 seconds. A job is refused at submit where none of these has the memory for it; their processors decide about the precision `auto`.',
        response: { 200: { ...WorkerList, description: 'Workers seen in the last 15 seconds.' }, ...problems(503) },
      },
    },
    async () => ({ workers: await workers.list() }),
  );
};
