/** Registration of webhooks: one function for the worker, one for the api. */
import type { WebhookRequest } from '../contracts/jobs/webhook.js';
import type { OutboundNetworks } from '../contracts/service/outbound-networks.js';
import type { Redis, ReportCorruptRecord } from '../events/index.js';
import type { Logger } from '../logging/logger.js';
import { checkWebhook } from './check.js';
import { createDeliverer } from './deliver.js';
import { startDeliveries } from './deliveries.js';
import { createDeliveryLog } from './delivery-log.js';
import type { GlobalWebhook } from './delivery-source.js';

/** The settings of the service that concern webhooks. */
export type ServiceWebhookSettings = Readonly<{
  webhook: GlobalWebhook | undefined;
  webhookSecret: string | undefined;
  webhookNetworks: OutboundNetworks;
}>;

/** Starts the webhook deliveries of a worker. `redis` must fail fast, `blocking` must wait for Redis. */
export function startWebhookDeliveries(
  deps: Readonly<{ redis: Redis; blocking: Redis; logger: Logger; settings: ServiceWebhookSettings }>,
) {
  const { redis, blocking, logger, settings } = deps;
  const deliverer = createDeliverer({
    redis,
    log: createDeliveryLog(redis),
    logger,
    global: settings.webhook,
    secret: settings.webhookSecret,
    networks: settings.webhookNetworks,
  });
  return startDeliveries({ redis, blocking, deliverer, logger });
}

/** Returns what the api needs: the check of a job's webhook, and the log of deliveries. */
export function createWebhookApi(
  deps: Readonly<{ redis: Redis; report: ReportCorruptRecord; settings: ServiceWebhookSettings }>,
) {
  const { redis, report, settings } = deps;
  const { webhookNetworks: networks, webhookSecret: secret } = settings;
  return {
    check: (webhook: WebhookRequest) => checkWebhook(webhook, { networks, secret }),
    deliveries: createDeliveryLog(redis, report).list,
  };
}
