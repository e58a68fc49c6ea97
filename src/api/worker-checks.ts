/** What a job's spec must hold to where workers live: one of them has the memory, and bfloat16 pays off on one. */

import type { DatasetInfo } from '../contracts/dataset.js';
import type { JobSpec } from '../contracts/job.js';
import { isFasterInBfloat16, type WorkerInfo } from '../contracts/worker.js';
import type { FieldError } from '../errors.js';
import type { TrainingMemoryOf } from './deps.js';
import { refuseFields } from './validation.js';

/** Throws `invalid_request` where no live worker could train the job well. Where none is known, none is asked. */
export function checkWorkers(
  spec: JobSpec,
  deps: Readonly<{ workers: readonly WorkerInfo[]; memory: TrainingMemoryOf; info: DatasetInfo }>,
): void {
  const { workers, memory, info } = deps;
  if (workers.length === 0) return;
  const errors: FieldError[] = [];
  if (spec.precision === 'bfloat16' && !workers.some(isFasterInBfloat16)) {
    const processors = [...new Set(workers.map(({ processor }) => processor))].join(', ');
    errors.push({
      pointer: '/precision',
      message: `must be float32 or auto: the workers (${processors}) have neither AMX nor AVX-512 BF16 nor a GPU, and bfloat16 is slower there`,
    });
  }
  const bytes = Math.max(...workers.map(({ memoryBytes }) => memoryBytes));
  const shortage = memory.shortage(spec, {
    image: info,
    classes: info.classes.length,
    bytes,
    holder: 'the largest worker',
  });
  if (shortage !== undefined) {
    const isWhole = spec.microBatchSize === spec.batchSize;
    errors.push({ pointer: isWhole ? '/batchSize' : '/microBatchSize', message: shortage });
  }
  if (errors.length > 0) throw refuseFields(errors);
}
