/** GET /jobs/{id}/metrics: a job's frames, as JSON or over a WebSocket. GET /metrics: those of several jobs, over a WebSocket. */
import { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  FramePage,
  FrameQuery,
  isStored,
  MetricsQuery,
  positionOf,
  type StreamFrame,
} from '../../contracts/jobs/frame.js';
import { TrainyardError } from '../../errors/errors.js';
import type { FollowMany } from '../../events/index.js';
import { frameText } from '../../formats/frame-json.js';
import type { AppDeps } from '../deps.js';
import { problems } from '../http/openapi.js';
import { refuseFields } from '../http/validation.js';
import type { StreamLimit } from '../streams/stream-limit.js';
import { streamFrames } from '../streams/websocket.js';
import { JobParams } from './jobs.js';

const CLOSE_CODES =
  'Close codes: 1000 the job has ended, 1001 the service stops, 1008 the client sent over 1000 messages or 1 MiB within 30 seconds, 1009 a message of more than 64 KiB, 1011 the service failed, 1013 it read too slowly, 4409 `after` is beyond the last frame (Redis has lost some), 4410 the stream was deleted.';

/** Most jobs that one stream names. */
const MOST_JOBS = 100;

export const metricsRoutes: FastifyPluginAsyncTypebox<
  Pick<AppDeps, 'jobs' | 'events' | 'readerLimits'> & Readonly<{ limitStreams: StreamLimit }>
> = async (app, { jobs, events, readerLimits, limitStreams }) => {
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
        'connection continues with `after=<last seq>`: no frame is missed and none comes twice. Of a job with very many `step` frames',
        'the oldest are not kept; a `gap` frame stands for them, and `after` continues behind it with its `to`.',
        'A `gap` frame with a `seq` stands for `step` frames that never reached the stream: its worker was lost with them.',
        'Messages of the client, such as heartbeats, are ignored.',
        CLOSE_CODES,
      ].join(' '),
      params: JobParams,
      querystring: FrameQuery,
      response: {
        200: { ...FramePage, description: 'Frames in order of `seq`.' },
        101: { description: 'A WebSocket; each message is a `Frame`.', type: 'null' },
        ...problems(400, 403, 404, 429, 503),
      },
    },
    onRequest: async (request, reply) => {
      if (request.ws) await limitStreams(request, reply);
    },
    // Before the upgrade, so that a refusal is an answer with a problem document.
    preHandler: async (request) => {
      await jobs.requireKnown([request.params.id]);
    },
    handler: async (request, reply) => {
      const { after, limit } = request.query;
      const pages = events.pages(request.params.id, after, limit);
      // An error of the first page still is an answer with a problem document.
      const first = await pages.next();
      const body = Readable.from(pageText(first, pages, limit));
      return (reply as FastifyReply).type('application/json; charset=utf-8').send(body);
    },
    wsHandler: (socket, request) => {
      const { id } = request.params as { id: string };
      const { after } = request.query as { after: number };
      const log = request.log.child({ jobId: id });
      return streamFrames(socket, (signal) => events.follow(id, after, signal), log, readerLimits);
    },
  });

  /** What a query asks to follow. Of all jobs, those that were deleted since are left out; one named that is not there is an error. */
  async function chosen(query: MetricsQuery): Promise<FollowMany> {
    const { ids, after } = parseQuery(query);
    if (ids === undefined) {
      const known = await jobs.known([...after.keys()]);
      return { after: new Map([...after].filter(([id]) => known.has(id))) };
    }
    await jobs.requireKnown(ids);
    return { jobs: ids, after };
  }
  /** Read before the upgrade, used after it. */
  const asked = new WeakMap<FastifyRequest['raw'], FollowMany>();

  app.route({
    method: 'GET',
    url: '/metrics',
    config: { isStream: true },
    schema: {
      operationId: 'followJobs',
      tags: ['jobs'],
      summary: 'Follow several jobs, or all',
      description: [
        'With an upgrade to a WebSocket: the frames of several jobs, told apart by `jobId`; each job’s in order, between jobs in none.',
        '`jobs=a,b` follows these, each from its start or the number that `after=a:12,b:5` gives it, and closes with 1000 after the',
        'last of their `end` frames. Without `jobs` it follows all: those that have not ended, those of `after`, those submitted after',
        'the newest of `after`, and each that is submitted from now on; it has no end. A client that lost its connection gives the',
        'jobs it has not seen the end of, and the newest it has seen: nothing is missed and nothing comes twice. As a plain GET it',
        'is refused; figures for Prometheus are at /monitoring/metrics.',
        CLOSE_CODES,
      ].join(' '),
      querystring: MetricsQuery,
      response: {
        101: { description: 'A WebSocket; each message is a `Frame`.', type: 'null' },
        ...problems(400, 403, 404, 426, 429, 503),
      },
    },
    onRequest: limitStreams,
    preHandler: async (request) => {
      if (!request.ws) {
        const sentence = 'This is a WebSocket, ask for an upgrade; figures for Prometheus are at /monitoring/metrics.';
        throw new TrainyardError('upgrade_required', sentence);
      }
      asked.set(request.raw, await chosen(request.query));
    },
    handler: async () => undefined,
    wsHandler: (socket, request) => {
      const what = asked.get(request.raw) ?? { after: new Map() };
      return streamFrames(socket, (signal) => events.followMany(what, signal), request.log, readerLimits);
    },
  });
};

/** Yields the JSON of a `FramePage` piece by piece: ten thousand frames at once would hold up other requests. */
async function* pageText(
  first: IteratorResult<readonly StreamFrame[], void>,
  rest: AsyncGenerator<readonly StreamFrame[]>,
  limit: number,
): AsyncGenerator<string> {
  let last: StreamFrame | undefined;
  let numbered = 0;
  for (let page = first; page.done !== true; page = await rest.next()) {
    yield (last === undefined ? '{"frames":[' : ',') + page.value.map(frameText).join(',');
    last = page.value.at(-1);
    numbered += page.value.filter(isStored).length;
  }
  if (last === undefined) yield '{"frames":[';
  const cutAt = numbered === limit && last !== undefined && last.type !== 'end' ? last : undefined;
  yield cutAt === undefined ? ']}' : `],"nextAfter":${positionOf(cutAt)}}`;
}

function parseQuery({ jobs, after = '' }: MetricsQuery): Readonly<{ ids?: string[]; after: Map<string, number> }> {
  const positions = new Map(
    after.split(',').flatMap((each): [string, number][] => {
      const [id, seq] = each.split(':');
      return id && seq ? [[id, Number(seq)]] : [];
    }),
  );
  if (jobs === undefined) return { after: positions };
  const ids = [...new Set(jobs.split(','))];
  if (ids.length > MOST_JOBS) {
    throw refuseFields([{ pointer: '?jobs', message: `must name at most ${MOST_JOBS} jobs, not ${ids.length}` }]);
  }
  const stranger = [...positions.keys()].find((id) => !ids.includes(id));
  if (stranger === undefined) return { ids, after: positions };
  throw refuseFields([{ pointer: '?after', message: `names the job ${stranger}, which is not one of ?jobs` }]);
}
