/** The worker process: takes jobs from the queue and has each trained by a trainer process of its own. */
import { hostname, tmpdir } from 'node:os';
import { sep } from 'node:path';
import { childEnvironment, loadConfig } from './config.js';
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
import { createProbe } from './files/storage.js';
import { createLogger } from './logging/logger.js';
import { lowerPriority } from './processes/cpu-priority.js';
import { detectHardware } from './processes/hardware.js';
import { createHealthChecks, type HealthChecks } from './processes/health-checks.js';
import { exitOnUncaughtError, reportReady, stopOnSignal } from './processes/shutdown.js';
import { createStartCheck } from './processes/start-check.js';
import { createTrainerStarter, TRAINER_FLAGS } from './processes/trainer-process.js';
import {
  createJobs,
  createRates,
  createRetention,
  createWorkers,
  openQueueEntries,
  startConsumer,
} from './queue/index.js';
import { createCheckpointRetention } from './store/checkpoint-retention.js';
import { findModelOfJob } from './store/find-model-of-job.js';
import { readRunHistory } from './store/stored-run-history.js';
import { createRecorder, removeEventFile } from './tensorboard/index.js';
import { adviseOnMemory } from './training/step/training-memory.js';
import { startWebhookDeliveries } from './webhooks/index.js';

/** It is forgotten after three that are missing. */
const SHOW_EVERY_MS = 5_000;
const RESTORE_EVERY_MS = 60_000;
/** Finding that no job is to go costs three reads. */
const REMOVE_EVERY_MS = 60_000;
const SWEEP_EVERY_MS = 600_000;
/** The consumer needs 25 seconds at most. */
const STOP_MS = 28_000;

exitOnUncaughtError();
const config = loadConfig();
const logger = createLogger('worker', config.logLevel);
const redisUrl = config.redisUrl ?? DEFAULT_REDIS_URL;

const notRemoved = (err: unknown): void => logger.warn({ err }, 'checkpoints not removed');

/** Checks for `worker.js --health` that a worker of this host has shown itself, and that all of them take jobs. For containers. */
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

/** What this worker says of itself, and what its trainers are started with. */
async function look() {
  const { runtime, visibleGpus, workerConcurrency: concurrency, deviceSlots } = config;
  const { gpus, ...machine } = await detectHardware({
    cuda: runtime === 'cuda',
    visibleGpus,
    concurrency,
    deviceSlots,
  });
  if (runtime === 'cuda' && gpus.length === 0) {
    logger.warn('RUNTIME is cuda, but there is no GPU to be seen: jobs train on the CPU');
  }
  return { worker: { host: hostname(), pid: process.pid, ...machine }, gpus };
}

/** Checks what a job needs of this worker: folders that can be written, and trainers that start and compute. */
function watchHealth(signal: AbortSignal): HealthChecks {
  const { dataDir, checkpointsDir, modelsDir, tensorboardDir } = config;
  const folders = [
    { setting: 'DATA_DIR', root: dataDir, path: checkpointsDir },
    { setting: 'DATA_DIR', root: dataDir, path: modelsDir },
    tensorboardDir.startsWith(dataDir + sep)
      ? { setting: 'DATA_DIR', root: dataDir, path: tensorboardDir }
      : { setting: 'TENSORBOARD_DIR', root: tensorboardDir, path: tensorboardDir },
    { setting: 'TMPDIR', root: tmpdir(), path: tmpdir() },
  ];
  const startTrainer = createStartCheck({
    url: new URL('./trainer.js', import.meta.url),
    name: 'trainer',
    logger,
    env: childEnvironment({}),
    execArgv: TRAINER_FLAGS,
    signal,
  });
  return createHealthChecks({
    checks: [{ run: createProbe(folders) }, { run: startTrainer, isCostly: true }],
    logger,
    messages: { unhealthy: 'this worker takes no jobs', healthy: 'this worker takes jobs again' },
  });
}

