/** Route GET /webhooks/deliveries: log of the messages to webhooks. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { DeliveryPage, DeliveryQuery } from '../../contracts/jobs/webhook.js';
import type { AppDeps } from '../deps.js';
import { problems } from '../http/openapi.js';

export const webhookRoutes: FastifyPluginAsyncTypebox<Pick<AppDeps, 'webhooks'>> = async (app, { webhooks }) => {
  app.get(
    '/webhooks/deliveries',
    {
      config: { scope: 'jobs:read' },
      schema: {
        operationId: 'listDeliveries',
        tags: ['jobs'],
        summary: 'List the webhook deliveries of a job or of all jobs, newest first',
        description:
          'One entry for each POST: its time, webhook, answer, and when it is sent again. The newest 1000 of a job are kept, as long as the job.',
        querystring: DeliveryQuery,
        response: { 200: { ...DeliveryPage, description: 'A page of deliveries.' }, ...problems(400, 404, 503) },
      },
    },
    async ({ query, project: { name: project, jobs } }): Promise<DeliveryPage> => {
      if (query.job !== undefined) await jobs.get(query.job);
      return webhooks.deliveries({ ...query, project });
    },
  );
};
