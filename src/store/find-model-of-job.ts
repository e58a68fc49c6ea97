/** Lookup of the model of a job whose trainer or worker died before it could report the model. */
import { fenceCheckpoints } from './checkpoints.js';
import { openModelStore, type SavedModel } from './index.js';

type Folders = Readonly<{ modelsDir: string; checkpointsDir: string }>;

/**
 * Returns the model that the job has saved under this name; undefined if there is none. First it hands the job's checkpoints to
 * `attempt`, so that a surviving trainer of an earlier attempt can save nothing afterwards. Throws `worker_stopped` if a later
 * attempt has begun.
 */
export async function findModelOfJob(
  { modelsDir, checkpointsDir }: Folders,
  { jobId, name }: Readonly<{ jobId: string; name: string }>,
  attempt: number,
): Promise<SavedModel | undefined> {
  await fenceCheckpoints({ checkpointsDir, jobId, attempt });
  const store = await openModelStore(modelsDir);
  return store.savedBy(jobId, name);
}
