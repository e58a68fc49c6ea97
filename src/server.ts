/** The API process: HTTP and WebSocket in front, Redis and a predictor process behind. Never loads TensorFlow. */
import { tmpdir } from 'node:os';
import { buildApp } from './api/app.js';
import { checkDisk, noteDataset, type ReadinessCheck, requireSpace } from './api/readiness.js';
import { loadConfig } from './config.js';
import { openDatasets } from './datasets/dataset-service.js';
import { createDatasetVerifier } from './datasets/index.js';
import { TrainyardError } from './errors/errors.js';
import {
  checkWritable,
  connectRedis,
  createCorruptRecordLog,
  createEventReader,
  createJournal,
  DEFAULT_REDIS_URL,
  disconnect,
} from './events/index.js';
import { createFileExchange } from './exports/index.js';
import { sweepLeftovers } from './files/leftovers.js';
import { createProbe } from './files/storage.js';
import { createUploads } from './files/uploads.js';
import { createImageDecoder } from './images/image-decoder.js';
import { openCheckpointModels } from './inference/checkpoint-models.js';
import { createClassifier } from './inference/classifier.js';
import { createPredictorPool } from './inference/predictor-pool.js';
import { createResolver } from './inference/resolver.js';
import { createEvaluations } from './inference/stored-evaluations.js';
import { createLogger } from './logging/logger.js';
import { createBuildQueue } from './processes/builder-process.js';
import { createConverter } from './processes/converter-process.js';
import { createLargeImageDecoder } from './processes/decoder-process.js';
import { createHealthChecks } from './processes/health-checks.js';
import { exitOnUncaughtError, listenError, reportReady, stopOnSignal } from './processes/shutdown.js';
import { createStartCheck } from './processes/start-check.js';
import {
  createEstimates,
  createJobs,
  createPauses,
  createRates,
  createWorkers,
  openQueueEntries,
} from './queue/index.js';
import { checkpointPaths } from './store/checkpoints.js';
import { openModelStore } from './store/index.js';
import { createStartingPoints } from './store/starting-points.js';
import { sweepVersions } from './store/version-retention.js';
import { createWebhookApi } from './webhooks/index.js';

/** An import that is not done by then is ended. */
const DATASET_MS = 7_200_000;
/** Objects of an import in MiB: an archive of a million files needs about half of it. */
const DATASET_HEAP_MB = 1_024;

exitOnUncaughtError();
const config = loadConfig();
const logger = createLogger('api', config.logLevel);
const redisUrl = config.redisUrl ?? DEFAULT_REDIS_URL;

const commands = connectRedis(redisUrl, 'commands', logger);
const subscriber = connectRedis(redisUrl, 'subscriber', logger);
const entries = openQueueEntries(commands, logger);
const journal = createJournal(commands, {
  stepFrames: config.streamStepFrames,
  isFollowedByWebhook: config.webhook !== undefined,
});
const jobs = createJobs({ redis: commands, journal, entries, logger, queueDepth: config.queueDepth });
commands.on('ready', () => {
  jobs.restoreEntries().catch((err: unknown) => logger.warn({ err }, 'queue entries not restored'));
});

