/** Route POST /jobs/{id}/move. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Job } from '../../contracts/jobs/job.js';
import { JobMove } from '../../contracts/jobs/job-move.js';
import { problem, problems } from '../http/openapi.js';
import { JobParams } from './jobs.js';

export const moveRoute: FastifyPluginAsyncTypebox = async (app) => {
  app.post(
    '/jobs/:id/move',
    {
      config: { scope: 'jobs:write' },
      schema: {
        operationId: 'moveJob',
        tags: ['jobs'],
        summary: 'Move a job in the queue',
        description:
          'Moves a queued job directly before or after another queued job, or before all others. Other jobs keep their order. The job takes the priority of the job beside it; if that differs, the job has one more change, and its stream a `change` frame. The place outlives restarts, pauses and lost workers. A job that is there already stays as it is.',
        params: JobParams,
        body: JobMove,
        response: {
          200: { ...Job, description: 'The job with its new `position`.' },
          409: problem(
            'The job or the job beside it is not queued (`job_not_queued`). Or the job is being cancelled, or needs one more change than a job can have (`job_state`). Nothing was moved.',
          ),
          ...problems(400, 404, 408, 413, 415, 503),
        },
      },
    },
    async (request) => request.project.jobs.move(request.params.id, request.body),
  );
};
