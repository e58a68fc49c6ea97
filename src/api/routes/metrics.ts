/** Routes of frames: GET /jobs/{id}/metrics as JSON or over a WebSocket, GET /metrics for several jobs over a WebSocket. */
import { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { type FrameType, isStored } from '../../contracts/jobs/frame.js';
import { FramePage, FrameQuery, MetricsQuery } from '../../contracts/jobs/frame-queries.js';
import { StreamMessage } from '../../contracts/jobs/stream-message.js';
import { TrainyardError } from '../../errors/errors.js';
import type { FollowMany, FollowSince, FrameBatch } from '../../events/index.js';
import { CSV_HEADER, csvRow } from '../../formats/frame-csv.js';
import { frameText } from '../../formats/frame-json.js';
import { untilIdentityEnds } from '../access/ending-streams.js';
import type { AppDeps, ProjectParts } from '../deps.js';
import { problems } from '../http/openapi.js';
import { prefersToJson, varyBy } from '../http/preferred-type.js';
import { refuseFields } from '../http/validation.js';
import type { StreamLimit } from '../streams/stream-limit.js';
import { streamFrames } from '../streams/websocket.js';
import { JobParams } from './jobs.js';

const CLOSE_CODES =
  'Close codes: 1000 the job has ended, 1001 the service stops, 1008 the client sent more than 1000 messages or 1 MiB within 30 seconds, 1009 the client sent a message of more than 64 KiB, 1011 the service failed, 1013 the client read too slowly, 4401 the key was revoked or has expired, 4409 `after` is beyond the last frame (Redis has lost frames), 4410 the stream was deleted.';

/** Maximum number of jobs that a client can name for one stream. */
const MAX_JOBS = 100;

type MetricsDeps = Pick<AppDeps, 'access' | 'events' | 'readerLimits'> & Readonly<{ limitStreams: StreamLimit }>;

export const metricsRoutes: FastifyPluginAsyncTypebox<MetricsDeps> = async (app, deps) => {
  await app.register(jobMetricsRoute, deps);
  await app.register(severalJobsRoute, deps);
};

const jobMetricsRoute: FastifyPluginAsyncTypebox<MetricsDeps> = async (app, deps) => {
  const { access, events, readerLimits, limitStreams } = deps;
  app.route({
    method: 'GET',
    url: '/jobs/:id/metrics',
    config: { scope: 'jobs:read', isStream: true, takesTicket: true },
    schema: {
      operationId: 'getMetrics',
      tags: ['jobs'],
      summary: 'Read or follow the metrics of a job',
      description: [
        'A plain GET returns the frames so far, in pages. `points` returns all of them in one answer, with few enough `step` frames for a',
        'chart. `Accept: text/csv` returns all of them as CSV, one row a frame, below a header: a cell is empty if the frame has no such',
        'field, and `NaN` if the field is NaN or infinite.',
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
        200: {
          description: 'Frames in order of `seq`.',
          content: {
            'application/json': { schema: FramePage },
            'text/csv': { schema: Type.String({ description: 'A header, and a row for each frame.' }) },
          },
          headers: { Vary: { type: 'string', description: '`Accept`.' } },
        },
        101: { description: 'A WebSocket; each message is a `Frame`.', type: 'null' },
        ...problems(400, 403, 404, 429, 503),
      },
    },
    onRequest: async (request, reply) => {
      if (request.ws) await limitStreams(request, reply);
    },
    // Before the upgrade, so that a refusal is a problem document.
    preHandler: async (request) => {
      await request.project.jobs.requireAll([request.params.id]);
    },
    handler: async (request, reply) => {
      const { limit } = request.query;
      const isCsv = prefersToJson(request.headers.accept, 'text/csv');
      const batches = readFrames(events, request.params.id, request.query, isCsv);
      // Reads the first frames before sending headers, so that errors are problem documents.
      const all = withFirst(await batches.next(), batches);
      const body = Readable.from(isCsv ? csvText(all) : pageText(all, limit));
      varyBy(reply as FastifyReply, 'accept');
      (reply as FastifyReply).type(`${isCsv ? 'text/csv' : 'application/json'}; charset=utf-8`);
      return (reply as FastifyReply).send(body);
    },
    wsHandler: (socket, request) => {
      const { id } = request.params as { id: string };
      const { after } = request.query as { after: number };
      const log = request.log.child({ jobId: id });
      const follow = untilIdentityEnds(access, request, (signal) => events.follow(id, after, signal));
      return streamFrames(socket, follow, log, readerLimits);
    },
  });
};

const severalJobsRoute: FastifyPluginAsyncTypebox<MetricsDeps> = async (app, deps) => {
  const { access, events, readerLimits, limitStreams } = deps;
  /** What each request follows: computed before the upgrade, used after it. */
  const selected = new WeakMap<FastifyRequest['raw'], FollowMany | FollowSince>();

  app.route({
    method: 'GET',
    url: '/metrics',
    config: { scope: 'jobs:read', isStream: true, takesTicket: true },
    schema: {
      operationId: 'followJobs',
      tags: ['jobs'],
      summary: 'Follow several jobs or all jobs',
      description: [
        'A WebSocket with the frames of several jobs; `jobId` says which. Frames of one job come in order; between jobs there is no order.',
        '`jobs=a,b` follows these jobs from the start, or from the frame numbers of `after=a:12,b:5`, and closes with 1000 after the last',
        '`end` frame. Without `jobs` it follows all jobs and does not end: jobs that have not ended, jobs in `after`, jobs submitted after',
        'the newest job in `after`, and every new job. To continue a lost connection, send in `after` the jobs whose `end` you have not',
        'received and the newest job that you know: you get every frame exactly once.',
        'With `since=now` it follows all jobs without their history: frames from now on, and the first frame of every new job. It then also',
        'sends messages with the `type` `cursor` (schema `StreamCursor`) and `notice` (`JobNotice`). The first message is a',
        'cursor: read `GET /jobs` after it, and you miss nothing. To continue, send the last cursor as `since`, and leave out frames that',
        'you have received after that cursor. `types` and `stepMs` leave frames out, which is enough for a list of jobs. `history=true` also',
        'sends the earlier frames of the jobs that had not ended at the cursor. So a client of thousands of jobs continues without naming',
        'them: until the first cursor after the history with the same cursor and `history=true`, then without. A plain GET is refused with 426, or with the error that the upgrade would have. Prometheus metrics are at /monitoring/metrics.',
        CLOSE_CODES,
      ].join(' '),
      querystring: MetricsQuery,
      response: {
        101: { ...StreamMessage, description: 'A WebSocket. This is the schema of each message.' },
        ...problems(400, 403, 404, 426, 429, 503),
      },
    },
    onRequest: limitStreams,
    preHandler: async (request) => {
      // Before the missing upgrade is refused: a browser hides why an upgrade was, and its client asks again by a plain GET.
      selected.set(request.raw, await selectJobs(request.project, request.query));
      if (request.ws) return;
      const message =
        'This path is a WebSocket: connect with an upgrade. Prometheus metrics are at /monitoring/metrics.';
      throw new TrainyardError('upgrade_required', message);
    },
    handler: async () => undefined,
    wsHandler: (socket, request) => {
      const selection = selected.get(request.raw) ?? { project: request.project.name, after: new Map() };
      const follow = (signal: AbortSignal): AsyncIterable<StreamMessage> =>
        'since' in selection ? events.followSince(selection, signal) : events.followMany(selection, signal);
      return streamFrames(socket, untilIdentityEnds(access, request, follow), request.log, readerLimits);
    },
  });
};

/** Returns what to follow. Throws `job_not_found` if `jobs` names a deleted job; without `jobs`, deleted jobs are ignored. */
async function selectJobs(
  { name: project, jobs }: Pick<ProjectParts, 'name' | 'jobs'>,
  query: MetricsQuery,
): Promise<FollowMany | FollowSince> {
  const since = parseSince(query);
  if (since !== undefined) return { ...since, project };
  const { ids, after } = parseQuery(query);
  if (ids === undefined) {
    const known = await jobs.existing([...after.keys()]);
    return { project, after: new Map([...after].filter(([id]) => known.has(id))) };
  }
  await jobs.requireAll(ids);
  return { jobs: ids, after };
}

/** Reads one page of frames, or all if they are thinned or become CSV. */
function readFrames(
  events: MetricsDeps['events'],
  id: string,
  { after, limit, types, points }: FrameQuery,
  isCsv: boolean,
): AsyncGenerator<FrameBatch> {
  const wanted = types === undefined ? undefined : new Set(types.split(',') as FrameType[]);
  if (points !== undefined) return events.thinned(id, after, points, wanted);
  return events.pages(id, after, isCsv ? Number.POSITIVE_INFINITY : limit, wanted);
}

async function* withFirst<T>(first: IteratorResult<T>, rest: AsyncGenerator<T>): AsyncGenerator<T> {
  if (first.done) return;
  yield first.value;
  yield* rest;
}

/** Yields the JSON of a `FramePage` in pieces: ten thousand frames at once would block the event loop. */
async function* pageText(batches: AsyncIterable<FrameBatch>, limit: number): AsyncGenerator<string> {
  let numbered = 0;
  let isEmpty = true;
  let hasEnded = false;
  let end: Omit<FrameBatch, 'frames'> = { lastSeq: 0 };
  yield '{"frames":[';
  for await (const { frames, ...rest } of batches) {
    end = rest;
    if (frames.length === 0) continue;
    yield (isEmpty ? '' : ',') + frames.map(frameText).join(',');
    isEmpty = false;
    numbered += frames.filter(isStored).length;
    hasEnded = frames.at(-1)?.type === 'end';
  }
  const isCut = end.leftOut === undefined && numbered === limit && !hasEnded;
  yield `],${JSON.stringify({ ...end, ...(isCut && { nextAfter: end.lastSeq }) }).slice(1)}`;
}

/** Yields the rows of all frames, below a header. */
async function* csvText(batches: AsyncIterable<FrameBatch>): AsyncGenerator<string> {
  yield CSV_HEADER;
  for await (const { frames } of batches) if (frames.length > 0) yield frames.map(csvRow).join('');
}

/** Returns undefined without `since`. Throws `invalid_request` for parameters that do not go together. */
function parseSince({ since, history, types, stepMs, jobs, after }: MetricsQuery): FollowSince | undefined {
  const wrong = since === undefined ? { history, types, stepMs } : { jobs, after };
  const [name] = Object.entries(wrong).find(([, value]) => value !== undefined) ?? [];
  if (name !== undefined) {
    const message = since === undefined ? 'needs ?since' : 'cannot be combined with ?since, which follows all jobs';
    throw refuseFields([{ pointer: `?${name}`, message }]);
  }
  if (since === undefined) return undefined;
  return {
    since: since === 'now' ? since : Number(since),
    history,
    ...(types !== undefined && { types: new Set(types.split(',') as FrameType[]) }),
    stepMs,
  };
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
