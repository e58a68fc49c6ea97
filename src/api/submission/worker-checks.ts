/** What a job's spec must hold to where workers live: one of them has the memory, and bfloat16 pays off on all, since any may take it. */

import type { Caller } from '../../concurrency/fair-limit.js';
import type { DatasetInfo } from '../../contracts/datasets/dataset.js';
import type { JobSpec } from '../../contracts/jobs/job.js';
import { isFasterInBfloat16, type WorkerInfo } from '../../contracts/service/worker.js';
import type { FieldError } from '../../errors/errors.js';
import type { BuildQueue } from '../../processes/builder-process.js';
import { refuseFields } from '../http/validation.js';

/** Throws `invalid_request` where no live worker could train the job well. Where none is known, none is asked. */
export async function checkWorkers(
  spec: JobSpec,
  deps: Readonly<{
    workers: readonly WorkerInfo[];
    builds: Pick<BuildQueue, 'run'>;
    info: DatasetInfo;
    caller: Caller;
  }>,
): Promise<void> {
  const { workers, builds, info, caller } = deps;
  if (workers.length === 0) return;
  const errors: FieldError[] = [];
  const slower = workers.filter((worker) => !isFasterInBfloat16(worker));
  if (spec.precision === 'bfloat16' && slower.length > 0) {
    const processors = [...new Set(slower.map(({ processor }) => processor))].join(', ');
    errors.push({
      pointer: '/precision',
      message: `must be float32 or auto: any worker may take the job, and those on ${processors} are slower in bfloat16, without AMX, AMD’s AVX-512 BF16 or a GPU that computes in it`,
    });
  }
  const bytes = Math.max(...workers.map(({ memoryBytes }) => memoryBytes));
  const { channels, height, width, mean, std } = info;
  const image = { channels, height, width, mean, std };
  const shortage = await builds.run(
    'shortage',
    { spec, image, classes: info.classes.length, bytes, holder: 'the largest worker' },
    caller,
  );
  if (shortage !== undefined) {
    const isWhole = spec.microBatchSize === spec.batchSize;
    errors.push({ pointer: isWhole ? '/batchSize' : '/microBatchSize', message: shortage });
  }
  if (errors.length > 0) throw refuseFields(errors);
}
