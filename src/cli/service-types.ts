/** Types of the service's answers that the command shows. */
import type { StreamFrame } from '../contracts/jobs/frame.js';
import type { Job } from '../contracts/jobs/job.js';

export type { Readiness } from '../contracts/service/health-status.js';
export type { WorkerInfo } from '../contracts/service/live-worker.js';
export type { JobPlan } from '../contracts/submission/job-queries.js';
export type { Job, StreamFrame };
export type JobSpec = Job['spec'];
export type FrameOf<Type extends StreamFrame['type']> = Extract<StreamFrame, { type: Type }>;

/** Returns the `after` that continues behind this frame. */
export const positionOf = (frame: StreamFrame): number => (frame.type === 'gap' ? frame.to : frame.seq);
