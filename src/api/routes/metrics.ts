/** GET /jobs/{id}/metrics: a job's frames, as JSON, or as a stream where the client upgrades to a WebSocket. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { FramePage, FrameQuery } from '../../contracts/event.js';
import { TrainyardError } from '../../errors.js';
import type { AppDeps } from '../deps.js';
import { problems } from '../openapi.js';
import { streamFrames } from '../stream.js';
import { JobParams } from './jobs.js';

export const metricsRoutes: FastifyPluginAsyncTypebox<Pick<AppDeps, 'jobs' | 'events'>> = async (
  app,
  { jobs, events },
) => {
  app.route({
    method: 'GET',
    url: '/jobs/:id/metrics',
    config: { isStream: true },
    schema: {
      operationId: 'getMetrics',
      tags: ['jobs'],
      summary: "Read or follow a job's metrics",
      description: [
        'As a plain GET: the frames so far, page by page.',
        'With an upgrade to a WebSocket: every frame above `after`, those there are and then each as it comes, one JSON text message',
        'a frame (schema `Frame`, told apart by `type`). After the `end` frame the socket is closed with 1000. A client that lost its',
        'connection continues with `after=<last seq>`: no frame is missed and none comes twice. Close codes: 1000 the job has ended,',
        '1001 the service stops, 1008 the client sent something, 1009 it sent too much, 1013 it read too slowly.',
      ].join(' '),
      params: JobParams,
      querystring: FrameQuery,
      response: {
        200: { ...FramePage, description: 'Frames in order of `seq`.' },
        101: { description: 'A WebSocket; each message is a `Frame`.', type: 'null' },
        ...problems(400, 403, 404, 503),
      },
    },
    // Before the upgrade, so that a refusal is an answer with a problem document.
    preHandler: async (request) => {
      if (request.ws) requireSameOrigin(request);
      await jobs.get(request.params.id);
    },
    handler: async (request): Promise<FramePage> => {
      const { after, limit } = request.query;
      const frames = await events.list(request.params.id, after, limit);
      const last = frames.at(-1);
      const more = frames.length === limit && last !== undefined && last.type !== 'end';
      return { frames, ...(more && { nextAfter: last.seq }) };
    },
    wsHandler: (socket, request) => {
      const { id } = request.params as { id: string };
      const { after } = request.query as { after: number };
      return streamFrames(socket, (signal) => events.follow(id, after, signal), request.log.child({ jobId: id }));
    },
  });
};

/** A page of another site could open a socket here in its visitor's browser: only ours may, and programs, which send no Origin. */
function requireSameOrigin({ headers }: FastifyRequest): void {
  const { origin, host } = headers;
  if (origin === undefined) return;
  if (URL.canParse(origin) && new URL(origin).host === host) return;
  throw new TrainyardError(
    'forbidden_origin',
    `A page of ${origin.slice(0, 200)} may not open this stream; only pages of this service may.`,
  );
}
