/** The webhook deliveries of one worker, with connections of their own. */
import { connectRedis, disconnect } from '../../src/events/index.js';
import type { Logger } from '../../src/logging/logger.js';
import {
  createDeliverer,
  createDeliveryLog,
  type DeliveriesOptions,
  startDeliveries,
} from '../../src/webhooks/index.js';

type DelivererOptions = Partial<Parameters<typeof createDeliverer>[0]>;

/** Default: pauses of 20 ms before the second and the third attempt. */
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
    /** Takes Redis away from it, as if its process had been killed. */
    kill,
    async close(): Promise<void> {
      await deliveries.close();
      kill();
    },
  };
}
