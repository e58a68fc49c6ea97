/** GET /webhooks/deliveries: what became of the messages to a job's webhooks. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { DeliveryPage, DeliveryQuery } from '../../contracts/jobs/webhook.js';
import type { AppDeps } from '../deps.js';
import { problems } from '../http/openapi.js';

export const webhookRoutes: FastifyPluginAsyncTypebox<Pick<AppDeps, 'jobs' | 'webhooks'>> = async (
  app,
  { jobs, webhooks },
) => {
  app.get(
    '/webhooks/deliveries',
    {
      schema: {
        operationId: 'listDeliveries',
        tags: ['jobs'],
        summary: 'List what was sent to the webhooks of a job, newest first',
        description:
          'One line for each POST: when, to which webhook, how it was answered, and when it is sent again. The newest 1000 of a job are kept, as long as the job.',
        querystring: DeliveryQuery,
        response: { 200: { ...DeliveryPage, description: 'A page of the log.' }, ...problems(400, 404, 503) },
      },
    },
    async (request): Promise<DeliveryPage> => {
      const { job, limit, cursor } = request.query;
      await jobs.get(job);
      return webhooks.deliveries(job, limit, cursor);
    },
  );
};
