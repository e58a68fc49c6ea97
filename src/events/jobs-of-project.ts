/** Jobs of a project: which of some ids belong to it. */
import { DEFAULT_PROJECT } from '../contracts/access/project.js';
import { keys } from './keys.js';
import { onRedis, type Redis } from './redis.js';

/** Returns those of the ids that are jobs of a project, in the same order. Undefined: all ids, without a look at Redis. */
export async function jobsOfProject(
  redis: Redis,
  project: string | undefined,
  ids: readonly string[],
): Promise<readonly string[]> {
  const [first, ...others] = ids;
  if (project === undefined || first === undefined) return ids;
  const isDefault = project === DEFAULT_PROJECT;
  const orders = await onRedis(() =>
    redis.zmscore(isDefault ? keys.jobsOfOthers : keys.jobsOf(project), first, ...others),
  );
  return ids.filter((_, index) => (orders[index] === null) === isDefault);
}
