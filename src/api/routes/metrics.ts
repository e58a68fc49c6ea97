/** Routes of frames: GET /jobs/{id}/metrics as JSON or over a WebSocket, GET /metrics for several jobs over a WebSocket. */
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
  'Close codes: 1000 the job has ended, 1001 the service stops, 1008 the client sent more than 1000 messages or 1 MiB within 30 seconds, 1009 the client sent a message of more than 64 KiB, 1011 the service failed, 1013 the client read too slowly, 4409 `after` is beyond the last frame (Redis has lost frames), 4410 the stream was deleted.';

/** Most jobs that a client can name for one stream. */
const MAX_JOBS = 100;

type MetricsDeps = Pick<AppDeps, 'jobs' | 'events' | 'readerLimits'> & Readonly<{ limitStreams: StreamLimit }>;

export const metricsRoutes: FastifyPluginAsyncTypebox<MetricsDeps> = async (app, deps) => {
  await app.register(jobMetricsRoute, deps);
  await app.register(severalJobsRoute, deps);
};

const jobMetricsRoute: FastifyPluginAsyncTypebox<MetricsDeps> = async (app, deps) => {
  const { jobs, events, readerLimits, limitStreams } = deps;
  app.route({
    method: 'GET',
    url: '/jobs/:id/metrics',
    config: { isStream: true },
    schema: {
      operationId: 'getMetrics',
      tags: ['jobs'],
      summary: 'Read or follow the metrics of a job',
      description: [
        'A plain GET returns the frames so far, in pages.',
        'A WebSocket upgrade streams every frame above `after`, first the stored ones and then new ones as they happen, as one JSON',
        'text message each (schema `Frame`; `type` says which kind). The service closes the socket with 1000 after the `end` frame. A',
        'client that lost its connection continues with `after=<last seq>` and gets every frame exactly once. If a job has very many',
        '`step` frames, the oldest are dropped; a `gap` frame replaces them, and `after` continues with its `to`. A `gap` frame with a',
        '`seq` replaces `step` frames that never reached the stream because their worker was lost. Messages from the client, such as',
        'heartbeats, are ignored.',
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
    // Before the upgrade, so that a refusal is a problem document.
    preHandler: async (request) => {
      await jobs.requireAll([request.params.id]);
    },
    handler: async (request, reply) => {
      const { after, limit } = request.query;
      const pages = events.pages(request.params.id, after, limit);
      // Reads the first page before sending headers, so that its errors are problem documents.
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
};

const severalJobsRoute: FastifyPluginAsyncTypebox<MetricsDeps> = async (app, deps) => {
  const { jobs, events, readerLimits, limitStreams } = deps;
  /** What each request follows: computed before the upgrade, used after it. */
  const selected = new WeakMap<FastifyRequest['raw'], FollowMany>();

  app.route({
    method: 'GET',
    url: '/metrics',
    config: { isStream: true },
    schema: {
      operationId: 'followJobs',
      tags: ['jobs'],
      summary: 'Follow several jobs or all jobs',
      description: [
        'A WebSocket with the frames of several jobs; `jobId` says which. Frames of one job come in order; between jobs there is no order.',
        '`jobs=a,b` follows these jobs from the start, or from the frame numbers of `after=a:12,b:5`, and closes with 1000 after the last',
        '`end` frame. Without `jobs` it follows all jobs and does not end: jobs that have not ended, jobs in `after`, jobs submitted after',
        'the newest job in `after`, and every new job. To continue a lost connection, send in `after` the jobs whose `end` you have not',
        'received and the newest job that you know: you get every frame exactly once. A plain GET is refused. Prometheus metrics are at',
        '/monitoring/metrics.',
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
        const message =
          'This path is a WebSocket: connect with an upgrade. Prometheus metrics are at /monitoring/metrics.';
        throw new TrainyardError('upgrade_required', message);
      }
      selected.set(request.raw, await selectJobs(jobs, request.query));
    },
    handler: async () => undefined,
    wsHandler: (socket, request) => {
      const selection = selected.get(request.raw) ?? { after: new Map() };
      return streamFrames(socket, (signal) => events.followMany(selection, signal), request.log, readerLimits);
    },
  });
};

/** Returns what to follow. Throws `job_not_found` if `jobs` names a deleted job; without `jobs`, deleted jobs are ignored. */
async function selectJobs(jobs: MetricsDeps['jobs'], query: MetricsQuery): Promise<FollowMany> {
  const { ids, after } = parseQuery(query);
  if (ids === undefined) {
    const known = await jobs.existing([...after.keys()]);
    return { after: new Map([...after].filter(([id]) => known.has(id))) };
  }
  await jobs.requireAll(ids);
  return { jobs: ids, after };
}
/** Yields the JSON of a `FramePage` in pieces: ten thousand frames at once would block the event loop. */
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
  if (ids.length > MAX_JOBS) {
    throw refuseFields([{ pointer: '?jobs', message: `must name at most ${MAX_JOBS} jobs, not ${ids.length}` }]);
  }
  const unnamed = [...positions.keys()].find((id) => !ids.includes(id));
  if (unnamed === undefined) return { ids, after: positions };
  throw refuseFields([{ pointer: '?after', message: `names the job ${unnamed}, which ?jobs does not name` }]);
}
