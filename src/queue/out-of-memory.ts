/** What becomes of a job that ran out of memory: it goes on with half the images at once, until there is but one. */
import type { JobSpec } from '../contracts/jobs/job.js';
import type { Failure } from '../contracts/jobs/outcome.js';
import { waiting } from './record.js';

/** Advice for a job that cannot be trained with less: what would fit, as the end of a sentence. */
export type AdviseOnMemory = (spec: JobSpec, peakBytes: number | undefined) => string | Promise<string>;

/** The largest divisor of the batch that is at most half of the images at once; undefined where that is 1 already. */
export function halvedMicroBatch({
  batchSize,
  microBatchSize,
}: Pick<JobSpec, 'batchSize' | 'microBatchSize'>): number | undefined {
  for (let size = Math.floor(microBatchSize / 2); size >= 1; size--) if (batchSize % size === 0) return size;
  return undefined;
}

/** The change of the record by which the job goes on from its last checkpoint with so many images at once. */
export function retryWithSmallerMicroBatch(error: Failure, before: number, microBatchSize: number, attempt: number) {
  const message = `The job ran out of memory with ${before} images at once and goes on from its last checkpoint with ${microBatchSize}: ${error.message}`;
  const reason: Failure = { ...error, message };
  return {
    to: 'queued',
    event: { type: 'status', status: 'queued', attempt, reason, microBatchSize },
    patch: { ...waiting, microBatchSize },
  } as const;
}

/** The failure of a job that ran out of memory with one image at once. */
export function outOfMemoryFailure(error: Failure, spec: JobSpec, advice = 'reduce batchSize or resize'): Failure {
  const peak = error.peakBytes === undefined ? '' : `, at a peak of ${(error.peakBytes / 1e9).toFixed(2)} GB`;
  const least = `with ${spec.microBatchSize} image${spec.microBatchSize === 1 ? '' : 's'} at once, the fewest there can be`;
  return { ...error, message: `The job ran out of memory ${least}${peak}: ${advice}. ${error.message}` };
}
