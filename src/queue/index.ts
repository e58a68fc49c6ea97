/** The queue of jobs: records of our own, their turns in BullMQ, and the consumer that has them trained. */

export type { Cancellation } from './cancel.js';
export type { Changing } from './change.js';
export { type Consumer, type ConsumerOptions, startConsumer } from './consumer.js';
export { type Deliveries, type DeliveriesOptions, startDeliveries } from './deliveries.js';
export { createEstimates, type Estimates } from './estimates.js';
export { createJobs, type JobPage, type Jobs, type Submission } from './jobs.js';
export { untilAnswered } from './outbox.js';
export { createPauses, type Pauses } from './pause.js';
export { openTurns, type Turns } from './queue-entries.js';
export { createRates, type Rates, type WorkerKind } from './rates.js';
export { createRetention, type Retention } from './retention.js';
export { createWorkers, type Workers } from './workers.js';
