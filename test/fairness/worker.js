/**
 * Worker with real webhooks and fixture trainers that train nothing. Arguments: the URL of Redis and a folder. Ends with its
 * parent.
 */
import { connectRedis, createJournal, whenReady } from '../../dist/events/index.js';
import { createLogger } from '../../dist/logging/logger.js';
import { createTrainerStarter } from '../../dist/processes/trainer-process.js';
import { createWorkers, startConsumer } from '../../dist/queue/index.js';
import { createDeliverer, createDeliveryLog, startDeliveries } from '../../dist/webhooks/index.js';

const SHOW_EVERY_MS = 5_000;

const [, , url = '', folder = ''] = process.argv;
process.on('disconnect', () => process.exit(0));
const logger = createLogger('worker', 'silent');
const redis = connectRedis(url, 'commands', logger);
await whenReady(redis, 10_000);
const blocking = connectRedis(url, 'worker', logger);

startConsumer({
  journal: createJournal(redis),
  blocking,
  subscriber: connectRedis(url, 'subscriber', logger),
  startTrainer: createTrainerStarter({
    datasetsDir: '',
    modelsDir: folder,
    checkpointsDir: folder,
    trainerUrl: new URL('../fixtures/trainer.js', import.meta.url),
  }),
  logger,
  // Jobs of the abuses and of the other clients run at the same time.
  concurrency: 4,
});
const log = createDeliveryLog(redis);
const deliverer = createDeliverer({ redis, log, logger, global: undefined, secret: undefined, networks: 'private' });
startDeliveries({ redis, blocking, deliverer, logger });

const workers = createWorkers(redis);
/** Reports a worker: without one, the API does not check the memory of jobs. */
const show = () =>
  workers.heartbeat({
    host: 'here',
    pid: process.pid,
    device: 'cpu',
    processor: 'A CPU',
    cores: 2,
    memoryBytes: 1e12,
    bfloat16: 'none',
    concurrency: 1,
  });
await show();
setInterval(() => void show().catch(() => undefined), SHOW_EVERY_MS);
process.send?.({ type: 'ready' });
