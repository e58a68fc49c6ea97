/** GET /datasets. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { DatasetInfo } from '../../contracts/network.js';
import type { AppDeps } from '../deps.js';

export const datasetRoutes: FastifyPluginAsyncTypebox<Pick<AppDeps, 'datasets'>> = async (app, { datasets }) => {
  app.get(
    '/datasets',
    {
      schema: {
        operationId: 'listDatasets',
        tags: ['datasets'],
        summary: 'List the data sets',
        response: {
          200: {
            description: 'The data sets that can be trained on.',
            ...Type.Object({ datasets: Type.Array(DatasetInfo) }),
          },
        },
      },
    },
    async () => ({ datasets: Object.values(datasets.infos) }),
  );
};
