/** The HTTP API: registers every plugin and route. The place to start reading. */
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import helmet from '@fastify/helmet';
import swagger from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import websocket from '@fastify/websocket';
import { type FastifyInstance, type FastifyRequest, fastify, LogController } from 'fastify';
import { TrainyardError } from '../errors/errors.js';
import { auditChanges } from './access/audited-changes.js';
import { identifyWith, readCookies } from './access/credentials.js';
import { requireScopes } from './access/route-scopes.js';
import { consolePage } from './console-page.js';
import type { AppDeps } from './deps.js';
import { docsPage } from './docs-page.js';
import { answerEarly } from './http/bodies/early.js';
import { parseJson } from './http/bodies/json.js';
import { refuseUndecodableUrls } from './http/bodies/url.js';
import { Admission } from './http/body-memory.js';
import { refuseOtherMethods } from './http/methods.js';
import { swaggerOptions } from './http/openapi.js';
import { refuseOtherSites } from './http/origin.js';
import { PROBLEM_TYPE, problemOf, refuseUnknownRoute, sendProblem } from './http/problem-response.js';
import { BODY_PACE, refuseSlowBodies } from './http/slow-body.js';
import { closeUnusedConnections } from './http/unused-connections.js';
import { createUploadCounter, limitUploads, UPLOAD_LIMITS } from './http/upload-limits.js';
import { createValidatorCompiler } from './http/validation.js';
import { protocolRoutes } from './protocols/index.js';
import { openProjects } from './request-project.js';
import { keyRoutes } from './routes/api-keys.js';
import { auditRoute } from './routes/audit.js';
import { datasetEvaluationRoutes } from './routes/dataset-evaluations.js';
import { datasetImageRoutes } from './routes/dataset-images.js';
import { datasetImportRoutes } from './routes/dataset-imports.js';
import { datasetRoutes } from './routes/datasets.js';
import { evaluationRoutes } from './routes/evaluations.js';
import { eventRoutes } from './routes/events.js';
import { exportRoutes } from './routes/exports.js';
import { healthRoutes } from './routes/health.js';
import { importRoutes } from './routes/imports.js';
import { jobRoutes } from './routes/jobs.js';
import { labelRoutes } from './routes/labels.js';
import { settingRoutes } from './routes/listed-settings.js';
import { metricsRoutes } from './routes/metrics.js';
import { modelRoutes } from './routes/models.js';
import { createMonitoring, type Monitoring, monitoringRoutes } from './routes/monitoring.js';
import { moveRoute } from './routes/move-job.js';
import { networkRoutes } from './routes/networks.js';
import { pauseRoutes } from './routes/pause-resume.js';
import { predictRoutes } from './routes/predict.js';
import { projectRoutes } from './routes/projects.js';
import { rootRoutes } from './routes/root.js';
import { sessionRoutes } from './routes/sessions.js';
import { storageRoutes } from './routes/used-storage.js';
import { webhookRoutes } from './routes/webhooks.js';
import { workerRoutes } from './routes/workers.js';
import { createEventStreams } from './streams/server-sent-events.js';
import { createStreamLimit, STREAM_LIMITS } from './streams/stream-limit.js';
import { closeStreams, endAfterError, MAX_PAYLOAD_BYTES } from './streams/websocket.js';

/** Largest body of a route that sets no `bodyLimit`: a job request is a few hundred bytes. */
const BODY_LIMIT_BYTES = 64 * 1024;
/** Node.js closes a connection whose request has not arrived completely by then. `BODY_PACE` limits bodies other than uploads further. */
const UPLOAD_MS = 3_600_000;
/** Time for a client to read the refusal of a malformed request before its socket is destroyed. */
const LINGER_MS = 5_000;

export async function buildApp(deps: AppDeps): Promise<FastifyInstance> {
  const app = createServer(deps);
  const monitoring = createMonitoring(deps);
  limitRequests(app, deps);
  observeRequests(app, monitoring);
  await registerPlugins(app, deps);
  const scopes = await identifySenders(app as unknown as FastifyInstance, deps);
  const methods = refuseOtherMethods(app);
  await app.register(swagger, swaggerOptions);
  await docsPage(app);
  await consolePage(app);
  await registerRoutes(app, deps, monitoring);
  methods.close();
  scopes.check();
  return app as unknown as FastifyInstance;
}

type App = ReturnType<typeof createServer>;

/** Creates the server with its parser, validator, serializer and error answers. */
function createServer({ logger }: AppDeps) {
  const app = fastify({
    loggerInstance: logger,
    bodyLimit: BODY_LIMIT_BYTES,
    genReqId: () => randomUUID(),
    requestTimeout: UPLOAD_MS,
    // `logResponses` writes one line for each request instead of Fastify's two.
    logController: new LogController({ disableRequestLogging: true }),
    frameworkErrors: (error, request, reply) => {
      sendProblem(error, request, reply);
    },
    clientErrorHandler: refuseMalformedHttp,
    // Clients often join a base URL and a path with a double slash, or end the path with one.
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: true, ignoreDuplicateSlashes: true },
  }).withTypeProvider<TypeBoxTypeProvider>();

  app.removeContentTypeParser(['text/plain', 'application/json']);
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async ({ headers }: FastifyRequest, body: Buffer) => parseJson(body, { contentType: headers['content-type'] }),
  );
  app.setValidatorCompiler(createValidatorCompiler());
  // Serializes with JSON.stringify: Fastify's own serializer silently drops fields that a schema lacks.
  app.setSerializerCompiler(() => JSON.stringify);
  app.setErrorHandler(sendProblem);
  app.setNotFoundHandler(refuseUnknownRoute);
  return app;
}

