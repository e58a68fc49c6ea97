/** The queue of jobs: records of our own, their turns in BullMQ, and the consumer that has them trained. */

export type { CancelOutcome } from './cancel.js';
export type { ChangeOutcome } from './change.js';
export { type Consumer, type ConsumerOptions, startConsumer } from './consumer.js';
export { createEstimates, type Estimates } from './estimates.js';
export { createJobs, type JobPage, type Jobs, type Submission } from './jobs.js';
export { createPauses, type Pauses } from './pause.js';
export { openQueueEntries, type QueueEntries } from './queue-entries.js';
export { createRates, type Rates, type WorkerKind } from './rates.js';
export { createRetention, type Retention } from './retention.js';
export { createWorkers, type Workers } from './workers.js';
