/** Worker process: takes jobs from the queue and lets a trainer process train each. */
import { hostname, tmpdir } from 'node:os';
import { sep } from 'node:path';
import type { Redis } from 'ioredis';
import { childEnvironment, computeEnvironment, loadConfig } from './config.js';
import type { WorkerInfo } from './contracts/service/live-worker.js';
import { describeDataset } from './datasets/index.js';
import {
  connectRedis,
  createCorruptRecordLog,
  createJournal,
  createStreamReader,
  DEFAULT_REDIS_URL,
  disconnect,
  retryWhileRedisIsAway,
  whenReady,
} from './events/index.js';
import { foldersOf, type ProjectFolders } from './files/project-folders.js';
import { createProbe } from './files/storage.js';
import { createLogger } from './logging/logger.js';
import { lowerPriority } from './processes/cpu-priority.js';
import { createEvaluatorStarter } from './processes/evaluator-process.js';
import { detectHardware } from './processes/hardware.js';
import { createHealthChecks, type HealthChecks } from './processes/health-checks.js';
import { createIdleMeasurements, type IdleMeasurements } from './processes/idle-measurements.js';
import { exitOnUncaughtError, reportReady, stopOnSignal } from './processes/shutdown.js';
import { createStartCheck } from './processes/start-check.js';
import { createTrainerStarter, type StartTrainer, TRAINER_FLAGS } from './processes/trainer-process.js';
import {
  createEvaluationJobs,
  createEvaluationRecords,
  createJobs,
  createRates,
  createRetention,
  createWorkers,
  type EvaluationJobs,
  type JobHooks,
  openQueueEntries,
  startConsumer,
} from './queue/index.js';
import { createCheckpointRetention } from './store/checkpoint-retention.js';
import { findModelOfJob } from './store/find-model-of-job.js';
import { openModelEvaluations } from './store/model-evaluations.js';
import { readRunHistory } from './store/stored-run-history.js';
import { createTensorBoardHooks } from './tensorboard/index.js';
import { adviseOnMemory } from './training/step/training-memory.js';
import { startWebhookDeliveries } from './webhooks/index.js';

/** Interval at which the worker reports itself, in ms. The list forgets it after three missing reports. */
const REPORT_INTERVAL_MS = 5_000;
const RESTORE_INTERVAL_MS = 60_000;
/** Finding that no job is due for removal costs three reads. */
const REMOVE_JOBS_INTERVAL_MS = 60_000;
const REMOVE_CHECKPOINTS_INTERVAL_MS = 600_000;
/** Time to stop in ms. The consumer needs at most 25 seconds. */
const STOP_DEADLINE_MS = 28_000;

type Connections = Readonly<{ commands: Redis; blocking: Redis; subscriber: Redis }>;
type Machine = Awaited<ReturnType<typeof describeMachine>>;
type Jobs = ReturnType<typeof createJobs>;

exitOnUncaughtError();
const config = loadConfig();
const logger = createLogger('worker', config.logLevel);
const redisUrl = config.redisUrl ?? DEFAULT_REDIS_URL;
/** Environment of the trainers, which need no credentials. */
const trainerEnvironment = computeEnvironment(childEnvironment({}));

const foldersIn = (project: string): ProjectFolders => foldersOf(config, project);
const storedIn = (project: string) => openModelEvaluations(foldersIn(project).modelsDir);

/** Returns a handler that logs the error of background work. */
const warn = (message: string) => (err: unknown) => logger.warn({ err }, message);

if (process.argv.includes('--health')) await checkHealth();
else await run();

/** Sets the exit code of `worker.js --health`: 0 if at least one worker of this host is listed, and all of them take jobs. */
async function checkHealth(): Promise<void> {
  const redis = connectRedis(redisUrl, 'commands', createLogger('worker', 'silent'));
  try {
    await whenReady(redis, 3_000);
    const fault = await createWorkers(redis).faultOn(hostname());
    if (fault !== undefined) console.error(fault);
    process.exitCode = fault === undefined ? 0 : 1;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  } finally {
    disconnect(redis);
  }
}