function limitRequests(app: App, { bodyPace, uploadLimits = UPLOAD_LIMITS }: AppDeps): void {
  closeUnusedConnections(app as unknown as FastifyInstance);
  refuseUndecodableUrls(app);
  answerEarly(app);
  refuseSlowBodies(app, { ...BODY_PACE, ...bodyPace });
  limitUploads(app, createUploadCounter(uploadLimits));
}

/** Gives every answer its request id, and logs and measures every request. */
function observeRequests(app: App, monitoring: Monitoring): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions, url, ip: address, identity } = request;
    const { statusCode: status, elapsedTime } = reply;
    monitoring.observe({ method, route: routeOptions.url ?? 'none', status }, elapsedTime / 1000);
    const level = routeOptions.config?.isProbe === true ? 'debug' : 'info';
    const by = identity === null || identity?.kind === 'anyone' ? undefined : identity?.id;
    const answer = { method, path: url.split('?', 1)[0], status, ms: Math.round(elapsedTime), address };
    request.log[level]({ ...answer, ...(by !== undefined && { by }) }, 'request answered');
  });
}

async function registerPlugins(app: App, deps: AppDeps): Promise<void> {
  await app.register(helmet, { contentSecurityPolicy: false, strictTransportSecurity: false });
  await app.register(websocket, {
    options: { maxPayload: MAX_PAYLOAD_BYTES, perMessageDeflate: false },
    errorHandler: (error, socket, request) => endAfterError(error, socket, request.log),
    preClose: (done) => {
      app.websocketServer.close();
      closeStreams(app.websocketServer.clients).then(() => done(), done);
    },
  });
  refuseOtherSites(app, deps.allowedOrigins ?? []);
}

/** Identifies the sender of each request and its project, checks the scope of the route, and records changes in the audit log. */
async function identifySenders(app: FastifyInstance, deps: AppDeps) {
  const { access, identify } = deps;
  await readCookies(app);
  const scopes = requireScopes(app, identify ?? (access && identifyWith(access)));
  openProjects(app, deps);
  if (access !== undefined) auditChanges(app, access.audit);
  return scopes;
}

async function registerRoutes(app: App, deps: AppDeps, monitoring: Monitoring): Promise<void> {
  await app.register(jobRoutes, deps);
  await app.register(pauseRoutes, deps);
  await app.register(moveRoute, deps);
  await registerStreams(app, deps);
  await app.register(webhookRoutes, deps);
  await app.register(modelRoutes, deps);
  await app.register(labelRoutes, deps);
  await app.register(evaluationRoutes, deps);
  await app.register(datasetEvaluationRoutes, deps);
  await app.register(exportRoutes, deps);
  await app.register(importRoutes, deps);
  const limits = {
    admission: new Admission({ maxBytes: deps.maxBodiesBytes }),
    maxBodyBytes: deps.maxBodyBytes,
    timeoutMs: deps.predictTimeoutMs,
  };
  await app.register(predictRoutes, { ...deps, limits });
  await app.register(protocolRoutes, { ...deps, limits });
  await app.register(networkRoutes, deps);
  await app.register(datasetRoutes, deps);
  await app.register(datasetImportRoutes, deps);
  await app.register(datasetImageRoutes, deps);
  await app.register(workerRoutes, deps);
  await app.register(healthRoutes, deps);
  await app.register(rootRoutes);
  await app.register(keyRoutes, deps);
  await app.register(projectRoutes, deps);
  await app.register(sessionRoutes, deps);
  await app.register(auditRoute, deps);
  await app.register(storageRoutes, deps);
  await app.register(settingRoutes, deps);
  await app.register(monitoringRoutes, { ...deps, monitoring });
}

/** Registers the WebSocket and server-sent event routes; both count against one limit of open streams. */
async function registerStreams(app: App, deps: AppDeps): Promise<void> {
  const eventStreams = createEventStreams(deps.readerLimits);
  app.addHook('preClose', () => eventStreams.close());
  const limitStreams = createStreamLimit(deps.streamLimits ?? STREAM_LIMITS);
  await app.register(metricsRoutes, { ...deps, limitStreams });
  await app.register(eventRoutes, { ...deps, eventStreams, limitStreams });
}

/** Sockets that have been sent a refusal and will be destroyed soon. */
const refused = new WeakSet<Socket>();

const TOO_SLOW = 'ERR_HTTP_REQUEST_TIMEOUT';

/** Answers a request that is not valid HTTP, directly on its socket. */
function refuseMalformedHttp(error: Error & { code?: string }, socket: Socket): void {
  if (refused.has(socket)) return; // the client is still sending
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  refused.add(socket);
  const problem = problemOf(malformed(error.code));
  const { status } = problem;
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: ${PROBLEM_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
  // The client may keep its half of the connection open.
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

function malformed(code: string | undefined): TrainyardError {
  switch (code) {
    case TOO_SLOW:
      return new TrainyardError(
        'request_timeout',
        'The request did not arrive within an hour: send it again over a faster connection.',
      );
    case 'HPE_HEADER_OVERFLOW':
      return new TrainyardError(
        'headers_too_large',
        'The address and the headers are larger than 16 KiB together: send fewer or shorter ones.',
      );
    default:
      return new TrainyardError(
        'invalid_request',
        'The request is not valid HTTP: check the request line and the headers.',
      );
  }
}
