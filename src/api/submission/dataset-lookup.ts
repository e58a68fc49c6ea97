/** Lookup of a job's data set, with refusals that name the data sets to choose from. */
import type { DatasetInfo } from '../../contracts/datasets/dataset.js';
import { DEFAULT_DATASET } from '../../contracts/jobs/job.js';
import { TrainyardError } from '../../errors/errors.js';
import { nearest } from '../../spelling/nearest-words.js';
import type { AppDeps } from '../deps.js';
import { hintOf } from '../http/suggestions.js';
import { refuseFields } from '../http/validation.js';

/** Maximum number of data sets that a refusal lists. */
const MAX_NAMES = 20;

/** Returns the data set of a request or spec. Throws `invalid_request` with the names to choose from. */
export async function lookUpDataset(
  { dataset = {} }: Readonly<{ dataset?: string | Readonly<{ name?: string }> }>,
  datasets: Pick<AppDeps['datasets'], 'find' | 'list'>,
): Promise<DatasetInfo> {
  const pointer = typeof dataset === 'string' ? '/dataset' : '/dataset/name';
  const name = (typeof dataset === 'string' ? dataset : dataset.name) ?? DEFAULT_DATASET;
  try {
    return await datasets.find(name);
  } catch (error) {
    if (!(error instanceof TrainyardError && error.code === 'dataset_not_found')) throw error;
    const page = await datasets.list({ limit: MAX_NAMES });
    const names = page.datasets.map((each) => `"${each.name}"`).join(', ');
    const more = page.nextCursor === undefined ? '' : ' …';
    const hint = hintOf(
      nearest(
        name,
        page.datasets.map((each) => each.name),
      ).map((each) => `"${each}"`),
    );
    throw refuseFields([{ pointer, message: `must be one of ${names}${more}, not "${name}"${hint}` }]);
  }
}

/**
 * Refuses jobs and evaluations on a data set whose files are missing or damaged: they would fail on a worker. Throws `dataset_corrupt`, and
 * `dataset_not_found` if it was deleted meanwhile.
 */
export async function requireFiles(name: string, datasets: Pick<AppDeps['datasets'], 'verify'>): Promise<void> {
  await datasets.verify(name).catch((cause: unknown) => {
    if (cause instanceof TrainyardError && cause.code === 'dataset_not_found') throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const sentence = `${reason} Until then choose another data set of GET /datasets.`;
    throw new TrainyardError('dataset_corrupt', sentence, { cause });
  });
}