async function run(): Promise<void> {
  lowerPriority(config.workerNice);
  const stopping = new AbortController();
  const measurements: IdleMeasurements = createIdleMeasurements({
    measure: (signal) => checkTrainer(signal, measurements.note),
    logger,
  });
  const health = createWorkerHealth(() => checkTrainer(stopping.signal, measurements.note));
  const starting = Promise.all([describeMachine(), health.runAll()]);
  let stop = async (): Promise<void> => {
    health.close();
    stopping.abort(); // kills the trainer of the check
    await starting;
  };
  stopOnSignal(() => stop(), { logger, deadlineMs: STOP_DEADLINE_MS });
  const [machine] = await starting;
  if (stopping.signal.aborted) return;
  measurements.setHeld(0);
  const { commands, subscriber, blocking } = connect();
  const entries = openQueueEntries(commands, logger);
  const journal = createJournal(commands, {
    stepFrames: config.streamStepFrames,
    frameBytes: config.jobFramesBytes,
    isFollowedByWebhook: config.webhook !== undefined,
  });
  const jobs = createJobs({ redis: commands, journal, entries, logger });
  const records = createEvaluationRecords(commands, createCorruptRecordLog(logger));
  const evaluations = createEvaluationJobs({ records, entries, logger });
  const hooks = createWorkerHooks(machine, commands, stopping.signal);
  const upkeep = startUpkeep({
    ...{ commands, jobs, evaluations, machine, health, measurements },
    onRemoved: hooks.onRemoved,
  });
  const consumer = startConsumer({
    journal,
    blocking,
    subscriber,
    logger,
    health,
    lockMs: config.workerLockMs,
    maxRestarts: config.maxRestarts,
    concurrency: machine.worker.concurrency,
    startTrainer: createStarter(machine),
    evaluations: { records, storedIn, startEvaluator: createEvaluators() },
    hooks: { ...hooks, restoreEntry: jobs.restoreEntry, onHeld: measurements.setHeld, onEnded: upkeep.jobEnded },
  });
  const deliveries = startWebhookDeliveries({ redis: commands, blocking, logger, settings: config });

  stop = async () => {
    upkeep.close();
    health.close();
    await Promise.all([measurements.close(), consumer.close(), deliveries.close()]);
    stopping.abort();
    await upkeep.unlist();
    await entries.close();
    for (const redis of [subscriber, blocking, commands]) disconnect(redis);
  };
  const { host: _, pid: __, ...hardware } = machine.worker; // the log has both
  logger.info({ ...hardware, operationsPerSecond: measurements.speed() }, 'worker started');
  const fault = health.fault();
  reportReady(fault === undefined ? {} : { fault });
}

function connect(): Connections {
  return {
    commands: connectRedis(redisUrl, 'commands', logger),
    blocking: connectRedis(redisUrl, 'worker', logger),
    subscriber: connectRedis(redisUrl, 'subscriber', logger),
  };
}

/** Resolves with this worker as it is listed, and with the GPUs for its trainers. */
async function describeMachine() {
  const { runtime, visibleGpus, workerConcurrency: concurrency, deviceSlots } = config;
  const { gpus, ...hardware } = await detectHardware({
    cuda: runtime === 'cuda',
    visibleGpus,
    concurrency,
    deviceSlots,
  });
  if (runtime === 'cuda' && gpus.length === 0) {
    logger.warn('RUNTIME is cuda, but no GPU is visible: jobs train on the CPU');
  }
  const worker: Omit<WorkerInfo, 'seenAt' | 'fault' | 'operationsPerSecond'> = {
    host: hostname(),
    pid: process.pid,
    ...hardware,
  };
  return { worker, gpus };
}

/** Starts a trainer that computes something, and passes on the speed that it has measured. Aborting kills it. */
function checkTrainer(signal: AbortSignal, onSpeed: (operationsPerSecond: number) => void): Promise<void> {
  const check = createStartCheck({
    url: new URL('./trainer.js', import.meta.url),
    name: 'trainer',
    logger,
    env: trainerEnvironment,
    execArgv: TRAINER_FLAGS,
    signal,
    onSpeed,
  });
  return check();
}

/** Creates the health checks of a worker: writable folders, and trainers that start and compute. */
function createWorkerHealth(startTrainer: () => Promise<void>): HealthChecks {
  const { dataDir, checkpointsDir, modelsDir, tensorboardDir } = config;
  const folders = [
    { setting: 'DATA_DIR', root: dataDir, path: checkpointsDir },
    { setting: 'DATA_DIR', root: dataDir, path: modelsDir },
    tensorboardDir.startsWith(dataDir + sep)
      ? { setting: 'DATA_DIR', root: dataDir, path: tensorboardDir }
      : { setting: 'TENSORBOARD_DIR', root: tensorboardDir, path: tensorboardDir },
    { setting: 'TMPDIR', root: tmpdir(), path: tmpdir() },
  ];
  return createHealthChecks({
    checks: [{ run: createProbe(folders) }, { run: startTrainer, isCostly: true }],
    logger,
    messages: { unhealthy: 'this worker takes no jobs', healthy: 'this worker takes jobs again' },
  });
}

function createStarter({ worker, gpus }: Machine): StartTrainer {
  const { datasetsDir, importedDir, modelsDir, checkpointsDir, checkpointSeconds, checkpointsKept } = config;
  return createTrainerStarter({
    ...{ datasetsDir, importedDir, modelsDir, checkpointsDir, checkpointSeconds, checkpointsKept },
    foldersOf: foldersIn,
    environment: trainerEnvironment,
    gpus,
    memoryBytes: worker.memoryBytes,
    expectsGpu: config.runtime === 'cuda',
  });
}

