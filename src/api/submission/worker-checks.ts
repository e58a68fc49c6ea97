/** Checks of a job against the live workers, any of which may take it. */
import type { JobSpec } from '../../contracts/jobs/job.js';
import type { TrainingPlan } from '../../contracts/processes/build.js';
import { isFasterInBfloat16, type WorkerInfo } from '../../contracts/service/live-worker.js';
import type { FieldError } from '../../errors/errors.js';

/** Returns an error if no live worker has the memory for the job. Suggests the largest batch that fits. */
export function memoryErrors(spec: JobSpec, { shortage, largestBatchSize = 0 }: TrainingPlan): FieldError[] {
  if (shortage === undefined) return [];
  const pointer = spec.microBatchSize === spec.batchSize ? '/batchSize' : '/microBatchSize';
  return [{ pointer, message: shortage, ...(largestBatchSize > 0 && { suggestion: largestBatchSize }) }];
}

/** Yields an error if bfloat16 is slower on one of the live workers, because any of them may take the job. */
export function* precisionErrors({ precision }: JobSpec, workers: readonly WorkerInfo[]): Generator<FieldError> {
  const slower = workers.filter((worker) => !isFasterInBfloat16(worker));
  if (precision !== 'bfloat16' || slower.length === 0) return;
  const processors = [...new Set(slower.map(({ processor }) => processor))].join(', ');
  yield {
    pointer: '/precision',
    message: `must be float32 or auto: any worker may take the job, and those on ${processors} are slower in bfloat16, without AMX, AMD’s AVX-512 BF16 or a GPU that computes in it`,
  };
}
