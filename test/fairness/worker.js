/**
 * A worker whose trainers train nothing and whose webhooks are real: argv holds the address of Redis and a folder. Ends with its
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
  // The jobs of the abuses run beside those of the others.
  concurrency: 4,
});
const log = createDeliveryLog(redis);
const deliverer = createDeliverer({ redis, log, logger, global: undefined, secret: undefined, networks: 'private' });
startDeliveries({ redis, blocking, deliverer, logger });

const workers = createWorkers(redis);
/** The API checks the memory of jobs only if it knows a worker. */
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