async function run(): Promise<void> {
  lowerPriority(config.workerNice);
  const stopped = new AbortController();
  const health = watchHealth(stopped.signal);
  const [{ worker, gpus }] = await Promise.all([look(), health.examine()]);
  const commands = connectRedis(redisUrl, 'commands', logger);
  const blocking = connectRedis(redisUrl, 'worker', logger);
  const subscriber = connectRedis(redisUrl, 'subscriber', logger);
  const entries = openQueueEntries(commands, logger);
  const journal = createJournal(commands, {
    stepFrames: config.streamStepFrames,
    frameBytes: config.jobFramesBytes,
    isFollowedByWebhook: config.webhook !== undefined,
  });
  const jobs = createJobs({ redis: commands, journal, entries, logger });
  const checkpoints = createCheckpointRetention({
    checkpointsDir: config.checkpointsDir,
    find: jobs.find,
    days: config.checkpointRetentionDays,
    count: config.checkpointRetentionCount,
    checkpointsKept: config.checkpointsKept,
  });
  const rates = createRates({ redis: commands, logger });
  const stream = createStreamReader(commands, createCorruptRecordLog(logger));
  const consumer = startConsumer({
    journal,
    blocking,
    subscriber,
    logger,
    startTrainer: createTrainerStarter({
      datasetsDir: config.datasetsDir,
      importedDir: config.importedDir,
      modelsDir: config.modelsDir,
      checkpointsDir: config.checkpointsDir,
      checkpointSeconds: config.checkpointSeconds,
      checkpointsKept: config.checkpointsKept,
      environment: childEnvironment({}),
      gpus,
      memoryBytes: worker.memoryBytes,
      expectsGpu: config.runtime === 'cuda',
    }),
    concurrency: worker.concurrency,
    maxRestarts: config.maxRestarts,
    lockMs: config.workerLockMs,
    health,
    hooks: {
      measure: (spec) => rates.measure(spec, worker),
      async adviseOnMemory(spec, peakBytes = worker.memoryBytes) {
        const info = await describeDataset(spec.dataset.name, { importedDir: config.importedDir });
        return adviseOnMemory(spec, info, info.classes.length, Math.min(peakBytes, worker.memoryBytes));
      },
      findModel: ({ id: jobId, spec: { name } }, attempt) => findModelOfJob(config, { jobId, name }, attempt),
      readRunHistory: ({ id: jobId }, model, isNews) => {
        const warn = (err: unknown): void => logger.warn({ err, jobId }, 'run history of the model not used');
        return readRunHistory(config, { jobId, model }, { isNews, warn });
      },
      recordFrames: createRecorder({
        folder: config.tensorboardDir,
        list: (jobId, after, limit) =>
          retryWhileRedisIsAway(() => stream.list(jobId, after, limit), { signal: stopped.signal, logger }),
        logger,
      }),
      restoreEntry: jobs.restoreEntry,
      onEnded: (jobId) => {
        checkpoints.ended(jobId).catch(notRemoved);
        removeOldJobs();
      },
    },
  });
  const deliveries = startWebhookDeliveries({ redis: commands, blocking, logger, settings: config });

  const workers = createWorkers(commands);
  const show = (): void => {
    const fault = health.fault();
    workers
      .heartbeat({ ...worker, ...(fault !== undefined && { fault }) })
      .catch((err: unknown) => logger.warn({ err }, 'heartbeat not sent'));
  };
  health.onChange(show);
  const restore = (): void => {
    jobs.restoreEntries().catch((err: unknown) => logger.warn({ err }, 'queue entries not restored'));
  };
  const retention = createRetention({
    redis: commands,
    logger,
    days: config.jobRetentionDays,
    count: config.jobRetentionCount,
    bytes: config.jobRetentionBytes,
    onRemoved: ({ id, spec: { name } }) => {
      removeEventFile(config.tensorboardDir, { id, name }).catch((err: unknown) =>
        logger.warn({ err }, 'event file not removed'),
      );
    },
  });
  const removeOldJobs = (): void => {
    retention.sweep().catch((err: unknown) => logger.warn({ err }, 'old jobs not removed'));
  };
  const removeOldCheckpoints = (): void => {
    checkpoints.sweep().catch(notRemoved);
  };
  const timers = [
    setInterval(show, SHOW_EVERY_MS),
    setInterval(restore, RESTORE_EVERY_MS),
    setInterval(removeOldJobs, REMOVE_EVERY_MS),
    setInterval(removeOldCheckpoints, SWEEP_EVERY_MS),
  ];
  commands.on('ready', () => {
    show();
    restore();
    removeOldJobs();
    removeOldCheckpoints();
  });

  stopOnSignal(
    async () => {
      for (const timer of timers) clearInterval(timer);
      health.close();
      await Promise.all([consumer.close(), deliveries.close()]);
      stopped.abort();
      await workers.remove(worker).catch((err: unknown) => logger.debug({ err }, 'worker not taken off the list'));
      await entries.close();
      for (const redis of [subscriber, blocking, commands]) disconnect(redis);
    },
    { logger, deadlineMs: STOP_MS },
  );
  const { host: _, pid: __, ...machine } = worker; // the log has both anyway
  logger.info(machine, 'worker started');
  const fault = health.fault();
  reportReady(fault === undefined ? {} : { fault });
}

if (process.argv.includes('--health')) await checkHealth();
else await run();
