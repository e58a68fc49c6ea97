/** Job queue: records in Redis, their entries in BullMQ, and the consumer that has the jobs trained. */
export type { CancelOutcome } from './cancel.js';
export type { ChangeOutcome } from './change.js';
export { type Consumer, type ConsumerOptions, startConsumer } from './consumer.js';
export { createEstimates, type Estimates } from './estimates.js';
export { createEvaluationJobs, type EvaluationJobs, type SubmittedEvaluation } from './evaluation-jobs.js';
export { createEvaluationRecords, type EvaluationRecords } from './evaluation-records.js';
export { createImportRegistry, type ImportRegistry } from './import-registry.js';
export type { FrameRecorder, JobHooks } from './job-hooks.js';
export { createJobs, type Jobs } from './job-operations.js';
export { createPauses, type Pauses } from './pause.js';
export { createProjectJobs, type ProjectJobs } from './project-jobs.js';
export { openQueueEntries, type QueueEntries } from './queue-entries.js';
export { createRates, type Rates, type WorkerKind } from './rates.js';
export type { JobPage } from './read-jobs.js';
export { createRetention, type RetentionLimits } from './retention.js';
export type { Submission } from './submit-job.js';
export { createWorkers, type Workers } from './worker-registry.js';
