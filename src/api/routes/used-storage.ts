/** Routes of disk space: GET /storage, DELETE /storage/checkpoints/{id}, DELETE /storage/tensorboard/{id}. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { StorageUse } from '../../contracts/service/storage-use.js';
import { ignoreBodies } from '../http/no-body.js';
import { problems } from '../http/openapi.js';
import { JobParams } from './jobs.js';

export const storageRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/storage',
    {
      config: { scope: 'system:read' },
      schema: {
        operationId: 'getStorage',
        tags: ['operation'],
        summary: 'Get the disk space by kind',
        description: 'What models, checkpoints, data sets and event files take, the largest of each, and what is free.',
        response: { 200: { ...StorageUse, description: 'The space.' }, ...problems(503) },
      },
    },
    ({ project }) => project.storage.use(),
  );

  await app.register(async (scope: typeof app) => {
    ignoreBodies(scope);
    scope.delete(
      '/storage/checkpoints/:id',
      {
        config: { scope: 'system:write' },
        schema: {
          operationId: 'removeCheckpoints',
          tags: ['operation'],
          summary: 'Delete the checkpoints of a job',
          description:
            'Only of jobs that have ended, and of jobs that the service no longer knows. No other job can start from them then, and `job:<id>` no longer predicts. The model of the job stays.',
          params: JobParams,
          response: { 204: { type: 'null', description: 'The checkpoints are deleted.' }, ...problems(404, 409, 503) },
        },
      },
      async ({ params, project }, reply) => {
        await project.storage.removeCheckpoints(params.id);
        return reply.code(204).send(null);
      },
    );

    scope.delete(
      '/storage/tensorboard/:id',
      {
        config: { scope: 'system:write' },
        schema: {
          operationId: 'removeEventFiles',
          tags: ['operation'],
          summary: 'Delete the TensorBoard event files of a job',
          description:
            'Only of jobs that have ended, and of jobs that the service no longer knows. The frames, checkpoints and model of the job stay. The 404 is `event_files_not_found`.',
          params: JobParams,
          response: { 204: { type: 'null', description: 'The event files are deleted.' }, ...problems(404, 409, 503) },
        },
      },
      async ({ params, project }, reply) => {
        await project.storage.removeEventFiles(params.id);
        return reply.code(204).send(null);
      },
    );
  });
};
