/** The model of a job whose trainer, or its worker, was killed before it could say that there is one. */
import { fenceCheckpoints } from './checkpoints.js';
import { openModelStore, type SavedModel } from './index.js';

type Folders = Readonly<{ modelsDir: string; checkpointsDir: string }>;

/**
 * What the job has stored under this name. First its checkpoints become those of `attempt`: a trainer of an earlier one that still
 * lives can store nothing afterwards. Throws `worker_stopped` where a later attempt has begun.
 */
export async function findStored(
  { modelsDir, checkpointsDir }: Folders,
  { jobId, name }: Readonly<{ jobId: string; name: string }>,
  attempt: number,
): Promise<SavedModel | undefined> {
  await fenceCheckpoints({ checkpointsDir, jobId, attempt });
  const store = await openModelStore(modelsDir);
  return store.savedBy(jobId, name);
}
