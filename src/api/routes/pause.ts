/** POST /jobs/{id}/pause, POST /jobs/{id}/resume. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Job } from '../../contracts/jobs/job.js';
import type { AppDeps } from '../deps.js';
import { ignoreBodies } from '../http/no-body.js';
import { problem, problems } from '../http/openapi.js';
import { JobParams } from './jobs.js';

export const pauseRoutes: FastifyPluginAsyncTypebox<Pick<AppDeps, 'pauses' | 'requireSpace'>> = async (
  app,
  { pauses, requireSpace },
) => {
  ignoreBodies(app);
  app.post(
    '/jobs/:id/pause',
    {
      schema: {
        operationId: 'pauseJob',
        tags: ['jobs'],
        summary: 'Pause a job',
        description:
          'A queued job is paused at once (200). A running job is checkpointed at its next step and leaves its device (202): its stream has a `status` frame with `paused` then.',
        params: JobParams,
        response: {
          200: { ...Job, description: 'The job was queued and is paused.' },
          202: { ...Job, description: 'The job runs and is being paused.' },
          409: problem('The job is paused already (`job_state`) or has ended (`job_ended`).'),
          429: problem('As many jobs are paused as may be (`queue_full`): resume or cancel one of them first.'),
          ...problems(404, 503),
        },
      },
    },
    async (request, reply) => {
      const { outcome, job } = await pauses.pause(request.params.id);
      return reply.code(outcome === 'paused' ? 200 : 202).send(job);
    },
  );

  app.post(
    '/jobs/:id/resume',
    {
      schema: {
        operationId: 'resumeJob',
        tags: ['jobs'],
        summary: 'Resume a paused job',
        description:
          'The job goes back into the queue, and then on from its last checkpoint. If as many jobs are queued as may be, it stays paused (429).',
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
      return pauses.resume(request.params.id);
    },
  );
};
