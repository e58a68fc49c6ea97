/** Import of the deliveries that earlier releases kept in a BullMQ queue. */
import { Queue } from 'bullmq';
import { onRedis, PREFIX, type Redis } from '../events/index.js';
import type { Delivery } from './deliver.js';
import type { TargetsOf } from './delivery-pump.js';
import type { DeliverySchedule } from './delivery-schedule.js';

const QUEUE_NAME = 'webhooks';
const QUEUE_PREFIX = PREFIX.slice(0, -1);

/** Moves the deliveries into the schedule, with their attempts and due times, and removes the queue. */
export async function importDeliveries(
  redis: Redis,
  { schedule, targetsOf }: Readonly<{ schedule: DeliverySchedule; targetsOf: TargetsOf }>,
): Promise<void> {
  if ((await onRedis(() => redis.exists(`${QUEUE_PREFIX}:${QUEUE_NAME}:meta`))) === 0) return;
  const queue = new Queue<Delivery>(QUEUE_NAME, { connection: redis, prefix: QUEUE_PREFIX, skipMetasUpdate: true });
  try {
    for (const entry of await queue.getJobs(['wait', 'active', 'delayed'])) {
      const targets = await targetsOf(entry.data.jobId, entry.data.seq);
      const own = targets.filter(({ delivery: { hook } }) => hook === entry.data.hook);
      await schedule.setAttempts(entry.data, entry.attemptsMade);
      await schedule.accept(own, { dueAt: entry.timestamp + entry.delay });
    }
    await queue.obliterate({ force: true });
  } finally {
    await queue.close();
  }
}
