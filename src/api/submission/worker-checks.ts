/** Checks of a job against the live workers, any of which may take it. */
import type { JobSpec } from '../../contracts/jobs/job.js';
import type { TrainingPlan } from '../../contracts/processes/build.js';
import { isFasterInBfloat16, type WorkerInfo } from '../../contracts/service/live-worker.js';
import type { FieldError } from '../../errors/errors.js';
import { refuseFields } from '../http/validation.js';

/**
 * Throws `invalid_request` if no live worker has the memory for the job, or if bfloat16 is slower on one of them. Without live workers
 * nothing is refused.
 */
export function checkWorkers(spec: JobSpec, workers: readonly WorkerInfo[], { shortage }: TrainingPlan): void {
  const errors = [...checkPrecision(spec, workers)];
  if (shortage !== undefined) {
    const isWhole = spec.microBatchSize === spec.batchSize;
    errors.push({ pointer: isWhole ? '/batchSize' : '/microBatchSize', message: shortage });
  }
  if (errors.length > 0) throw refuseFields(errors);
}

function* checkPrecision({ precision }: JobSpec, workers: readonly WorkerInfo[]): Generator<FieldError> {
  const slower = workers.filter((worker) => !isFasterInBfloat16(worker));
  if (precision !== 'bfloat16' || slower.length === 0) return;
  const processors = [...new Set(slower.map(({ processor }) => processor))].join(', ');
  yield {
    pointer: '/precision',
    message: `must be float32 or auto: any worker may take the job, and those on ${processors} are slower in bfloat16, without AMX, AMD’s AVX-512 BF16 or a GPU that computes in it`,
  };
}
