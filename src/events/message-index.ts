/** Index of all jobs by their latest message, for followers that continue from a cursor. */
import { keys, PREFIX } from './keys.js';
import { PLACE } from './message-numbers.js';
import { onRedis, type Redis } from './redis.js';

type Scripts = Redis & { trainyardPlace(...args: (string | number)[]): Promise<[seq: number, isEdited: number]> };

export type MessageIndex = ReturnType<typeof createMessageIndex>;

export function createMessageIndex(redis: Redis) {
  redis.defineCommand('trainyardPlace', { numberOfKeys: 0, lua: PLACE });
  const scripts = redis as Scripts;

  return {
    /** Returns the number of the last message, 0 if there is none. */
    last: async (): Promise<number> => Number((await onRedis(() => redis.get(keys.messages))) ?? 0),

    /** Returns the ids of the jobs with a message after the cursor, those with the oldest latest message first. */
    changedAfter: (cursor: number): Promise<string[]> =>
      onRedis(() => redis.zrangebyscore(keys.latest, `(${cursor}`, '+inf')),

    /** Returns the number of the job's last frame up to the cursor, and whether the job was edited after the cursor. */
    async placeOf(jobId: string, cursor: number): Promise<Readonly<{ seq: number; isEdited: boolean }>> {
      const [seq, isEdited] = await onRedis(() => scripts.trainyardPlace(PREFIX, jobId, cursor));
      return { seq, isEdited: isEdited === 1 };
    },
  };
}
