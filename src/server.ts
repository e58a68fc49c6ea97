/** API process: serves HTTP and WebSocket, backed by Redis and predictor processes. Never loads TensorFlow itself. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createProjectRegistry, openAccess } from './access/index.js';
import { buildApp } from './api/app.js';
import type { ProjectParts } from './api/deps.js';
import { createOpenedProjects } from './api/opened-projects.js';
import { checkDisk, noteDataset, type ReadinessCheck, requireSpace } from './api/readiness.js';
import { computeEnvironment, describeSettings, loadConfig, requireAuth } from './config.js';
import { DEFAULT_PROJECT } from './contracts/access/project.js';
import { openDatasets } from './datasets/dataset-service.js';
import { createDatasetVerifier, describeDataset } from './datasets/index.js';
import { TrainyardError } from './errors/errors.js';
import {
  checkWritable,
  connectRedis,
  createCorruptRecordLog,
  createEventReader,
  createJournal,
  DEFAULT_REDIS_URL,
  disconnect,
  jobsOfProject,
  whenReady,
} from './events/index.js';
import { createFileExchange } from './exports/index.js';
import { sweepLeftovers } from './files/leftovers.js';
import { foldersOf, type ProjectFolders } from './files/project-folders.js';
import { createProbe } from './files/storage.js';
import { createUploads } from './files/uploads.js';
import { createImageDecoder } from './images/image-decoder.js';
import { openCheckpointModels } from './inference/checkpoint-models.js';
import { createClassifier } from './inference/classifier.js';
import { createDatasetEvaluations } from './inference/evaluations-on-data.js';
import { createPredictorPool } from './inference/predictor-pool.js';
import { createResolver } from './inference/resolver.js';
import { createEvaluations } from './inference/stored-evaluations.js';
import { createLogger } from './logging/logger.js';
import { createLookup } from './outbound/lookup.js';
import { createBuildQueue } from './processes/builder-process.js';
import { createConverter } from './processes/converter-process.js';
import { createLargeImageDecoder } from './processes/decoder-process.js';
import { createHealthChecks } from './processes/health-checks.js';
import { exitOnUncaughtError, listenError, reportReady, stopOnSignal } from './processes/shutdown.js';
import { createStartCheck } from './processes/start-check.js';
import {
  createEstimates,
  createEvaluationJobs,
  createEvaluationRecords,
  createImportRegistry,
  createJobs,
  createPauses,
  createProjectJobs,
  createRates,
  createWorkers,
  openQueueEntries,
} from './queue/index.js';
import { checkpointPaths, removeCheckpoints } from './store/checkpoints.js';
import { openModelStore } from './store/index.js';
import { openModelEvaluations } from './store/model-evaluations.js';
import { createStartingPoints } from './store/starting-points.js';
import { createUsedSpace, type UsedSpace } from './store/used-space.js';
import { sweepVersions } from './store/version-retention.js';
import { removeEventFile, removeEventFilesOf } from './tensorboard/index.js';
import { createWebhookApi } from './webhooks/index.js';

/** Time limit of an import of a data set, in ms. */
const IMPORT_TIMEOUT_MS = 7_200_000;
/** Time within which Redis must be ready when a service with keys starts, in ms: it looks whether there is an admin key. */
const REDIS_START_MS = 30_000;
/** Heap limit of an import in MiB. An archive of a million files needs about half of it. */
const IMPORT_HEAP_MB = 1_024;

exitOnUncaughtError();
const config = loadConfig();
const auth = requireAuth(config);
const logger = createLogger('api', config.logLevel);
const { dataDir, modelsDir, importedDir, checkpointsDir } = config;
/** Environment of all child processes, which need no credentials. */
const env = computeEnvironment();
const stopping = new AbortController();

/** Returns a handler that logs the error of background work. */
const warn = (message: string) => (err: unknown) => logger.warn({ err }, message);

