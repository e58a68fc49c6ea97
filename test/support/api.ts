/** HTTP API of a running service, on a free port. */
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import type { Access } from '../../src/access/index.js';
import type { Identify } from '../../src/api/access/route-scopes.js';
import { buildApp } from '../../src/api/app.js';
import type { BodyPace } from '../../src/api/http/slow-body.js';
import type { UploadLimits } from '../../src/api/http/upload-limits.js';
import type { ReadinessCheck } from '../../src/api/readiness.js';
import type { ReaderLimits } from '../../src/api/streams/slow-reader.js';
import type { StreamLimits } from '../../src/api/streams/stream-limit.js';
import type { Frame } from '../../src/contracts/jobs/frame.js';
import { openDatasets } from '../../src/datasets/dataset-service.js';
import { TrainyardError } from '../../src/errors/errors.js';
import { createFileExchange } from '../../src/exports/index.js';
import { createUploads } from '../../src/files/uploads.js';
import { createClassifier } from '../../src/inference/classifier.js';
import { createDatasetEvaluations } from '../../src/inference/evaluations-on-data.js';
import { createEvaluations } from '../../src/inference/stored-evaluations.js';
import { createLookup } from '../../src/outbound/lookup.js';
import { createBuildQueue } from '../../src/processes/builder-process.js';
import { createConverter } from '../../src/processes/converter-process.js';
import { createEvaluationJobs, createEvaluationRecords, createImportRegistry } from '../../src/queue/index.js';
import { openModelStore } from '../../src/store/index.js';
import { openModelEvaluations } from '../../src/store/model-evaluations.js';
import { createStartingPoints } from '../../src/store/starting-points.js';
import { createUsedSpace } from '../../src/store/used-space.js';
import { checkWebhook, createDeliveryLog } from '../../src/webhooks/index.js';
import { resolverOf } from './models.js';
import type { Service } from './running-service.js';
import { weightsSources } from './weights-sources.js';

export type Api = Awaited<ReturnType<typeof openApi>>;

export async function openApi(
  service: Service,
  options: {
    checks?: readonly ReadinessCheck[];
    checkpointsDir?: string;
    modelsDir?: string;
    importedDir?: string;
    queueDepth?: number;
    readerLimits?: ReaderLimits;
    allowedOrigins?: readonly string[];
    identify?: Identify;
    access?: Access;
    bodyPace?: Partial<BodyPace>;
    streamLimits?: StreamLimits;
    maxImportBytes?: number;
    uploadLimits?: UploadLimits;
  } = {},
) {
  const folder = await mkdtemp(join(tmpdir(), 'trainyard-api-'));
  const modelsDir = options.modelsDir ?? folder;
  const store = await openModelStore(modelsDir);
  const resolver = resolverOf(store);
  const refuse = async (): Promise<never> => {
    throw new TrainyardError('predictor_unavailable', 'This test has no predictor.');
  };
  const predictor = {
    predict: refuse,
    explain: refuse,
    ready: () => false,
    statistics: () => [],
    waitingImages: () => 0,
    loadedModels: () => 0,
    stateOf: () => ({ loaded: false, passed: false, runtime: 'onnxruntime' }) as const,
    unload: async () => {},
  };
  const converterUrl = new URL('../../dist/converter.js', import.meta.url);
  const converter = createConverter({ logger: service.logger, converterUrl });
  const builderUrl = new URL('../../dist/builder.js', import.meta.url);
  const builds = createBuildQueue({ logger: service.logger, builderUrl });
  const importedDir = options.importedDir ?? join(folder, 'datasets');
  const datasets = await openDatasets({
    datasetsDir: process.env['DATASETS_DIR'] ?? join(folder, 'none'),
    importedDir,
    uploads: createUploads(importedDir),
    converter,
    imports: createImportRegistry(service.redis),
    downloads: { rules: { networks: 'private', lookup: createLookup(), pauseMs: 1 }, maxBytes: 2 ** 20 },
  });
  const app = await buildApp({
    logger: service.logger,
    jobs: service.jobs,
    pauses: service.pauses,
    workers: service.workers,
    estimates: service.estimates,
    events: service.events,
    store,
    starts: createStartingPoints(options.checkpointsDir ?? join(folder, 'checkpoints')),
    resolver,
    ...createFileExchange({ store, sources: weightsSources(modelsDir), converter, modelsDir }),
    classifier: createClassifier({ resolver, predictor }),
    predictor,
    evaluations: createEvaluations(store),
    evaluationJobs: createEvaluationJobs({
      records: createEvaluationRecords(service.redis),
      entries: service.entries,
      logger: service.logger,
      ...(options.queueDepth !== undefined && { queueDepth: options.queueDepth }),
    }),
    datasetEvaluations: createDatasetEvaluations(openModelEvaluations(modelsDir), datasets.splits),
    builds,
    datasets,
    maxDatasetBytes: 2 ** 20,
    webhooks: {
      check: (webhook) => checkWebhook(webhook, { networks: 'private', secret: undefined }),
      deliveries: createDeliveryLog(service.redis).list,
    },
    storage: createUsedSpace({
      dataDir: folder,
      checkpointsDir: options.checkpointsDir ?? join(folder, 'checkpoints'),
      folders: [{ kind: 'checkpoints', folder: options.checkpointsDir ?? join(folder, 'checkpoints') }],
      find: service.jobs.find,
      removeEventFiles: async () => false,
    }),
    settings: [],
    checks: options.checks ?? [],
    ...(options.readerLimits && { readerLimits: options.readerLimits }),
    ...(options.streamLimits && { streamLimits: options.streamLimits }),
    ...(options.allowedOrigins && { allowedOrigins: options.allowedOrigins }),
    ...(options.identify && { identify: options.identify }),
    ...(options.access && { access: options.access }),
    ...(options.bodyPace && { bodyPace: options.bodyPace }),
    ...(options.uploadLimits && { uploadLimits: options.uploadLimits }),
    maxBodyBytes: 2 ** 20,
    maxImportBytes: options.maxImportBytes ?? 2 ** 20,
    maxBodiesBytes: 2 ** 26,
    predictTimeoutMs: 30_000,
  });
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    app,
    server: app.server as Server,
    address,
    store,
    socketAddress: address.replace('http', 'ws'),
    async close(): Promise<void> {
      await app.close();
      await converter.close();
      await builds.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type Followed = Readonly<{ frames: Frame[]; code: number; reason: string }>;

/** Reads a stream to its end. */
export function readStream(url: string): Promise<Followed> {
  return new Promise((resolve, reject) => {
    const frames: Frame[] = [];
    const socket = new WebSocket(url);
    socket.on('message', (data) => frames.push(JSON.parse(String(data)) as Frame));
    socket.on('close', (code, reason) => resolve({ frames, code, reason: String(reason) }));
    socket.on('error', reject);
  });
}

/** Opens a WebSocket that the service must refuse. Resolves with the answer to the upgrade request. */
export function refusedUpgrade(
  url: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; type: string; body: unknown }> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { headers });
    socket.on('open', () => {
      socket.terminate();
      reject(new Error('The upgrade was not refused.'));
    });
    socket.on('error', () => undefined);
    socket.on('unexpected-response', (_, response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers['content-type'] ?? '',
          body: JSON.parse(text) as unknown,
        }),
      );
    });
  });
}
