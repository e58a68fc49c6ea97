/** The worker process: takes jobs from the queue and has each trained by a trainer process of its own. */
import { hostname } from 'node:os';
import { loadConfig } from './config.js';
import {
  connectRedis,
  createJournal,
  DEFAULT_REDIS_URL,
  disconnect,
  keys,
  onRedis,
  whenReady,
} from './events/index.js';
import { stopOnSignal, tellReady } from './lifecycle.js';
import { createLogger } from './logger.js';
import { createJobs, openTurns, startConsumer } from './queue/index.js';
import { createTrainerStarter } from './supervisor/trainer-process.js';

const HEARTBEAT = { everyMs: 5_000, ttlSeconds: 15 };
const RESTORE_EVERY_MS = 60_000;

const config = loadConfig();
const logger = createLogger('worker', config.logLevel);
const redisUrl = config.redisUrl ?? DEFAULT_REDIS_URL;

/** `worker.js --health`: whether a worker of this machine has shown itself of late. For health checks of containers. */
async function checkHealth(): Promise<void> {
  const redis = connectRedis(redisUrl, 'commands', createLogger('worker', 'silent'));
  try {
    await whenReady(redis, 3_000);
    process.exitCode = (await redis.exists(keys.worker(hostname()))) === 1 ? 0 : 1;
  } catch {
    process.exitCode = 1;
  } finally {
    disconnect(redis);
  }
}

function run(): void {
  const commands = connectRedis(redisUrl, 'commands', logger);
  const blocking = connectRedis(redisUrl, 'worker', logger);
  const subscriber = connectRedis(redisUrl, 'subscriber', logger);
  const turns = openTurns(commands, logger);
  const journal = createJournal(commands);
  const jobs = createJobs({ redis: commands, journal, turns, logger });
  const consumer = startConsumer({
    journal,
    blocking,
    subscriber,
    logger,
    startTrainer: createTrainerStarter({ datasetsDir: config.datasetsDir, modelsDir: config.modelsDir }),
    concurrency: config.workerConcurrency,
    maxRestarts: config.maxRestarts,
  });

  const heartbeatKey = keys.worker(hostname());
  const beat = (): void => {
    onRedis(() => commands.set(heartbeatKey, new Date().toISOString(), 'EX', HEARTBEAT.ttlSeconds)).catch(
      (err: unknown) => logger.debug({ err }, 'heartbeat not written'),
    );
  };
  const restore = (): void => {
    jobs.restoreTurns().catch((err: unknown) => logger.debug({ err }, 'turns not restored'));
  };
  const timers = [setInterval(beat, HEARTBEAT.everyMs), setInterval(restore, RESTORE_EVERY_MS)];
  commands.on('ready', () => {
    beat();
    restore();
  });

  stopOnSignal(
    async () => {
      for (const timer of timers) clearInterval(timer);
      await consumer.close();
      await turns.close();
      for (const redis of [subscriber, blocking, commands]) disconnect(redis);
    },
    { logger },
  );
  logger.info({ concurrency: config.workerConcurrency }, 'worker started');
  tellReady();
}

if (process.argv.includes('--health')) await checkHealth();
else run();
