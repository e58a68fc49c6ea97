/** Jobs that run out of memory: each continues with half the micro batch, down to one image. */
import type { JobSpec } from '../contracts/jobs/job.js';
import type { Failure } from '../contracts/jobs/outcome.js';
import { clearedStart } from './record.js';

/** Returns advice on what would fit, as the end of a sentence, for a job that fails with a micro batch of one image. */
export type AdviseOnMemory = (
  spec: JobSpec,
  peakBytes: number | undefined,
  project: string,
) => string | undefined | Promise<string | undefined>;

/** Returns the largest divisor of the batch size that is at most half the micro batch size, or undefined if that is 1. */
export function halvedMicroBatch({
  batchSize,
  microBatchSize,
}: Pick<JobSpec, 'batchSize' | 'microBatchSize'>): number | undefined {
  for (let size = Math.floor(microBatchSize / 2); size >= 1; size--) if (batchSize % size === 0) return size;
  return undefined;
}

/** Queues a job for an attempt with a smaller micro batch. `before` is the micro batch size that did not fit. */
export function retryWithSmallerMicroBatch(error: Failure, before: number, microBatchSize: number, attempt: number) {
  const message = `The job ran out of memory with ${before} images at once. It continues from its last checkpoint with ${microBatchSize}. ${error.message}`;
  const reason: Failure = { ...error, message };
  return {
    to: 'queued',
    event: { type: 'status', status: 'queued', attempt, reason, microBatchSize },
    patch: { ...clearedStart, microBatchSize },
  } as const;
}

/** Returns the failure of a job that ran out of memory with its smallest micro batch. */
export function outOfMemoryFailure(error: Failure, spec: JobSpec, advice = 'reduce batchSize or resize'): Failure {
  const peak = error.peakBytes === undefined ? '' : `, at a peak of ${(error.peakBytes / 1e9).toFixed(2)} GB`;
  const images = `${spec.microBatchSize} image${spec.microBatchSize === 1 ? '' : 's'} at once`;
  return {
    ...error,
    message: `The job ran out of memory with ${images}, the smallest number possible${peak}: ${advice}. ${error.message}`,
  };
}