// Redis and the queue
const redisUrl = config.redisUrl ?? DEFAULT_REDIS_URL;
const commands = connectRedis(redisUrl, 'commands', logger);
const subscriber = connectRedis(redisUrl, 'subscriber', logger);
/** Logs each corrupt record of Redis once. */
const reportCorrupt = createCorruptRecordLog(logger);
const entries = openQueueEntries(commands, logger);
const journal = createJournal(commands, {
  stepFrames: config.streamStepFrames,
  isFollowedByWebhook: config.webhook !== undefined,
});
const jobs = createJobs({
  redis: commands,
  journal,
  entries,
  logger,
  queueDepth: config.queueDepth,
  async onRemoved({ id, spec: { name } }) {
    await removeCheckpoints(checkpointsDir, id);
    await removeEventFile(config.tensorboardDir, { id, name });
  },
});
const pauses = createPauses({
  journal,
  entries,
  jobs,
  logger,
  queueDepth: config.queueDepth,
  pausedDepth: config.pausedDepth,
});
const evaluationRecords = createEvaluationRecords(commands, reportCorrupt);
const evaluationJobsOf = (project: string) =>
  createEvaluationJobs({ records: evaluationRecords, entries, logger, project, queueDepth: config.queueDepth });
commands.on('ready', () => {
  jobs.restoreEntries().catch(warn('queue entries not restored'));
  evaluationJobsOf(DEFAULT_PROJECT).restoreEntries().catch(warn('queue entries of evaluations not restored'));
});
const workers = createWorkers(commands, reportCorrupt);

// Access
if (auth === 'keys') await whenReady(commands, REDIS_START_MS);
const access =
  auth === 'none'
    ? undefined
    : await openAccess({
        redis: commands,
        folder: config.accessDir,
        provider: config.oidc,
        auditEntries: config.auditEntries,
        report: reportCorrupt,
      });
if (access?.newAdminKey !== undefined)
  logger.warn({ path: access.newAdminKey }, 'created an API key with the role admin: read it from this file');

const registry = createProjectRegistry(commands, reportCorrupt);

// Storage
const probeStorage = createProbe([
  ...[modelsDir, importedDir, checkpointsDir].map((path) => ({ setting: 'DATA_DIR', root: dataDir, path })),
  { setting: 'TMPDIR', root: tmpdir(), path: tmpdir() },
]);
// On a full disk the service starts: it can read meanwhile, and space may become free.
await probeStorage().catch((error: unknown) => {
  if (!(error instanceof TrainyardError && error.code === 'insufficient_storage')) throw error;
  logger.error({ fault: error.message }, 'nothing can be stored now');
});
const starts = createStartingPoints(checkpointsDir);

// Child processes
const predictor = createPredictorPool({
  logger,
  env,
  device: config.runtime,
  processes: config.predictorProcesses,
  memoryBytes: config.predictorMemoryBytes,
  maxBatch: config.predictMaxBatch,
  maxDelayMs: config.predictBatchDelayMs,
  maxWaitingImages: config.predictQueueDepth,
});
/** Whether TensorFlow loads, checked in a process of its own: a predictor loads it only with the first model that needs it. */
const tensorflow = createHealthChecks({
  checks: [
    {
      run: createStartCheck({
        url: new URL('./predictor.js', import.meta.url),
        name: 'predictor',
        logger,
        env,
        signal: stopping.signal,
      }),
      isCostly: true,
    },
  ],
  logger,
  messages: {
    unhealthy: 'models that need TensorFlow cannot predict',
    healthy: 'models that need TensorFlow can predict again',
  },
});
void tensorflow.runAll();
const exportConverter = createConverter({ logger, env });
// Separate, so that predictions from checkpoints do not wait for exports.
const checkpointConverter = createConverter({ logger, env });
// Separate, because an import of a data set takes many minutes.
const datasetConverter = createConverter({ logger, env, timeoutMs: IMPORT_TIMEOUT_MS, heapMb: IMPORT_HEAP_MB });
const converters = [exportConverter, checkpointConverter, datasetConverter];
const builds = createBuildQueue({ logger, env });
const largeImages = createLargeImageDecoder({ logger, env });

// Projects: each has its own models, data sets, jobs, evaluations and imports
const decoder = createImageDecoder({ decodeLarge: largeImages.decode });
const verifier = createDatasetVerifier({ datasetsDir: config.datasetsDir });
const downloadRules = { networks: config.downloadNetworks, lookup: createLookup() };
const openedProjects = createOpenedProjects({ open: openProject, registry });

const checkpointModels = await openCheckpointModels({
  logger,
  list: starts.list,
  paths: (jobId) => checkpointPaths(checkpointsDir, jobId),
  converter: checkpointConverter,
  findDataset: ({ project, spec }) => describeDataset(spec.dataset.name, foldersOf(config, project)),
});

