/** Types of the service's answers that the command shows. */
import type { StreamFrame } from '../contracts/jobs/frame.js';
import type { Job } from '../contracts/jobs/job.js';

export type { JobMove } from '../contracts/jobs/job-move.js';
export type { Readiness } from '../contracts/service/health-status.js';
export type { WorkerInfo } from '../contracts/service/live-worker.js';
export type { JobPlan } from '../contracts/submission/job-plan.js';
export type { Job, StreamFrame };

/** Statuses of a job. */
export const JOB_STATUSES: readonly Job['status'][] = [
  'queued',
  'running',
  'paused',
  'succeeded',
  'failed',
  'cancelled',
];

export type JobSpec = Job['spec'];
export type FrameOf<Type extends StreamFrame['type']> = Extract<StreamFrame, { type: Type }>;

/** Returns the `after` that continues behind this frame. */
export const positionOf = (frame: StreamFrame): number => (frame.type === 'gap' ? frame.to : frame.seq);
