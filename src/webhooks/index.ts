/** Webhooks: where frames of jobs may be posted, how they are signed, sent, and written down. */
export { checkWebhook, type WebhookSettings } from './check.js';
export {
  createDeliverer,
  type Deliverer,
  type Delivery,
  type DeliveryOutcome,
  type ReceiverHealth,
  type Target,
} from './deliver.js';
export { type Deliveries, type DeliveriesOptions, startDeliveries } from './deliveries.js';
export { createDeliveryLog, type DeliveryLog } from './delivery-log.js';
