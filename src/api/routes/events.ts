/** Route GET /jobs/{id}/events: the frames of a job as server-sent events. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { StreamFrame } from '../../contracts/jobs/frame.js';
import { EventsHeaders, EventsQuery } from '../../contracts/jobs/frame-queries.js';
import { untilIdentityEnds } from '../access/ending-streams.js';
import type { AppDeps } from '../deps.js';
import { problems } from '../http/openapi.js';
import type { EventStreams } from '../streams/server-sent-events.js';
import type { StreamLimit } from '../streams/stream-limit.js';
import { JobParams } from './jobs.js';

export const eventRoutes: FastifyPluginAsyncTypebox<
  Pick<AppDeps, 'access' | 'events'> & Readonly<{ eventStreams: EventStreams; limitStreams: StreamLimit }>
> = async (app, { access, events, eventStreams, limitStreams }) => {
  app.get(
    '/jobs/:id/events',
    {
      exposeHeadRoute: false,
      config: { scope: 'jobs:read', takesTicket: true },
      schema: {
        operationId: 'followEvents',
        tags: ['jobs'],
        summary: 'Follow a job with server-sent events',
        description: [
          'The same frames as the WebSocket. `id` is the `seq` of the frame (of a `gap`, its `to`), `event` its `type`, and `data` the',
          'JSON of a `Frame`. A comment every 15 seconds keeps the connection open. The response ends after the `end` frame. A',
          'browser’s `EventSource` then reconnects with the header `Last-Event-ID`, and the answer 204 stops it. If the stream fails, the',
          'last event is a `problem` with a problem document as its data. A client that does not read is disconnected.',
        ].join(' '),
        params: JobParams,
        querystring: EventsQuery,
        headers: EventsHeaders,
        response: {
          200: {
            description: 'Server-sent events; the data of each is a `Frame`.',
            content: { 'text/event-stream': { schema: StreamFrame } },
          },
          204: { description: 'The job has ended, and there is no frame after this one.', type: 'null' },
          ...problems(400, 404, 409, 410, 429, 503),
        },
      },
      onRequest: limitStreams,
    },
    async (request, reply) => {
      const { id } = request.params;
      const after = request.headers['last-event-id'] ?? request.query.after;
      await request.project.jobs.requireAll([id]);
      const end = await events.endOf(id);
      if (end !== undefined && after >= end) return reply.code(204).send(null);
      await events.verify(id, after);
      const follow = untilIdentityEnds(access, request, (signal) => events.follow(id, after, signal));
      await eventStreams.stream(reply, follow, request.log.child({ jobId: id }));
      return reply;
    },
  );
};