/** Evaluators compute on the CPU: the GPUs belong to the trainers. */
function createEvaluators() {
  const { modelsDir, datasetsDir, importedDir } = config;
  const env = { ...trainerEnvironment, CUDA_VISIBLE_DEVICES: '' };
  return createEvaluatorStarter({ modelsDir, datasetsDir, importedDir, foldersOf: foldersIn, env });
}

/** Returns the hooks that measure jobs, read what they have stored, and record them for TensorBoard. */
function createWorkerHooks({ worker }: Machine, commands: Redis, signal: AbortSignal) {
  const rates = createRates({ redis: commands, logger });
  const stream = createStreamReader(commands, createCorruptRecordLog(logger));
  return {
    ...createTensorBoardHooks({
      folder: config.tensorboardDir,
      list: (jobId, after, limit) => retryWhileRedisIsAway(() => stream.list(jobId, after, limit), { signal, logger }),
      logger,
    }),
    measure: (spec) => rates.measure(spec, worker),
    async adviseOnMemory(spec, peakBytes = worker.memoryBytes, project) {
      const { importedDir } = foldersIn(project);
      const info = await describeDataset(spec.dataset.name, { importedDir });
      return adviseOnMemory(spec, info, info.classes.length, Math.min(peakBytes, worker.memoryBytes));
    },
    findModel: ({ id: jobId, project, spec: { name } }, attempt) =>
      findModelOfJob({ ...config, ...foldersIn(project) }, { jobId, name }, attempt),
    readRunHistory: ({ id: jobId, project }, model, isNews) =>
      readRunHistory(
        { ...config, ...foldersIn(project) },
        { jobId, model },
        {
          isNews,
          warn: (err) => logger.warn({ err, jobId }, 'run history of the model not used'),
        },
      ),
  } satisfies Partial<JobHooks> & Pick<UpkeepOptions, 'onRemoved'>;
}

type UpkeepOptions = Readonly<{
  commands: Redis;
  jobs: Jobs;
  evaluations: Pick<EvaluationJobs, 'restoreEntries'>;
  machine: Machine;
  health: HealthChecks;
  measurements: Pick<IdleMeasurements, 'speed'>;
  /** Called for each job that was removed. */
  onRemoved: (job: Readonly<{ id: string; name: string }>) => void;
}>;

/** Starts the periodic work: reports the worker, restores lost queue entries, and removes old jobs and checkpoints. */
function startUpkeep({
  commands,
  jobs,
  evaluations,
  machine: { worker },
  health,
  measurements,
  onRemoved,
}: UpkeepOptions) {
  const workers = createWorkers(commands);
  const checkpoints = createCheckpointRetention({
    checkpointsDir: config.checkpointsDir,
    find: jobs.find,
    days: config.checkpointRetentionDays,
    count: config.checkpointRetentionCount,
    checkpointsKept: config.checkpointsKept,
  });
  const retention = createRetention({
    redis: commands,
    logger,
    days: config.jobRetentionDays,
    count: config.jobRetentionCount,
    bytes: config.jobRetentionBytes,
    onRemoved: ({ id, spec: { name } }) => onRemoved({ id, name }),
  });
  const report = (): void => {
    const [operationsPerSecond, fault] = [measurements.speed(), health.fault()];
    const info = {
      ...worker,
      ...(operationsPerSecond !== undefined && { operationsPerSecond }),
      ...(fault !== undefined && { fault }),
    };
    workers.heartbeat(info).catch(warn('heartbeat not sent'));
  };
  const restore = (): void => {
    jobs.restoreEntries().catch(warn('queue entries not restored'));
    evaluations.restoreEntries().catch(warn('queue entries of evaluations not restored'));
  };
  const removeJobs = (): void => void retention.sweep().catch(warn('old jobs not removed'));
  const removeCheckpoints = (): void => void checkpoints.sweep().catch(warn('old checkpoints not removed'));
  const timers = [
    setInterval(report, REPORT_INTERVAL_MS),
    setInterval(restore, RESTORE_INTERVAL_MS),
    setInterval(removeJobs, REMOVE_JOBS_INTERVAL_MS),
    setInterval(removeCheckpoints, REMOVE_CHECKPOINTS_INTERVAL_MS),
  ];
  health.onChange(report);
  commands.on('ready', () => {
    for (const task of [report, restore, removeJobs, removeCheckpoints]) task();
  });
  return {
    jobEnded(jobId: string): void {
      checkpoints.ended(jobId).catch(warn('checkpoints not removed'));
      removeJobs();
    },
    close(): void {
      for (const timer of timers) clearInterval(timer);
    },
    /** Removes this worker from the list. */
    unlist: (): Promise<void> =>
      workers.remove(worker).catch((err: unknown) => logger.debug({ err }, 'worker not removed from the list')),
  };
}
