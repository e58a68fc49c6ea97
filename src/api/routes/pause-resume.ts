/** Routes POST /jobs/{id}/pause and POST /jobs/{id}/resume. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Job } from '../../contracts/jobs/job.js';
import type { AppDeps } from '../deps.js';
import { ignoreBodies } from '../http/no-body.js';
import { problem, problems } from '../http/openapi.js';
import { JobParams } from './jobs.js';

export const pauseRoutes: FastifyPluginAsyncTypebox<Pick<AppDeps, 'requireSpace'>> = async (app, { requireSpace }) => {
  ignoreBodies(app);
  app.post(
    '/jobs/:id/pause',
    {
      config: { scope: 'jobs:write' },
      schema: {
        operationId: 'pauseJob',
        tags: ['jobs'],
        summary: 'Pause a job',
        description:
          'Pauses a queued job at once (200). A running job saves a checkpoint at its next step and frees its device (202); then its stream has a `status` frame with `paused`.',
        params: JobParams,
        response: {
          200: { ...Job, description: 'The job was queued and is paused.' },
          202: { ...Job, description: 'The job is running and will pause at its next step.' },
          409: problem('The job is already paused (`job_state`) or has ended (`job_ended`).'),
          429: problem('The limit of paused jobs is reached (`queue_full`): resume or cancel one of them first.'),
          ...problems(404, 503),
        },
      },
    },
    async (request, reply) => {
      const { outcome, job } = await request.project.pauses.pause(request.params.id);
      return reply.code(outcome === 'paused' ? 200 : 202).send(job);
    },
  );

  app.post(
    '/jobs/:id/resume',
    {
      config: { scope: 'jobs:write' },
      schema: {
        operationId: 'resumeJob',
        tags: ['jobs'],
        summary: 'Resume a paused job',
        description:
          'Queues the job again; it continues from its last checkpoint. If the queue is full, the job stays paused (429).',
        params: JobParams,
        response: {
          200: { ...Job, description: 'The job is queued again.' },
          409: problem('The job is not paused (`job_state`) or has ended (`job_ended`).'),
          ...problems(404, 429, 503, 507),
        },
      },
    },
    async (request) => {
      await requireSpace?.();
      return request.project.pauses.resume(request.params.id);
    },
  );
};