/** For corrupt records, each of which is logged once. */
const report = createCorruptRecordLog(logger);
const { dataDir, modelsDir, importedDir, checkpointsDir } = config;
const probe = createProbe([
  ...[modelsDir, importedDir, checkpointsDir].map((path) => ({ setting: 'DATA_DIR', root: dataDir, path })),
  { setting: 'TMPDIR', root: tmpdir(), path: tmpdir() },
]);
// A full disk may get space again, and what is there can be read meanwhile.
await probe().catch((error: unknown) => {
  if (!(error instanceof TrainyardError && error.code === 'insufficient_storage')) throw error;
  logger.error({ fault: error.message }, 'nothing can be stored now');
});
const store = await openModelStore(config.modelsDir, {
  onCorrupt: (err) => logger.warn({ err }, 'model left out'),
  labelHistory: config.labelHistory,
});
const predictor = createPredictorPool({
  logger,
  device: config.runtime,
  processes: config.predictorProcesses,
  memoryBytes: config.predictorMemoryBytes,
  maxBatch: config.predictMaxBatch,
  maxDelayMs: config.predictBatchDelayMs,
  maxWaitingImages: config.predictQueueDepth,
});
/** TensorFlow is loaded with the first model that needs it: whether it can be is found in a process of its own, beforehand. */
const stopping = new AbortController();
const startPredictor = createStartCheck({
  url: new URL('./predictor.js', import.meta.url),
  name: 'predictor',
  logger,
  signal: stopping.signal,
});
const tensorflow = createHealthChecks({
  checks: [{ run: startPredictor, isCostly: true }],
  logger,
  messages: {
    unhealthy: 'models that need TensorFlow cannot be asked',
    healthy: 'models that need TensorFlow can be asked again',
  },
});
void tensorflow.examine();
const converter = createConverter({ logger });
// One of its own: who asks a job that trains does not wait for an export.
const checkpointConverter = createConverter({ logger });
// A data set takes many minutes: neither exports nor checkpoints wait for it.
const datasetConverter = createConverter({ logger, timeoutMs: DATASET_MS, heapMb: DATASET_HEAP_MB });
const datasets = await openDatasets({
  importedDir: config.importedDir,
  uploads: createUploads(config.importedDir),
  converter: datasetConverter,
  verifier: createDatasetVerifier({ datasetsDir: config.datasetsDir }),
});
const sweeping = sweepLeftovers([dataDir, modelsDir, importedDir, checkpointsDir, config.tensorboardDir], {
  onError: (err) => logger.warn({ err }, 'leftovers not removed'),
});
const builds = createBuildQueue({ logger });
const largeImages = createLargeImageDecoder({ logger });
const decoder = createImageDecoder({ decodeLarge: largeImages.decode });
const versions = sweepVersions({
  store,
  kept: config.modelVersionsKept,
  isInUse: (model) => predictor.stateOf(model).loaded,
  onError: (err) => logger.warn({ err }, 'old versions not removed'),
  onRemoved: (model) => logger.info(model, 'old version removed'),
});
const starts = createStartingPoints(config.checkpointsDir);
const checkpointModels = await openCheckpointModels({
  logger,
  list: starts.list,
  paths: (jobId) => checkpointPaths(config.checkpointsDir, jobId),
  converter: checkpointConverter,
  findDataset: datasets.find,
});
const resolver = createResolver({ store, findJob: jobs.find, openCheckpoint: checkpointModels.open });

const workers = createWorkers(commands, report);
const checks: ReadinessCheck[] = [
  { name: 'redis', for: ['jobs'], run: () => checkWritable(commands) },
  {
    name: 'predictor',
    for: ['predict'],
    run: async () => {
      const fault = predictor.fault() ?? tensorflow.fault();
      if (fault !== undefined) throw new TrainyardError('predictor_unavailable', fault);
    },
  },
  checkDisk(config.dataDir, config.minFreeDiskBytes),
  { name: 'storage', for: ['jobs'], run: probe },
  { name: 'workers', for: ['jobs'], run: workers.requireFit },
  noteDataset('fashion-mnist', datasets.verify),
];

const app = await buildApp({
  logger,
  jobs,
  pauses: createPauses({
    journal,
    entries,
    jobs,
    logger,
    queueDepth: config.queueDepth,
    pausedDepth: config.pausedDepth,
  }),
  workers,
  estimates: createEstimates({ redis: commands, journal, rates: createRates({ redis: commands, logger }), workers }),
  events: createEventReader(commands, subscriber, { report }),
  store,
  ...createFileExchange({ store, uploads: createUploads(modelsDir), converter, modelsDir }),
  predictor,
  starts,
  resolver,
  evaluations: createEvaluations(store),
  classifier: createClassifier({ decoder, resolver, predictor }),
  builds,
  datasets,
  webhooks: createWebhookApi({ redis: commands, report, settings: config }),
  checks,
  requireSpace: () => requireSpace(config.dataDir),
  allowedOrigins: config.allowedOrigins,
  streamLimits: config.streamLimits,
  maxBodyBytes: config.maxBodyBytes,
  maxImportBytes: config.maxImportBytes,
  maxDatasetBytes: config.maxDatasetBytes,
  uploadLimits: config.uploadLimits,
  maxBodiesBytes: config.maxBodiesBytes,
  predictTimeoutMs: config.predictTimeoutMs,
});

stopOnSignal(
  async () => {
    sweeping.close();
    versions.close();
    tensorflow.close();
    stopping.abort();
    // First what may take longer than stopping may: who waits for it is answered, and leaves nothing half-made.
    await Promise.all([converter, checkpointConverter, datasetConverter].map((each) => each.close()));
    await app.close();
    await predictor.close();
    await builds.close();
    await largeImages.close();
    await checkpointModels.close();
    await entries.close();
    for (const redis of [subscriber, commands]) disconnect(redis);
  },
  { logger },
);

const address = await app.listen({ host: config.host, port: config.port }).catch((error: unknown) => {
  throw listenError(config, error);
});
const { port } = new URL(address);
reportReady({ address, port: Number(port) });
