/** The request that submits a job again. */
import type { Job } from 'trainyard';

/** Returns the settings of a job as they were submitted, with its priority and metadata. Its notes and webhooks are left out. */
export const requestOfJob = ({
  request,
  priority,
  metadata,
}: Pick<Job, 'request' | 'priority' | 'metadata'>): Job['request'] => ({
  ...request,
  ...(priority !== 0 && { priority }),
  ...(Object.keys(metadata).length > 0 && { metadata }),
});
