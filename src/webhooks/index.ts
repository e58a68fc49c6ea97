/** Webhooks: signed POSTs of a job's frames to addresses that the job or the service names. */
export { checkWebhook, type WebhookFault, type WebhookSettings } from './check.js';
export { createDeliverer, type Deliverer } from './deliver.js';
export { type Deliveries, type DeliveriesOptions, startDeliveries } from './deliveries.js';
export { createDeliveryLog, type DeliveryLog } from './delivery-log.js';
export { createWebhookApi, type ServiceWebhookSettings, startWebhookDeliveries } from './register.js';
