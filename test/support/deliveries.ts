/** Webhook deliveries of one worker, with their own Redis connections. */
import { connectRedis, disconnect } from '../../src/events/index.js';
import type { Logger } from '../../src/logging/logger.js';
import {
  createDeliverer,
  createDeliveryLog,
  type DeliveriesOptions,
  startDeliveries,
} from '../../src/webhooks/index.js';

type DelivererOptions = Partial<Parameters<typeof createDeliverer>[0]>;

/** Starts deliveries. By default they try three times, 20 ms apart. */
export function openDeliveries(
  url: string,
  options: DelivererOptions &
    Readonly<{ logger: Logger; secret: string }> &
    Partial<Pick<DeliveriesOptions, 'retryDelaysMs' | 'leaseMs'>>,
) {
  const { logger, retryDelaysMs = [20, 20], leaseMs, ...rest } = options;
  const redis = connectRedis(url, 'commands', logger);
  const blocking = connectRedis(url, 'worker', logger);
  const deliverer = createDeliverer({ redis, log: createDeliveryLog(redis), logger, networks: 'private', ...rest });
  const deliveries = startDeliveries({
    redis,
    blocking,
    deliverer,
    logger,
    retryDelaysMs,
    ...(leaseMs !== undefined && { leaseMs }),
  });
  const kill = (): void => {
    for (const each of [redis, blocking]) disconnect(each);
  };
  return {
    /** Disconnects from Redis, as if the process had been killed. */
    kill,
    async close(): Promise<void> {
      await deliveries.close();
      kill();
    },
  };
}