async function openProject(name: string): Promise<ProjectParts> {
  const folders = foldersOf(config, name);
  const store = await openModelStore(folders.modelsDir, {
    onCorrupt: warn('corrupt model left out'),
    labelHistory: config.labelHistory,
  });
  const datasets = await openDatasets({
    datasetsDir: config.datasetsDir,
    importedDir: folders.importedDir,
    uploads: createUploads(folders.importedDir),
    converter: datasetConverter,
    imports: createImportRegistry(commands, reportCorrupt, name),
    downloads: { rules: downloadRules, maxBytes: config.maxDatasetBytes },
    verifier,
  });
  const own = createProjectJobs({ jobs, pauses, redis: commands }, name);
  const resolver = createResolver({ store, findJob: own.jobs.find, openCheckpoint: checkpointModels.open });
  return {
    name,
    ...own,
    store,
    datasets,
    resolver,
    ...createFileExchange({
      store,
      converter: exportConverter,
      modelsDir: folders.modelsDir,
      sources: {
        uploads: createUploads(folders.modelsDir),
        importDir: config.importDir,
        maxBytes: config.maxImportBytes,
        rules: downloadRules,
      },
    }),
    evaluations: createEvaluations(store, datasets.testDigest, datasets.testPaths),
    evaluationJobs: evaluationJobsOf(name),
    datasetEvaluations: createDatasetEvaluations(openModelEvaluations(folders.modelsDir), datasets.splits),
    classifier: createClassifier({ decoder, resolver, predictor }),
    storage: openUsedSpace(name, folders),
  };
}

/** The disk space of a project. The files of the queue are shown with the project `default`. */
function openUsedSpace(project: string, folders: ProjectFolders): UsedSpace {
  const queue = { kind: 'queue', folder: join(dataDir, 'redis') } as const;
  return createUsedSpace({
    dataDir,
    checkpointsDir,
    folders: [
      { kind: 'models', folder: folders.modelsDir },
      { kind: 'checkpoints', folder: checkpointsDir, isOfJobs: true },
      { kind: 'datasets', folder: folders.importedDir },
      { kind: 'tensorboard', folder: config.tensorboardDir, isNested: true, isOfJobs: true },
      ...(project === DEFAULT_PROJECT ? [queue] : []),
    ],
    ownJobs: (ids) => jobsOfProject(commands, project, ids),
    find: jobs.find,
    removeEventFiles: (id) => removeEventFilesOf(config.tensorboardDir, id),
  });
}

const defaultProject = await openedProjects.open(DEFAULT_PROJECT);

// Periodic removal of leftovers and old versions
const leftovers = sweepLeftovers(
  () => [
    ...[dataDir, checkpointsDir, config.tensorboardDir],
    ...openedProjects.names().flatMap((name) => Object.values(foldersOf(config, name))),
  ],
  { onError: warn('leftovers not removed') },
);
const oldVersions = sweepVersions({
  stores: async () => (await openedProjects.openAll()).map(({ store }) => store),
  kept: config.modelVersionsKept,
  isInUse: (model) => predictor.stateOf(model).loaded,
  onError: warn('old versions not removed'),
  onRemoved: (model) => logger.info(model, 'old version removed'),
});

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
  checkDisk(dataDir, config.minFreeDiskBytes),
  { name: 'storage', for: ['jobs'], run: probeStorage },
  { name: 'workers', for: ['jobs'], run: workers.requireFit },
  noteDataset('fashion-mnist', defaultProject.datasets.verify),
];

const app = await buildApp({
  logger,
  ...defaultProject,
  projects: { ...registry, open: openedProjects.open },
  workers,
  estimates: createEstimates({ redis: commands, journal, rates: createRates({ redis: commands, logger }), workers }),
  events: createEventReader(commands, subscriber, { report: reportCorrupt }),
  predictor,
  starts,
  builds,
  webhooks: createWebhookApi({ redis: commands, report: reportCorrupt, settings: config }),
  settings: describeSettings(),
  checks,
  requireSpace: () => requireSpace(dataDir),
  ...(access && { access }),
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
    leftovers.close();
    oldVersions.close();
    tensorflow.close();
    stopping.abort();
    // First the conversions, which may take longer than the deadline: their requests get an answer, and no partial file stays.
    await Promise.all(converters.map((converter) => converter.close()));
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
