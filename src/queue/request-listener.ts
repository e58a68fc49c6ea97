/** Cancel, pause and change requests that the api announces over Redis. */
import { keys, type Redis } from '../events/index.js';
import type { Logger } from '../logging/logger.js';

/**
 * Calls `apply` with the id of each job that has a new request. After a reconnect it does so for all `jobIds`, because announcements may
 * have been missed; the requests themselves are in the records. Returns a function that stops this.
 */
export function listenForRequests(
  options: Readonly<{
    /** A connection for subscriptions only. */
    subscriber: Redis;
    jobIds: () => Iterable<string>;
    apply: (jobId: string) => Promise<void>;
    logger: Logger;
  }>,
): () => void {
  const { subscriber, jobIds, apply, logger } = options;
  const onMessage = (channel: string, jobId: string): void => {
    if (channel !== keys.requests) return;
    apply(jobId).catch((err: unknown) => logger.debug({ err, jobId }, 'requests of a job not applied'));
  };
  const subscribe = async (): Promise<void> => {
    await subscriber.subscribe(keys.requests);
    for (const jobId of jobIds()) await apply(jobId);
  };
  const onReady = (): void => void subscribe().catch((err: unknown) => logger.debug({ err }, 'not subscribed yet'));
  subscriber.on('message', onMessage);
  subscriber.on('ready', onReady);
  if (subscriber.status === 'ready') onReady();
  return () => {
    subscriber.off('message', onMessage);
    subscriber.off('ready', onReady);
  };
}
